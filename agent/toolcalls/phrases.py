"""Words around a call that tell how it is meant: announced, refused, remarked on, or invented.

Announcements are known in English and Spanish, and the plain ones in six languages more, since a
model answers in the language of its user.
"""

from __future__ import annotations

import re

_FENCE = re.compile(r"(?:```|~~~)[ \t]*[\w-]*")
_SENTENCE = re.compile(r"[.!?…。\uff01\uff1f](?=\s)\s*")
# Words that announce something quoted do so right before it; earlier in a sentence they are talk.
_TAIL = r"[^\n,;]{0,30}\Z"
_EXAMPLE = re.compile(
    r"\b(?:examples?|e\.g|for instance|hypothetical\w*|placeholder|ejemplos?)\b"
    r"|\b(?:such as|like this|looks? like|would be|would look|could be|sería|así)\b"
    rf"{_TAIL}"
    r"|\b(?:syntax|format|template|schema|formato|plantilla|sintaxis)(?:\s+(?:is|es))?\s*:?\s*\Z",
    re.IGNORECASE,
)
_DATA = (
    r"(?:captions?|files?|filename|file name|images?|notes?|metadata|comments?|descriptions?"
    r"|documents?|prompts?|users?|texts?|pages?|readme|tags?|archivos?|pies? de foto|imagen"
    r"|imágenes|etiquetas?|usuario)"
)
_SAID = re.compile(
    rf"\b{_DATA}\b[^\n]{{0,60}}\b(?:is|was|says?|said|reads?|contains?|contained|includes?|states?"
    r"|has|had|holds?|shows?|wrote|writes|mentions?|dice|contiene|pone|incluye|muestra|es)\b"
    rf"{_TAIL}|\b(?:says|said|reads|quot(?:e|es|ed|ing)|wrote|verbatim|literally|pasted|returned"
    rf"|reported|dice|decía|literalmente|devolvió|citado)\b{_TAIL}"
    rf"|\b(?:tool|function|previous|earlier|last)\s+(?:result|output|response|answer)s?\b{_TAIL}"
    rf"|\b(?:the|this|following|el|este)\s+(?:text|texto)\b{_TAIL}"
    rf"|^\s*(?:{_DATA}|observation|system|\S+\.(?:txt|caption|png|jpe?g|webp))\s*:",
    re.IGNORECASE,
)
_REMARK = re.compile(
    r"\A[\s,;)\]]*(?:is|was|were|are|appears?|stands|came|comes|means|es|era|está|aparece)\b"
    r"|\A[^\n.!?]{0,80}\b(?:caption|file|metadata|comment|description|prompt|pie de foto|archivo)s?"
    r"\b[^\n.!?]{0,30}\b(?:says?|reads?|contains?|dice|contiene)\b"
)
# "The caption reads:" in French, German, Portuguese, Italian, Russian, Chinese, Japanese, Korean.
_SAID_ABROAD = re.compile(
    r"(?:légende|fichier|beschreibung|bildunterschrift|datei|legenda|arquivo|didascalia|подпис|файл"
    r"|标题|標題|说明|說明|描述|文件|图片|圖片|标签|キャプション|ファイル|説明|画像|タグ|캡션|파일)"
    r"[^\n]{0,60}(?:dit|contient|indique|lautet|enthält|sagt|steht|diz|contém|dice|contiene"
    r"|содерж|гласит|写着|寫著|内容|內容|如下|包含|以下|次の|とおり|通り|書|다음|내용)"
    r"[^\n]{0,15}[:\uff1a]\s*\Z",
    re.IGNORECASE,
)
_DOING = r"(?:run|call|execut|obey|follow|perform|act on|make|use|repeat|do (?:this|that|it|so)\b)"
_NOT = (
    r"(?:(?:do|did|wo|ca|must|should|would)n[\u2019']t|(?:do|did|will|must|should|would) not"
    r"|not going to|cannot|never|refused? to|instead of)"
)
_NO_DOING = r"(?:ejecut|llam|obede|segui|hacer|haré|usar|repet)"
_REFUSED = re.compile(
    rf"\b{_NOT}(?:\s+\w+)?\s+{_DOING}[^;]{{0,80}}\Z"
    rf"|\bno (?:lo |la )?(?:voy a |debo |puedo |se debe |pienso )?{_NO_DOING}[^;]{{0,80}}\Z"
    r"|\b(?:if|once|when|after|unless) you\b[^.;]{0,30}\b(?:I|it) (?:will|would|can|could)\b"
    r"[^.;]{0,40}\Z|\bI[\u2019']?(?:d| would| could) (?:run|call|make|use|execute)\b[^.;]{0,40}\Z",
    re.IGNORECASE,
)
_REFUSED_AFTER = re.compile(
    rf"\A[\s*_)\]]*(?:I|we)\b[^\n.!?]{{0,20}}{_NOT}(?:\s+\w+)?\s+{_DOING}"
    rf"|\A[\s*_)\]]*no (?:lo |la )?(?:he |voy a )?{_NO_DOING}"
    r"|\A[\s*_)\]]*(?:if|once|unless) (?:you|the user)\b"
    r"|\A[\s*_)\]]*si (?:quieres|estás de acuerdo|lo apruebas|usted)\b",
    re.IGNORECASE,
)
# A turn of somebody else that the model wrote itself, by its template's token or as a dialogue.
_FOREIGN_TURN = re.compile(
    r"<\|im_start\|>\s*(?:user|system|tool)|<\|start_header_id\|>\s*(?:user|system|tool|ipython)"
    r"|<start_of_turn>\s*user|<\|turn>\s*(?:user|system)|<\|start\|>\s*(?:user|system|developer)"
    r"|<\|(?:user|system|USER_TOKEN|SYSTEM_TOKEN|observation)\|>|<\uff5cUser\uff5c>|\[/?INST\]"
    r"|^[ \t]*(?:user|human|usuario)[ \t]*:.*(?:\n.*){0,40}?"
    r"\n[ \t]*(?:assistant|ai|asistente)[ \t]*:",
    re.IGNORECASE | re.MULTILINE,
)
# The tokens of a template between an announcement and the call hide nothing.
_TOKENS = re.compile(
    r"(?:\s|<\|[^<>|\n]{1,40}\|>|</?(?:think\w*|s)>|\b(?:assistant|commentary|analysis)\b)*\Z"
)


def announced(before: str) -> bool:
    """Tell whether the last words before a call announce an example or somebody's text.

    So do words that refuse the call or only offer it.
    """
    tokens = _TOKENS.search(before)
    spoken = _FENCE.sub(" ", before[: tokens.start() if tokens else len(before)]).rstrip()
    sentence = last_sentence(spoken[spoken.rfind("\n") + 1 :])
    finished = sentence.endswith((".", "!", "?", "…"))
    if _EXAMPLE.search(sentence):
        return True
    said = (_SAID, _SAID_ABROAD, _REFUSED)
    return not finished and any(one.search(sentence) for one in said)


def remarked(after: str) -> bool:
    """Tell whether the words behind a call speak of it as of somebody's, or take it back."""
    return bool(_REMARK.search(after) or _REFUSED_AFTER.search(after))


def in_a_foreign_turn(before: str) -> bool:
    """Tell whether the model wrote a turn of the user before the call: it invented the order."""
    return _FOREIGN_TURN.search(before) is not None


def last_sentence(text: str) -> str:
    """Return the last sentence of a text."""
    return _SENTENCE.split(text)[-1]

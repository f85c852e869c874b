"""Tell a call that is made from a call that is quoted.

Captions, file names and tool results are untrusted, and a model repeats them. A call is quoted
where it stands in quotation marks, in a fence among other text, in a block quote, within the tags
of data, behind words that announce an example or another's text, between look-alikes of the real
markers, behind a turn of the user that the model wrote itself, or beside words that refuse it. In
doubt it is quoted: asking again costs a turn, a wrong call costs trust.
"""

from __future__ import annotations

import re

from tagsmith.agent.toolcalls.dialects.tokens import WRAPPER_TAGS

_OPEN_QUOTES, _CLOSE_QUOTES = tuple("\"'`“«\u2018„「『"), tuple("\"'`”»\u2019“」』")
_LOOK_ALIKES = (
    "&gt;",
    "&lt;",
    "\uff1e",
    "\uff1c",
    "〉",
    "〈",
    "》",
    "《",
    "\u203a",
    "\u2039",
    "≻",
    "\u276f",
    "\u276e",
)
_TAG = re.compile(r"<(/?)([^\W\d][\w:.-]{0,60})(?:\s[^<>]{0,200})?>")
# Tags that models put around calls and answers. Any other tag marks what it holds as data.
_OUR_TAG = re.compile(
    rf"(?:[\w-]+:)?(?:{WRAPPER_TAGS}|function|invoke|parameters?|action|json|xml|response|answer"
    r"|output|final|assistant|message|think|thinking|p|br)",
    re.IGNORECASE | re.ASCII,
)
_FENCE = re.compile(r"(?:```|~~~)[ \t]*([\w-]*)")
_FENCE_LEAD = re.compile(r"(?:\s|</?[\w:|-]{1,40}>|json\b)*", re.IGNORECASE)
_BRACKET = re.compile(r"[\[<][|\uff5c]?([^\[\]<>\n]{2,40})[|\uff5c]?[\]>]\Z")
_DATA_WORD = re.compile(r"result|response|output|example|observation|caption|quote", re.IGNORECASE)
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
# A block quote, a row of a table, a labelled item, a line that names a file of the dataset.
_ENTRY = re.compile(
    r"\s{0,3}>(?!>>)|\s*\||\s*(?:[-*•]|\d+[.)])\s+(?!\S*(?:tool|call|action))\S{1,60}:\s"
    r"|(?=.{0,200}\S\.(?:txt|caption|png|jpe?g|webp)\b[^.!?]{0,20}\Z)",
    re.IGNORECASE,
)
_NEXT_ENTRY = re.compile(r"[ \t]*,[ \t]*\w")
_OBSERVED = re.compile(r"^[ \t]*(?:Observation|Tool (?:result|output|response))s?:", re.I | re.M)
_RESULT_OPEN = re.compile(r"\[TOOL_RESULTS?\]|<\|tool_response>?|<\|START_TOOL_RESULT\|>|✿RESULT✿")
_RESULT_END = re.compile(
    r"\[/?END_TOOL_RESULTS?\]|\[/TOOL_RESULTS?\]|<tool_response\|>|<\|END_TOOL_RESULT\|>"
)
NEAR = 400  # characters around a call whose words decide how it is meant
WIDE = 20_000  # characters around a call in which tags and fences may be open


def is_quoted(before: str, after: str) -> bool:
    """Tell whether a call is a quotation, by what stands before it and behind it.

    Both are the message without its other calls.
    """
    before, after = before[-WIDE:], after[:WIDE]
    line = before[before.rfind("\n") + 1 :]
    return (
        _in_quotes(before, after)
        or _in_listing(line, after)
        or _beside_look_alikes(before, after)
        or _within_data_tags(before, after)
        or _within_results(before)
        or _in_mixed_fence(before, after)
        or _announced(before)
        or _REMARK.search(after[:NEAR]) is not None
    )


def _in_quotes(before: str, after: str) -> bool:
    """Tell whether quotation marks touch the call, or are open around it in its paragraph."""
    paragraph = before[before.rfind("\n\n") + 1 :].replace("```", "")
    rest = after[:NEAR].split("\n\n", 1)[0].replace("```", "")
    return (
        (before.endswith(_OPEN_QUOTES) and not before.endswith("```"))
        or (after.startswith(_CLOSE_QUOTES) and not after.startswith("```"))
        or any(paragraph.count(mark) % 2 == 1 and mark in rest for mark in '"`')
        or (paragraph.count("“") > paragraph.count("”") and "”" in rest)
    )


def _beside_look_alikes(before: str, after: str) -> bool:
    near, far = before[-60:].rstrip(), after[:60].lstrip()
    if near.endswith(_LOOK_ALIKES) or far.startswith(_LOOK_ALIKES):
        return True
    bracket = _BRACKET.search(near)
    if not bracket or _OUR_TAG.fullmatch(bracket[1]):
        return False
    return not bracket[1].isascii() or _DATA_WORD.search(bracket[1]) is not None


def _within_data_tags(before: str, after: str) -> bool:
    """Tell whether a tag that is none of ours is open before the call and closed behind it."""
    opened: dict[str, int] = {}
    for tag in _TAG.finditer(before):
        opened[tag[2]] = opened.get(tag[2], 0) + (-1 if tag[1] else 1)
    return any(
        count > 0 and not _OUR_TAG.fullmatch(name) and f"</{name}>" in after
        for name, count in opened.items()
    )


def _within_results(before: str) -> bool:
    opened = [found.end() for found in _RESULT_OPEN.finditer(before)]
    if opened and not _RESULT_END.search(before, opened[-1]):
        return True
    observed = [found.end() for found in _OBSERVED.finditer(before)]
    return bool(observed) and "\n\n" not in before[observed[-1] :]


def _in_mixed_fence(before: str, after: str) -> bool:
    """Tell whether the call stands in an open fence with anything else in it."""
    fences = list(_FENCE.finditer(before))
    if len(fences) % 2 == 0:
        return False
    inside = before[fences[-1].end() :]
    lead = _FENCE_LEAD.match(inside)
    if lead is None or lead.end() != len(inside):
        return True
    closing = after.find("```")
    rest = after[: closing if closing >= 0 else 0]
    trail = _FENCE_LEAD.match(rest)
    return trail is None or trail.end() != len(rest)


def _announced(before: str) -> bool:
    """Tell whether the last words before the call announce an example or somebody's text."""
    spoken = _FENCE.sub(" ", before[-NEAR:]).rstrip()
    last_line = spoken[spoken.rfind("\n") + 1 :]
    sentence = _SENTENCE.split(last_line)[-1]
    finished = sentence.endswith((".", "!", "?", "…"))
    return bool(_EXAMPLE.search(sentence) or (not finished and _SAID.search(sentence)))


def _in_listing(line: str, after: str) -> bool:
    """Tell whether the call is one entry of a listing: of tags, of files, of a table."""
    entry = line.rstrip()
    among_tags = entry.endswith(",") and _SENTENCE.split(entry)[-1].count(",") > 1
    return among_tags or bool(_NEXT_ENTRY.match(after) or _ENTRY.match(line))

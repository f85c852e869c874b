"""What a model answered, made a caption: cleaned by the rules of docs/captions.md, judged, cut.

An answer is data from elsewhere: one line of printable text, and of a bounded length.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

LONGEST = 2000
LONGEST_TAG = 60

_FENCE = re.compile(r"\A\s*```\w*\s*\n(.*?)\n?```\s*\Z", re.DOTALL)
_LINE_MARK = re.compile(
    r"^[ \t]*(?:#{1,6}[ \t]+|>[ \t]+|[-*+•][ \t]+|\d{1,3}[.)][ \t]+)", re.MULTILINE
)
_EMPHASIS = re.compile(r"(?<![\w*])(\*\*\*|\*\*|\*|__|`)(?=\S)([^*`\n]*?\S)\1(?![\w*])")
_PREAMBLE = re.compile(
    r"\A(?:(?:sure|certainly|of course|absolutely|okay|ok)\b[^:.!\n]{0,80}[:.!,]\s*)?"
    r"(?:(?:here(?:'s| is| are)|the (?:caption|description|tags)|caption|description|tags"
    r"|answer|output)\b[^:.\n]{0,100}:\s*)?",
    re.IGNORECASE,
)
_SHOWS = re.compile(
    r"\A(?:the|this|an?) (?:image|picture|photo|photograph|illustration|drawing|artwork)"
    r"(?: (?:here|provided|itself))? "
    r"(?:shows|depicts|features|displays|portrays|captures|is of|contains)"
    r"(?: (?:us|that))? (?=\w)",
    re.IGNORECASE,
)
_REFUSAL = re.compile(
    r"\A(?:i'?m (?:sorry|unable|not able)|i am (?:sorry|unable|not able)|sorry\b|i can(?:no|')t\b"
    r"|i do(?:n't| not) see\b|as an ai\b|unfortunately,? i\b|no image\b"
    r"|(?:please|could you) (?:provide|upload|share)\b)",
    re.IGNORECASE,
)
_QUOTES = {'"': '"', "'": "'", "\u201c": "\u201d", "\u2018": "\u2019", "\u00ab": "\u00bb"}
_SENTENCE_END = re.compile(r"""[.!?…]["')\]\u201d]?(?=\s|\Z)|。""")
# kohya's sd-scripts: separators, and choices at random.
_TRAINERS = str.maketrans({"{": "(", "}": ")"})
_TRAINER_MARK = re.compile(r"\s*(?:\|\|\||;;;)\s*")
_TAG_BREAK = re.compile(r"[,;\n\r]+")

_PHRASE_WORDS = 24
_DISTINCT_WORDS, _DISTINCT_SHARE = 60, 0.25
_REPEATED_SIGN = re.compile(r"(\S)\1{29,}")
_MOST_TAGS = 300


def clean_prose(answer: str) -> str:
    """Return an answer as one line of prose: no markup, no preamble, no quotes around it."""
    text = _plain(_unmarked(answer))
    text = _unquoted(_PREAMBLE.sub("", _unquoted(text)))
    shown = _SHOWS.sub("", text)
    if shown != text and shown[:1].islower():
        shown = shown[0].upper() + shown[1:]
    text = _TRAINER_MARK.sub(", ", shown).translate(_TRAINERS).strip(" ,")
    return bounded(text)


def clean_tags(answer: str) -> list[str]:
    """Return an answer as tags, each once: parts between commas, semicolons and line breaks."""
    text = _PREAMBLE.sub("", _unquoted(_unmarked(answer).strip()))
    found: dict[str, None] = {}
    for part in _TAG_BREAK.split(text[: 8 * LONGEST]):
        tag = _unquoted(_plain(part)).strip(" .#*•|").translate(_TRAINERS)
        if tag and len(tag) <= LONGEST_TAG and "|||" not in tag and len(tag.split()) <= 6:
            found[tag.lower()] = None
    return list(found)[:_MOST_TAGS]


def trouble(answer: str) -> str:
    """Return why an answer is no caption, in a few words; "" where it may be one."""
    text = _plain(answer)
    if not any(char.isalnum() for char in text):
        return "the answer was empty"
    if _REFUSAL.match(_unquoted(text)):
        return "the model declined"
    return "the answer goes round in circles" if loops(text) else ""


def loops(text: str) -> bool:
    """Tell whether a text repeats itself, as models do that lost the thread.

    A sign thirty times; a word or phrase of up to 24 words four times in a row (three where it has
    four words or more); or sixty words and more of which three in four came before.
    """
    if _REPEATED_SIGN.search(text):
        return True
    words = re.findall(r"\w+", text.casefold())
    if len(words) >= _DISTINCT_WORDS and len(Counter(words)) < _DISTINCT_SHARE * len(words):
        return True
    return any(_in_a_row(words, size, 4 if size < 4 else 3) for size in range(1, _PHRASE_WORDS + 1))


def _in_a_row(words: list[str], size: int, times: int) -> bool:
    """Tell whether a phrase of ``size`` words stands so often in a row."""
    equal = 0
    for index in range(size, len(words)):
        equal = equal + 1 if words[index] == words[index - size] else 0
        if equal >= size * (times - 1):
            return True
    return False


def shorten(text: str, max_words: int) -> str:
    """Cut a caption to so many words: at the end of a sentence where one ends in time."""
    words = text.split()
    if len(words) <= max_words:
        return text
    head = " ".join(words[:max_words])
    return whole_sentences(head) or head.rstrip(" ,;:-")


def whole_sentences(text: str) -> str:
    """Return a text up to the end of its last sentence, "" where none ends."""
    ends = [found.end() for found in _SENTENCE_END.finditer(text)]
    return text[: ends[-1]] if ends else ""


def bounded(text: str) -> str:
    """Cut what is longer than 2,000 characters, at the end of a sentence or of a word."""
    if len(text) <= LONGEST:
        return text
    head = text[:LONGEST]
    return whole_sentences(head) or head.rpartition(" ")[0] or head


def with_trigger(text: str, trigger: str) -> str:
    """Return a caption that has the trigger: in front, where it is not in the text already."""
    if not trigger or re.search(rf"(?<!\w){re.escape(trigger)}(?!\w)", text, re.IGNORECASE):
        return text
    return f"{trigger}, {text}" if text else trigger


def _unmarked(answer: str) -> str:
    """Return an answer without Markdown: fences, headings, bullets, emphasis."""
    answer = answer[: 16 * LONGEST]
    if fenced := _FENCE.match(answer):
        answer = fenced[1]
    answer = _LINE_MARK.sub("", answer)
    return _EMPHASIS.sub(r"\2", _EMPHASIS.sub(r"\2", answer))


def _plain(text: str) -> str:
    """Return text on one line (NFC), without what steers, hides or cannot be encoded."""
    kept = []
    for char in unicodedata.normalize("NFC", text):
        kind = unicodedata.category(char)
        if kind in ("Zs", "Zl", "Zp", "Cc"):
            kept.append(" ")
        elif kind not in ("Cf", "Cs", "Co", "Cn") or char in "\u200c\u200d":
            kept.append(char)
    return " ".join("".join(kept).split())


def _unquoted(text: str) -> str:
    """Return text without quotation marks around the whole of it."""
    text = text.strip()
    closing = _QUOTES.get(text[:1])
    inner = text[1:-1]
    if closing and len(text) > 1 and text.endswith(closing) and closing not in inner:
        return inner.strip()
    return text

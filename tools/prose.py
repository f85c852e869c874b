"""Telling sentences from tag lists, so that tag tools leave sentences alone."""

from __future__ import annotations

import re

# Words that join sentences and hardly stand in tags; English and Spanish, as our users write.
_JOINING = frozenset(
    (
        "a an the is are was were has have and with of in on at to by from this that there while "
        "wearing its their his her un una unos unas el la los las es son está están tiene con de "
        "del en y que su sus por para mientras"
    ).split()
)
_BREAK = re.compile(r"""[.!?]["')\]]?\s+[A-ZÀ-ÞÑ¿¡]""")
_WORD = re.compile(r"[^\W\d_]+")


def reads_as_prose(line: str) -> bool:
    """Tell whether a caption's line is written in sentences rather than as a list of tags.

    Long tags (series names, "standing on one leg") among short ones do not make prose; a sentence
    after a tag list does, because splitting that line at its commas would cut the sentence.
    """
    if "。" in line:
        return True
    if "|||" in line or ";;;" in line:
        line = line.replace("|||", ",").replace(";;;", ",")
    words = line.count(" ") + 1
    items = line.count(",") + 1
    may_break = "." in line or "!" in line or "?" in line
    if words < 5 or (words < 3.5 * items and not may_break):
        return False
    return _breaks_into_sentences(line) or _joins_like_a_sentence(line)


def _breaks_into_sentences(line: str) -> bool:
    return bool(_BREAK.search(line)) and _longest_item(line) >= 4


def _joins_like_a_sentence(line: str) -> bool:
    words = [word.lower() for word in _WORD.findall(line)]
    items = [item for item in line.split(",") if item.strip()]
    if len(words) < 5 or len(words) < 3.5 * len(items):
        return False
    joining = sum(word in _JOINING for word in words)
    return joining >= 2 and joining * 6 >= len(words)


def _longest_item(line: str) -> int:
    return max(len(item.split()) for item in line.split(","))

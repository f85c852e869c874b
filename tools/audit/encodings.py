"""In which encodings captions that are not UTF-8 can be read, as suggestions to look at."""

from __future__ import annotations

import codecs
import os
from collections.abc import Sequence
from dataclasses import dataclass

from tagsmith.tools.caption import why_not_editable
from tagsmith.tools.dataset import read_bytes

# In the order in which they are tried: those that refuse most texts first.
ENCODINGS = ("cp932", "gb18030", "big5", "cp949", "cp1252")
_MOST = 2
_PREVIEW = 40


@dataclass(frozen=True, slots=True)
class Guess:
    """An encoding that all the files can be read in, and how one of them begins in it."""

    encoding: str
    preview: str


def guesses(root: str, paths: Sequence[str]) -> list[Guess]:
    """Return up to two encodings that fit all of the files; only a person can tell which is it."""
    texts = []
    for path in paths:
        found = read_bytes(os.path.join(root, path))
        if isinstance(found, str):
            return []
        texts.append(found[0])
    if texts and all(one.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) for one in texts):
        return [one for one in (_guess(texts, "utf-16"),) if one]
    found_all = [one for name in ENCODINGS if (one := _guess(texts, name))]
    return found_all[:_MOST]


def _guess(texts: Sequence[bytes], encoding: str) -> Guess | None:
    try:
        read = [one.decode(encoding) for one in texts]
    except UnicodeError:
        return None
    if not read or not all(map(_plausible, read)):
        return None
    if any(why_not_editable(one.encode()) for one in read):
        return None
    return Guess(encoding, " ".join(read[0].split())[:_PREVIEW])


def _plausible(text: str) -> bool:
    """Tell whether a text has letters and no signs that no caption has."""
    return all(char.isprintable() or char in "\r\n\t\ufeff" for char in text)

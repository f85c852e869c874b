"""A model's tokenizer: the only module that imports ``tokenizers``."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any

from tagsmith.tools.errors import ModelError
from tagsmith.tools.vision import faults

# The largest vocabularies (256,000 tokens with merges) take 34 MB.
_MOST_BYTES = 64 << 20


class Tokens:
    """Text to token ids and back; ``size`` counts the ids, added ones included."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self.size: int = tokenizer.get_vocab_size(with_added_tokens=True)

    def ids(self, text: str) -> list[int]:
        """Return the ids of a text, without those that begin and end a sequence."""
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def text(self, ids: Sequence[int]) -> str:
        """Return the text of some ids; special tokens, and ids that there are not, have none."""
        known = [one for one in ids if 0 <= one < self.size]
        return str(self._tokenizer.decode(known, skip_special_tokens=True))


def read_tokens(name: str, folder: str, path: str) -> Tokens:
    """Read the ``tokenizer.json`` of the model ``name``. Raises ModelError naming the file."""
    place = os.path.join(folder, path)
    if not os.path.isfile(place):
        raise faults.missing(name, folder, path)
    if os.path.getsize(place) > _MOST_BYTES:
        raise faults.damaged(name, path, "is larger than any tokenizer")
    try:
        with open(place, encoding="utf-8") as file:
            text = file.read()
        json.loads(text)
    except OSError as error:
        raise faults.damaged(name, path, f"cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise faults.damaged(name, path, "is not valid JSON") from error
    return Tokens(_tokenizer(name, path, text))


def _tokenizer(name: str, path: str, text: str) -> Any:
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise ModelError(
            f"The package tokenizers cannot be loaded ({faults.summary(str(error))}).",
            "Install it again: `pip install --force-reinstall tokenizers`.",
        ) from error
    try:
        return Tokenizer.from_str(text)
    except Exception as error:
        # The library raises bare Exception for a file that is no tokenizer.
        if type(error) is not Exception:
            raise
        said = faults.summary(str(error))
        raise faults.damaged(name, path, f"is no tokenizer ({said})") from error

"""How many tokens CLIP makes of a caption: counted by its own vocabulary, else estimated.

CLIP lower-cases, cuts at white space, and there into runs of letters, single digits and runs of
other signs, which byte-pair merges turn into tokens (openai/CLIP, clip/simple_tokenizer.py). No
token spans white space, so that a caption's count is the sum of its words' counts, each of which
is found out once.

The vocabulary is not shipped: ``tagsmith models pull clip-tokenizer`` gets it. Without it, a run of
letters counts by its length. Measured on 2,000 captions of 30 tags each, drawn from 499 common
ones: 0.91 to 1.33 times the true number, 1.12 on average.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from tagsmith.tools.errors import ModelError
from tagsmith.tools.watch import Watch

MODEL = "clip-tokenizer"
# A prompt of CLIP has 77 places, of which two begin and end it; kohya's max_token_length 150 and
# 225 chain two and three of them.
CHUNK = 75
MOST = 225

_PIECE = re.compile(r"'(?:s|t|re|ve|m|ll|d)\b|[^\W\d_]+|\d|(?:[^\s\w]|_)+")
# Runs of letters up to these lengths are one, two, three tokens; beyond, one for five letters.
_ONE, _TWO, _THREE, _LETTERS = 6, 9, 13, 5
_LATIN_ENDS = "\u0250"


class TokenCounter:
    """Counts tokens; ``how`` says in words whether exactly or by an estimate."""

    def __init__(self, count_word: Callable[[str], int], how: str, *, exact: bool) -> None:
        self.how = how
        self.exact = exact
        self._words = _Words(count_word)

    def count(self, text: str) -> int:
        """Return the number of tokens, without those that begin and end a prompt."""
        return sum(map(self._words.__getitem__, text.lower().split()))


class _Words(dict[str, int]):
    """Words to their number of tokens, each counted once."""

    def __init__(self, count_word: Callable[[str], int]) -> None:
        super().__init__()
        self._count = count_word

    def __missing__(self, word: str) -> int:
        found = self[word] = self._count(word)
        return found


def token_counter(watch: Watch | None = None) -> TokenCounter:
    """Return an exact counter where CLIP's tokenizer is here, else one that estimates."""
    from tagsmith.tools.vision.captioners.tokens import read_tokens
    from tagsmith.tools.vision.installed import installed
    from tagsmith.tools.vision.spec import find_spec

    spec = find_spec(MODEL)
    try:
        folder = installed(spec, watch)
        if folder is None:
            return estimator(f"`tagsmith models pull {MODEL}` gets what counts exactly")
        tokens = read_tokens(spec.name, folder.path, spec.main.path)
    except ModelError as error:
        return estimator(error.message.rstrip("."))
    return TokenCounter(lambda word: len(tokens.ids(word)), f"exact, by {MODEL}", exact=True)


def estimator(why: str = "") -> TokenCounter:
    """Return a counter that estimates; ``why`` says why it does not count."""
    return TokenCounter(estimate_word, f"estimated; {why}" if why else "estimated", exact=False)


def estimate_word(word: str) -> int:
    """Return about how many tokens a word without white space has: rather too many than too few."""
    return sum(map(_estimate_piece, _PIECE.findall(word)))


def _estimate_piece(piece: str) -> int:
    if not piece[0].isalpha():
        return 1 if len(piece) < 3 else (len(piece) + 1) // 2
    if not piece.isascii():
        return _estimate_foreign(piece)
    length = len(piece)
    if length <= _THREE:
        return 1 + (length > _ONE) + (length > _TWO)
    return -(-length // _LETTERS)


def _estimate_foreign(piece: str) -> int:
    """A token is two letters of a word with accents, and 4/3 bytes of UTF-8 in another script."""
    if max(piece) < _LATIN_ENDS:
        return -(-len(piece) // 2)
    return -(-3 * len(piece.encode()) // 4)

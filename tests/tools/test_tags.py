"""Tags compare by their key; a misspelt one is told, with the nearest."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagsmith.tools.errors import UnknownTagError
from tagsmith.tools.tags import KAOMOJI, Vocabulary, is_pattern, key, matcher


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("long_hair", "long hair"),
        (" Long  Hair ", "long hair"),
        (r"fate \(series\)", "fate (series)"),
        ("e\u0301", "\u00e9"),
        ("STRASSE", "straße"),
    ],
)
def test_spellings_of_one_tag_share_a_key(one: str, other: str) -> None:
    assert key(one) == key(other)


@pytest.mark.parametrize("tag", sorted(KAOMOJI))
def test_kaomoji_keep_their_underscore(tag: str) -> None:
    assert "_" in key(tag) or "_" not in tag


@given(st.text(max_size=20))
def test_the_key_of_a_key_is_itself(tag: str) -> None:
    assert key(key(tag)) == key(tag)


@pytest.mark.parametrize(
    ("pattern", "tag", "matches"),
    [
        ("*hair", "long hair", True),
        ("*hair", "hair ribbon", False),
        ("?girl", "1girl", True),
        ("cat", "cathedral", False),
        ("[x]*", "[x] y", True),
        ("[x]", "[x]", True),
        ("?", "a", False),
        ("*_*", "* *", True),
    ],
)
def test_wildcards(pattern: str, tag: str, matches: bool) -> None:
    assert matcher(pattern)(key(tag)) is matches


@pytest.mark.parametrize("tag", ["?", "!?", "*_*", "***"])
def test_punctuation_alone_is_no_pattern(tag: str) -> None:
    assert not is_pattern(tag)


def test_an_unknown_tag_names_the_nearest_with_their_counts() -> None:
    counts = Counter({"watermark": 31, "white shirt": 4, "dog": 9})
    vocabulary = Vocabulary(counts, {"watermark": "Watermark"}, 40)
    with pytest.raises(UnknownTagError, match=r"watermrk.*Watermark \(31\)") as caught:
        vocabulary.require(["dog", "watermrk"])
    assert caught.value.nearest["watermrk"][0] == ("Watermark", 31)

"""Where tags stand, beside what, and inside what."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagsmith.tools.errors import StoppedError
from tagsmith.tools.tag_profile import Place, beside, parts, place_word, profile

KEYS = ["dog", "shirt", "white shirt", "very white shirt", "hair", "long hair"]
captions = st.lists(st.lists(st.sampled_from(KEYS), max_size=6), max_size=8)


@given(captions)
def test_places_are_the_means_of_first_places(found) -> None:
    once = [list(dict.fromkeys(keys)) for keys in found]
    places = profile(found, KEYS).places
    assert places.keys() == {key for keys in once for key in keys}
    for key, place in places.items():
        having = [keys for keys in once if key in keys]
        indexes = [keys.index(key) for keys in having]
        relative = [keys.index(key) / ((len(keys) - 1) or 1) for keys in having]
        assert place.index == pytest.approx(sum(indexes) / len(having))
        assert place.relative == pytest.approx(sum(relative) / len(having))


@given(captions)
def test_inside_is_the_longer_tag_met_most_often_in_the_same_caption(found) -> None:
    inside = profile(found, KEYS).inside
    longer = {"shirt": ["very white shirt", "white shirt"], "hair": ["long hair"]}
    longer["white shirt"] = ["very white shirt"]
    for part, candidates in longer.items():
        met = {one: sum(part in keys and one in keys for keys in found) for one in candidates}
        if any(met.values()):
            assert met[inside[part]] == max(met.values())
        else:
            assert part not in inside


def test_parts_are_whole_words_side_by_side() -> None:
    found = parts({"hair": 1, "long hair": 1, "air": 1, "long dog hair": 1, "long": 1})
    assert found == {"long hair": ("hair", "long"), "long dog hair": ("hair", "long")}


@given(captions, st.lists(st.sampled_from(KEYS), min_size=1, max_size=2))
def test_beside_counts_the_captions_that_have_all(found, wanted) -> None:
    having = [set(keys) for keys in found if set(wanted) <= set(keys)]
    together, counts = beside(found, wanted)
    assert together == len(having)
    assert counts == {key: n for key in KEYS if (n := sum(key in keys for keys in having))}


@pytest.mark.parametrize(
    ("index", "relative", "word"),
    [
        (0, 0, "1st"),
        (0.4, 0.1, "1st"),
        (1.2, 0.2, "2nd"),
        (2, 0.5, "3rd"),
        (6, 0.3, "early"),
        (6, 0.5, "mid"),
        (6, 0.8, "late"),
        (6, 0.97, "last"),
        (1, 1.0, "last"),
    ],
)
def test_a_place_has_a_word(index, relative, word) -> None:
    assert place_word(Place(index, relative)) == word


def test_counting_ends_when_nobody_waits() -> None:
    for count in (
        lambda: profile([["a"]], ["a"], lambda: False),
        lambda: beside([["a"]], ["a"], lambda: False),
    ):
        with pytest.raises(StoppedError):
            count()

"""The guide's formulas and how varied captions are: by hand-worked numbers and by properties."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tagsmith.tools.audit import variety
from tagsmith.tools.audit.formulas import Level, Total, entropy_term, levels


@dataclass(frozen=True)
class Said:
    """What a tagger says of a caption."""

    image: str
    scores: Mapping[str, float]
    missing: frozenset[str] = field(default_factory=frozenset)


# Of four images all have "girl", half "dog", a quarter "hat".
SET = [
    Said("a", {"girl": 0.9, "dog": 0.6, "hat": 1.0}),
    Said("b", {"girl": 1.0}, frozenset({"dog"})),
    Said("c", {"girl": 0.0}),
    Said("d", {"girl": 1.0}),
]


def by_name(said: list[Said], k: float = 1.0) -> dict[str, Level]:
    return {one.image: one for one in levels(lambda: said, k)}


def test_a_caption_worked_by_hand() -> None:
    first = by_name(SET)["a"]
    assert first.error_rate == pytest.approx((0.1 + 0.4 + 0) / 3)
    assert first.bits == pytest.approx(0 + 1 + 2)
    assert first.information == 1
    assert first.tagging_level == pytest.approx(1 - 0.5 / 3)
    # 0.1 log10(10) + 0.4 log10(2.5) + 0
    assert first.labelling_error == pytest.approx(0.1 + 0.4 * 0.39794, abs=1e-5)


def test_what_is_missing_lowers_the_level_and_what_all_have_does_not() -> None:
    found = by_name(SET)
    assert (found["b"].bits, found["b"].possible, found["b"].missing) == (0, 1, 1)
    assert found["b"].tagging_level == 0
    assert found["d"].tagging_level == 1, "nothing is missing, and nothing could be said"


def test_a_pruned_trait_of_all_images_costs_nothing() -> None:
    """Absorbed into the trigger: missing everywhere, but it would say nothing either."""
    pruned = [Said(str(n), {"dog": 1.0}, frozenset({"long hair"})) for n in range(4)]
    assert {one.tagging_level for one in levels(lambda: pruned)} == {1.0}


def test_a_wrong_tag_lowers_the_level_but_surely_wrong_ones_are_no_doubt() -> None:
    wrong = by_name(SET)["c"]
    assert wrong.tagging_level == 0
    assert wrong.labelling_error == 0, "p = 1: log10(1/p) is 0"


def test_k_scales_the_level() -> None:
    assert by_name(SET, 3)["a"].tagging_level == pytest.approx(3 * by_name(SET)["a"].tagging_level)


def test_the_set_is_the_mean_and_the_sum_of_errors() -> None:
    found = levels(lambda: SET)
    total = Total.of(found)
    assert total.tagging_level == pytest.approx(sum(one.tagging_level for one in found) / 4)
    assert total.labelling_error == pytest.approx(sum(one.labelling_error for one in found))
    assert (total.images, total.tags, total.missing) == (4, 6, 1)


def test_the_term_is_largest_at_one_over_e() -> None:
    assert entropy_term(0) == entropy_term(1) == 0
    assert entropy_term(1 / 2.718281828) == pytest.approx(0.15977, abs=1e-5)
    assert max(map(entropy_term, (0.1, 0.3, 0.5, 0.9))) == entropy_term(0.3)


TAGS = st.sampled_from(["girl", "dog", "hat", "sofa", "red"])
PART = st.floats(0, 1)


@settings(max_examples=30)
@given(
    st.lists(st.tuples(st.dictionaries(TAGS, PART), st.frozensets(TAGS)), min_size=1, max_size=8)
)
def test_every_measure_stays_within_its_bounds(
    rows: list[tuple[dict[str, float], set[str]]],
) -> None:
    said = [
        Said(str(n), scores, frozenset(missing) - scores.keys())
        for n, (scores, missing) in enumerate(rows)
    ]
    for one in levels(lambda: said):
        assert 0 <= one.error_rate <= 1
        assert 0 <= one.information <= 1
        assert 0 <= one.tagging_level <= 1
        assert 0 <= one.labelling_error <= 0.16 * max(one.tags, 1)


def test_labels_are_read_twice_and_never_held() -> None:
    calls: list[int] = []

    def said() -> Iterator[Said]:
        calls.append(1)
        yield from SET

    assert len(levels(said)) == 4
    assert len(calls) == 2


def test_entropy_is_that_of_shannon() -> None:
    assert variety.entropy([]) == 0
    assert variety.entropy([5]) == 0
    assert variety.entropy([4, 4, 4, 4]) == pytest.approx(2)
    assert variety.entropy([1, 3]) == pytest.approx(0.81128, abs=1e-5)


def test_captions_apart() -> None:
    one, other = frozenset({"a", "b", "c"}), frozenset({"b", "c", "d"})
    assert variety.apart(one, other) == pytest.approx(0.5)
    assert variety.apart(one, one) == 0
    assert variety.apart(frozenset(), frozenset()) == 0
    assert variety.apart(one, frozenset()) == 1


def test_pairs_are_all_or_the_same_sample_every_time() -> None:
    assert variety.pairs(3) == [(0, 1), (0, 2), (1, 2)]
    many = variety.pairs(100_000)
    assert len(many) == variety.PAIRS
    assert many == variety.pairs(100_000)
    assert all(one != other for one, other in many)

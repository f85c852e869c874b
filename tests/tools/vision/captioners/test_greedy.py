"""Greedy decoding: what it chooses, and each way in which it ends."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tagsmith.tools.vision.captioners.greedy import Decoded, Rules, greedy

START, STOP = 8, 9


def scripted(*script: int):
    """A model that wants these tokens in turn, and the next higher one second."""

    def following(ids: Sequence[int]) -> np.ndarray:
        logits = np.zeros(10, dtype=np.float32)
        wanted = script[min(len(ids) - 1, len(script) - 1)]
        logits[(wanted + 1) % 10], logits[wanted] = 1, 2
        return logits

    return following


def decode(*script: int, most: int = 20, early: int = 0, repeat: int = 0) -> Decoded:
    return greedy(scripted(*script), Rules(START, STOP, most, early, repeat))


def test_the_likeliest_token_is_taken_until_the_stop():
    assert decode(3, 1, 2, STOP, 5) == Decoded((3, 1, 2), ended=True)


def test_the_first_of_equally_likely_tokens_is_taken():
    rules = Rules(START, STOP, 1)
    assert greedy(lambda _: np.zeros(10, dtype=np.float32), rules).ids == (0,)


def test_a_stop_at_once_is_an_empty_caption():
    assert decode(STOP) == Decoded((), ended=True)


def test_a_stop_in_the_first_two_places_is_passed_over():
    assert decode(STOP, STOP, 4, STOP, early=2) == Decoded((STOP, STOP, 4), ended=True)
    assert decode(0, STOP, 4, STOP, early=2) == Decoded((0, STOP, 4), ended=True)


def test_without_a_stop_it_ends_at_the_limit():
    assert decode(1, 2, 3, 4, most=3) == Decoded((1, 2, 3), ended=False)


def test_each_step_sees_all_the_tokens_so_far():
    seen: list[tuple[int, ...]] = []

    def following(ids: Sequence[int]) -> np.ndarray:
        seen.append(tuple(ids))
        return scripted(3, 4, STOP)(ids)

    greedy(following, Rules(START, STOP, 9))
    assert seen == [(START,), (START, 3), (START, 3, 4)]


def test_three_tokens_never_stand_in_the_same_order_twice():
    """1 2 1 2 would give (1, 2, 1) again at the fifth place, so its second choice comes."""
    assert decode(1, 2, 1, 2, 1, STOP, repeat=3).ids == (1, 2, 1, 2, 2)
    assert decode(5, 5, 5, 5, STOP, repeat=3).ids == (5, 5, 5, 6)
    assert decode(5, 5, 5, 5, STOP, repeat=0).ids == (5, 5, 5, 5)


def test_the_model_s_logits_are_not_written_to():
    logits = np.zeros(10, dtype=np.float32)
    logits[5] = 1
    greedy(lambda _: logits, Rules(START, STOP, 9, repeat=2))
    assert logits[5] == 1


@given(st.lists(st.integers(0, 9), min_size=1, max_size=30), st.integers(1, 30))
def test_it_always_ends_and_never_repeats_itself(script, most):
    found = decode(*script, most=most, repeat=3)
    assert len(found.ids) <= most
    assert found.ended or len(found.ids) == most
    everything = (START, *found.ids)
    triples = [everything[at : at + 3] for at in range(len(everything) - 2)]
    assert len(triples) == len(set(triples))

"""Uniform, varied and mixed sets are told apart, with their numbers and what follows from them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from brushes import figure, scene
from pictures import encoded

from tagsmith.tools import toolbox
from tagsmith.tools.audit.evidence import Evidence
from tagsmith.tools.audit.finding import Finding
from tagsmith.tools.audit.registry import named
from tagsmith.tools.vision import measuring

SHARED = "coco, white shirt, red hat, sofa, indoors, sitting"
UNIFORM = [f"{SHARED}, extra {n}" for n in range(12)]
VARIED = [f"coco, place {n}, pose {n}, clothes {n % 7}, light {n % 5}, sky {n}" for n in range(12)]


def verdict(found: dict[str, Finding]) -> Any:
    (one,) = found.values()
    return one.data["verdict"]


def test_captions_that_share_most_of_their_tags_are_uniform(find: Any) -> None:
    found = find("variance", *UNIFORM)
    assert verdict(found) == "uniform"
    assert "few and distinct tags" in found["uniform"].why
    said = found["uniform"].evidence[0]
    assert "two share 75% of their tags on average (Jaccard distance 0.25" in said
    assert "over all 66 pairs of 12 captions" in said


def test_captions_that_share_little_are_varied(find: Any) -> None:
    found = find("variance", *VARIED)
    assert verdict(found) == "varied"
    assert "rich tags" in found["varied"].why
    assert "pictures were not compared" in found["varied"].evidence[2]


def test_half_and_half_is_mixed(find: Any) -> None:
    assert verdict(find("variance", *UNIFORM, *VARIED[:6])) == "mixed"


def test_a_few_captions_are_no_set(find: Any) -> None:
    assert find("variance", *UNIFORM[:4]) == {}


def test_stored_hashes_count_and_nothing_is_opened_for_them(
    folder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Captions alike, pictures not: mixed. Pictures alike as well: uniform."""
    monkeypatch.setattr(measuring, "processes", lambda: 1)
    for number in range(6):
        rng = np.random.default_rng(number)
        folder.write(
            {
                f"a/{number}.png": encoded(scene(rng, (96, 96)), "PNG"),
                f"a/{number}.txt": UNIFORM[number],
                f"b/{number}.png": encoded(
                    figure(np.random.default_rng(3), (96, 96), (number * 9, 90, 90)), "PNG"
                ),
                f"b/{number}.txt": UNIFORM[number],
            }
        )
    for part, expected in (("a", "mixed"), ("b", "uniform")):
        workspace = type(folder)(folder.root / part).open()
        toolbox.call(workspace, "find_duplicates", {})
        (found,) = named("variance").find(Evidence(workspace))
        assert found.data["verdict"] == expected
        assert "of 6 pictures" in found.evidence[2]

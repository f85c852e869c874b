"""The message again, with tags that captions have."""

from __future__ import annotations

import pytest

from tagsmith.agent.offline.instead import instead


@pytest.mark.parametrize(
    ("said", "nearest", "reworded"),
    [
        ("remove Dgo.", {"dgo": ["dog", "dot"]}, ("remove dog.", "remove dot.")),
        ("quita brown_furr y dog", {"brown furr": ["brown fur"]}, ("quita brown fur y dog",)),
        ("quita brown furr", {"brown_furr": ["brown_fur"]}, ("quita brown_fur",)),
        ("remove dgo and cta", {"dgo": ["dog", "dot"], "cta": ["cat"]}, ("remove dog and cat",)),
        ("remove dgo and xyz", {"dgo": ["dog"], "xyz": []}, ("remove dog and xyz",)),
        ("remove cat from cats", {"cat": [r"\1"]}, (r"remove \1 from cats",)),
        ("remove shirt where white shirt", {"shirt": ["white shirt", "skirt"]}, ()),
        ("remove los perros", {"perro": ["dog"]}, ()),
        ("remove xyz", {"xyz": []}, ()),
    ],
)
def test_near_tags_stand_where_the_unknown_ones_stood(
    said: str, nearest: dict[str, list[str]], reworded: tuple[str, ...]
) -> None:
    assert instead(said, nearest) == reworded

"""What tab offers."""

from __future__ import annotations

from collections import Counter

import pytest

from tagsmith.tools.tags import Vocabulary
from tagsmith.tui.names import Names
from tagsmith.tui.widgets.completion import Source, common_start, complete

COUNTS = {"watermark": 31, "water": 4, "white shirt": 9, "long hair": 12, "red dress": 2}
SOURCE = Source(
    commands={"prune_tags": "Remove", "plan": "Review", "help": "Help"},
    vocabulary=Vocabulary(Counter(COUNTS | {"bad\x1btag": 1}), {"red dress": "red_dress"}, 40),
    names=Names(("img_0001.png", "img_0002.png", "im\x1bg.png")),
)


@pytest.mark.parametrize(
    ("before", "offers"),
    [
        ("/p", ["prune_tags ", "plan "]),
        ("/ta", ["prune_tags "]),
        ("/prune-", ["prune_tags "]),
        ("quita wat", ["watermark", "water"]),
        ("remove white s", ["white shirt"]),
        ("replace a, long h", ["long hair"]),
        ('put "red', ["red_dress"]),
        ("@img", ["name:img_0001.png", "name:img_0002.png"]),
        ("show @lon", ['"long hair"']),
        ("nothing like this", []),
        ("", []),
        ("remove ", []),
        ("bad", []),
    ],
)
def test_offers(before: str, offers: list[str]) -> None:
    assert [one.text for one in complete(before, SOURCE)] == offers


def test_an_offer_replaces_what_was_typed_of_it() -> None:
    offer = complete("remove white s", SOURCE)[0]
    assert "remove white s"[: -offer.length] + offer.text == "remove white shirt"
    offer = complete("show @img_0001", SOURCE)[0]
    assert "show @img_0001"[: -offer.length] + offer.text == "show name:img_0001.png"


def test_common_start() -> None:
    assert common_start(["watermark", "water", "waterfall"]) == "water"
    assert common_start(["a", "b"]) == ""
    assert common_start([]) == ""

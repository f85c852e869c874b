"""What tab offers."""

from __future__ import annotations

from collections import Counter

import pytest

from tagsmith.tools import query, toolbox
from tagsmith.tools.tags import Vocabulary
from tagsmith.tools.toolbox import Tool
from tagsmith.tui.names import Names
from tagsmith.tui.slash import split
from tagsmith.tui.widgets.completion import Source, common_start, complete

COUNTS = {"watermark": 31, "water": 4, "white shirt": 9, "long hair": 12, "red dress": 2}
SOURCE = Source(
    commands={"prune_tags": "Remove", "plan": "Review", "help": "Help"},
    vocabulary=Vocabulary(Counter(COUNTS | {"bad\x1btag": 1}), {"red dress": "red_dress"}, 40),
    values={"theme": ("auto", "dark")},
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
        ("@img", ['name:"img_0001.png"', 'name:"img_0002.png"']),
        ("show @lon", ['"long hair"']),
        ("mail me@img", []),
        ("nothing like this", []),
        ("/prune_tags wat", ["watermark", "water"]),
        ("/prune_tags a, long h", ["long hair"]),
        ("/prune_tags x --wh", ["--where "]),
        ("/prune_tags x --where long h", ["'\"long hair\"'"]),
        ("/prune_tags x --where wate", ["watermark", "water"]),
        ("/prune_tags x --where @img_0001", ["'name:\"img_0001.png\"'"]),
        ("/prune_tags x --where @long", ["'\"long hair\"'"]),
        ("/prune_tags @long", ["long hair"]),
        ("/add_trigger sks --position ", ["first ", "last "]),
        ("/add_trigger sks --position la", ["last "]),
        ("/find_images dog --limit 1", []),
        ("/no_such_tool wat", []),
        ("/theme ", ["auto ", "dark "]),
        ("/theme d", ["dark "]),
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
    assert "show @img_0001"[: -offer.length] + offer.text == 'show name:"img_0001.png"'


@pytest.mark.parametrize("tool", toolbox.tools().values(), ids=lambda one: one.name)
def test_every_argument_of_every_tool_is_offered(tool: Tool) -> None:
    wanted = tool.parameters()["properties"]
    offers = complete(f"/{tool.name} x --", SOURCE)
    assert [one.text for one in offers] == [f"--{name} " for name in wanted]


@pytest.mark.parametrize("tag", ["bird's eye", 'say "hi"', "back\\slash", "*wild*", "and"])
def test_an_offered_argument_is_read_as_the_tag(tag: str) -> None:
    source = Source(vocabulary=Vocabulary(Counter({tag: 1}), {}, 1))
    typed = "/prune_tags x --where "
    offer = complete(typed + "@" + tag[:3], source)[0]
    words = split(typed + offer.text)[1]
    assert query.parse(words[-1]).tags() == (query.parse(query.quote(tag)).tags())


def test_common_start() -> None:
    assert common_start(["watermark", "water", "waterfall"]) == "water"
    assert common_start(["a", "b"]) == ""
    assert common_start([]) == ""

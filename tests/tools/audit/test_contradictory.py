"""contradictory: what cannot both be true, and of whom."""

from __future__ import annotations

from typing import Any

import pytest

WRONG = [
    "1girl, 2girls",
    "solo, 2girls",
    "solo, 1girl, 1boy",
    "1boy, multiple boys",
    "no humans, 1girl",
    "day, night",
    "indoors, outdoors",
    "solo, long hair, short hair",
    "1girl, blue eyes, red eyes",
    "solo, black hair, blonde hair",
    "solo, open mouth, closed mouth",
    "solo, sitting, standing",
    "no shoes, shoes",
    "from above, from below",
    "white background, black background",
    "masterpiece, worst quality",
    "solo, black fur, white fur",
]

RIGHT = [
    "2girls, blue eyes, red eyes",
    "1girl, 1boy, long hair, short hair",
    "1girl, dog, sitting, standing",
    "solo, blue eyes, red eyes, heterochromia",
    "solo, black hair, white hair, two-tone hair",
    "solo, long hair, short hair, multiple views",
    "comic, day, night",
    "day, night sky",
    "night, day lily",
    "solo, very long hair, long hair",
    "solo, white hair, silver hair",
    "indoors, outdoors, balcony",
    "blue eyes, red eyes",
    "solo, 1girl, long hair",
    "1girl, 1boy",
    "solo, blue sky, blue eyes",
    "solo, open mouth, smile",
    "solo focus, 2girls",
    "no hat, hat, 2girls",
    "no humans, scenery",
]


@pytest.mark.parametrize("caption", WRONG)
def test_tags_that_deny_each_other(find: Any, caption: str) -> None:
    found = find("contradictory", caption, "1girl, solo", "dog")
    assert len(found) == 1
    (finding,) = found.values()
    assert finding.samples == ("0.png",)
    assert len(finding.fixes) == len(finding.data["tags"])


@pytest.mark.parametrize("caption", RIGHT)
def test_tags_that_may_stand_together(find: Any, caption: str) -> None:
    assert find("contradictory", caption) == {}


def test_the_rarer_tag_is_proposed_first(find: Any) -> None:
    found = find("contradictory", "day, night", "day", "day", "night", "day")
    assert found["day|night"].fixes[0].arguments["tags"] == ["night"]
    assert found["day|night"].fixes[1].arguments["tags"] == ["day"]


def test_the_fix_leaves_the_images_alone_where_both_may_be_true(find: Any) -> None:
    found = find("contradictory", "solo, red eyes, blue eyes", "2girls, red eyes, blue eyes")
    (finding,) = found.values()
    assert finding.images == 1
    assert "2girls" in finding.fixes[0].arguments["where"]


def test_a_rule_of_the_users_own(find: Any, folder: Any) -> None:
    folder.write(
        {
            ".tagsmith/knowledge.toml": '[[contradiction]]\nname = "boats"\n'
            'classes = ["sailboat", "submarine"]\nunless = "harbor"\n'
            '[[contradiction]]\nname = "day and night"\noff = true\n'
        }
    )
    captions = ("sailboat, submarine", "sailboat, submarine, harbor", "day, night")
    assert set(find("contradictory", *captions)) == {"sailboat|submarine"}

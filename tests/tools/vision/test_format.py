"""How labels are written: in the dataset's own style, kaomoji as they are."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagsmith.tools.caption import Caption
from tagsmith.tools.tags import KAOMOJI, Vocabulary, key
from tagsmith.tools.vision.format import Style, Writer, split_character, style_of, writable, written

STYLES = [Style(a, b) for a in (False, True) for b in (False, True)]


def vocabulary(*tags: str) -> Vocabulary:
    return Vocabulary(Counter(map(key, tags)), {key(tag): tag for tag in tags}, 1)


@pytest.mark.parametrize(
    ("tags", "style"),
    [
        ([], Style()),
        (["dog", "0_0", "_"], Style()),
        (["long hair", "white shirt", "blue_eyes"], Style()),
        (["long_hair", "white_shirt", "blue eyes"], Style(underscores=True)),
        ([r"saber \(fate\)"], Style(escaped=True)),
        (["saber_(fate)"], Style(underscores=True)),
        (["a (b)", r"c \(d\)", r"e \(f\)"], Style(escaped=True)),
    ],
)
def test_the_style_is_what_most_tags_have(tags: list[str], style: Style) -> None:
    assert style_of(vocabulary(*tags)) == style


def test_a_dataset_without_a_habit_takes_the_models_own() -> None:
    assert style_of(vocabulary("dog"), Style(True, True)) == Style(True, True)
    assert style_of(vocabulary("long hair"), Style(True, True)) == Style(False, True)


@pytest.mark.parametrize("kaomoji", sorted(KAOMOJI))
@pytest.mark.parametrize("style", STYLES)
def test_kaomoji_stay_as_they_are(kaomoji: str, style: Style) -> None:
    assert written(kaomoji, style) == kaomoji


def test_brackets_and_underscores() -> None:
    label = "saber_(fate)"
    assert [written(label, style) for style in STYLES] == [
        "saber (fate)",
        r"saber \(fate\)",
        "saber_(fate)",
        r"saber_\(fate\)",
    ]
    assert written(r"saber_\(fate\)", Style(escaped=True)) == r"saber \(fate\)"
    assert written("___", Style()) == "___"


@given(st.text(min_size=1), st.sampled_from(STYLES))
def test_a_label_and_its_tag_have_one_key_and_are_read_back_as_one_tag(
    label: str, style: Style
) -> None:
    for tag in Writer(style).tags(label, "general"):
        assert key(tag) == key(label)
        assert Caption.parse(f"x, {tag}, y".encode()).as_tags().tags[1:-1] == [tag]


@pytest.mark.parametrize("label", ["", "a, b", "a ||| b", "a\nb", "a\0", "\ufeffa"])
def test_what_is_not_one_tag_is_not_written(label: str) -> None:
    assert not writable(label)
    assert Writer().tags(label, "general") == []


def test_characters_are_split_from_their_series() -> None:
    assert split_character("saber_(fate)") == ("saber", "fate")
    assert split_character("saber_(maid)_(fate)") == ("saber_(maid)", "fate")
    assert split_character("hatsune_miku") == ("hatsune_miku",)
    assert split_character("saber_(fate)", ("fate", "type-moon")) == ("saber", "fate", "type-moon")
    assert split_character("miku_(maid)", ("vocaloid",)) == ("miku_(maid)", "vocaloid")
    assert split_character("(o)_(o)") == ("(o)_(o)",)
    writer = Writer(split=True)
    assert writer.tags("saber_(fate)", "character") == ["saber", "fate"]
    assert writer.tags("dress_(red)", "general") == ["dress (red)"]


def test_renamed_tags_stand_as_they_were_given() -> None:
    writer = Writer(Style(underscores=True), {"long hair": "Long Hair!"})
    assert writer.tags("long_hair", "general") == ["Long Hair!"]

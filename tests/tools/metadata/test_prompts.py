"""Prompts: what is syntax and goes, what is text and stays."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagsmith.tools.metadata.prompts import MAX_TAG, canonical, to_prose, to_tags
from tagsmith.tools.tags import key

CASES = {
    "weights": ("(red hair:1.2), (hat:0.9), (dog: 1)", "red hair, hat, dog"),
    "emphasis": ("((red hair)), [hat], {dog}, [[cat]]", "red hair, hat, dog, cat"),
    "over several tags": ("(red hair, (hat:1.1), dog:1.3)", "red hair, hat, dog"),
    "within a tag": ("a (red:1.2) hat", "a red hat"),
    "escaped brackets": (r"saber \(fate\), (saber \(fate\):1.2)", "saber (fate)"),
    "names with brackets": ("saber (fate), dress (red)", "saber (fate), dress (red)"),
    "emphasis where others are escaped": (r"x \(y\), dress (red)", "x (y), dress red"),
    "calls": ("dog <lora:some name:0.8>, <hypernet:x:1>, <lyco:y:1:2>", "dog"),
    "embedding": ("dog, embedding:easynegative, (embedding:x:1.2), cat", "dog, cat"),
    "break": ("dog BREAK cat, BREAKFAST, OUTBREAK", "dog, cat, BREAKFAST, OUTBREAK"),
    "and": ("dog AND cat, SAND", "dog, cat, SAND"),
    "weights of and": ("dog :1.2 AND cat:0.8", "dog, cat"),
    "scheduled": ("[cat:dog:0.5], [hat:10], [bird::5]", "dog, hat, bird"),
    "scheduled within a tag": ("a [red:blue:.3] dress", "a blue dress"),
    "unclosed": ("((red hair), hat, [dog", "red hair, hat, dog"),
    "unopened": ("red hair), hat]", "red hair), hat]"),
    "faces": (":), >:(, ;), (smile:1.2), :d, :3, ^_^", ":), >:(, ;), smile, :d, :3, ^_^"),
    "new lines": ("dog\ncat\r\nbird,\n\nhat", "dog, cat, bird, hat"),
    "full-width commas": ("dog\uff0ccat", "dog, cat"),
    "repeats": ("dog, Dog, long_hair, long hair", "dog, long_hair"),
    "separators of trainers": ("dog ||| cat;;;bird", "dog, cat, bird"),
    "stray weights": ("dog, :1.2, 0.8, ,,", "dog"),
    "numbers": ("1girl, 2, 90s", "1girl, 2, 90s"),
    "nothing": ("", ""),
    "only syntax": ("(), [], <lora:x:1>, BREAK", ""),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_left_of_a_prompt(name: str) -> None:
    prompt, expected = CASES[name]
    assert ", ".join(to_tags(prompt).tags) == expected


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("{red hair}, {{hat}}, [dog]", ["red hair", "hat", "dog"]),
        ("1.2::red hair::, -1::hat, dog::, 0.5::cat ::", ["red hair", "hat", "dog", "cat"]),
        ("saber (fate), (x)", ["saber (fate)", "(x)"]),
        (":3, ::", [":3"]),
    ],
)
def test_novelai(prompt: str, expected: list[str]) -> None:
    assert list(to_tags(prompt, "novelai").tags) == expected


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("(red hair)1.3, hat++, (dog)--, cat-", ["red hair", "hat", "dog", "cat-"]),
        ("(red hair, hat)++", ["red hair", "hat"]),
        ("(dog, cat).and()", ["dog", "cat"]),
    ],
)
def test_invokeai(prompt: str, expected: list[str]) -> None:
    assert list(to_tags(prompt, "invokeai").tags) == expected


@pytest.mark.parametrize(
    ("prompt", "tags", "choices"),
    [
        ("{red|blue} hair, dog", ["dog"], 1),
        ("[cow|horse], dog", ["dog"], 1),
        ("__colour__ hair, __a/b*__, dog", ["dog"], 2),
        ("({red|blue} hair, hat:1.2), dog", ["hat", "dog"], 1),
        ("{2$$red$$blue} hair, dog", ["dog"], 1),
        ("<random:a,b|c> hair, <wildcard:x>, dog", ["dog"], 2),
        ("{red|blue hair, dog", [], 1),
        ("|_|, ||_||, dog", ["|_|", "||_||", "dog"], 0),
    ],
)
def test_choices_that_nobody_wrote_down(prompt: str, tags: list[str], choices: int) -> None:
    found = to_tags(prompt)
    assert (list(found.tags), found.choices) == (tags, choices)
    if choices:
        assert to_prose(prompt) == ""


def test_sentences_are_kept_apart_from_tags() -> None:
    text = "A woman is standing in the garden with (her dog:1.2) while the sun goes down."
    found = to_tags(f"1girl, solo\n{text}")
    assert found.tags == ("1girl", "solo")
    assert found.sentences == (text.replace("(her dog:1.2)", "her dog"),)


def test_what_is_too_long_for_a_tag() -> None:
    found = to_tags(f"dog, {'x' * (MAX_TAG + 1)}, {'y' * MAX_TAG}")
    assert (found.tags, found.long) == (("dog", "y" * MAX_TAG), 1)


def test_a_prompt_that_is_too_long_is_left_out_rather_than_cut() -> None:
    assert to_tags("dog, " * 13_107).tags == ("dog",)
    found = to_tags("dog, " * 13_108)
    assert (found.tags, found.long) == ((), 1)


SYNTAX = st.sampled_from(["brackets", "novelai", "invokeai"])
WORDS = (
    "( ) [ ] { } | : :: , \\ \\( \\) :1.2 1.2:: ++ -- <lora:a:1> < > BREAK AND BR EAK _ __ a b dog "
    "cat hair saber (fate) :) ;( embedding: x . 0.5 5 1 $$ ||| ;;; <random:a> .and() )1.2"
)
SPACES = (" ", "\n", ", ", "\uff0c", "\ufdd0", "\x1b", "\u2028", "\ud800", "\x85")
PIECES = st.sampled_from((*WORDS.split(), *SPACES))
PROMPTS = st.lists(PIECES, max_size=25).map("".join) | st.text(max_size=60)


@given(PROMPTS, SYNTAX)
def test_doing_it_twice_is_doing_it_once(prompt: str, syntax) -> None:
    once = canonical(prompt, syntax)
    assert canonical(once, syntax) == once


@given(PROMPTS, SYNTAX)
def test_no_word_is_there_that_the_prompt_had_not(prompt: str, syntax) -> None:
    clean = re.sub(r"[^\w]+", "", prompt)
    for tag in to_tags(prompt, syntax).tags:
        letters = iter(clean)
        for char in re.sub(r"[^\w]+", "", tag):
            assert char in letters, (tag, char)


@given(PROMPTS, SYNTAX)
def test_tags_are_tags(prompt: str, syntax) -> None:
    found = to_tags(prompt, syntax)
    assert len({key(tag) for tag in found.tags}) == len(found.tags)
    for tag in found.tags:
        assert tag == tag.strip()
        assert tag
        assert len(tag) <= MAX_TAG
        assert not re.search("[,\n\r\u2028\x1b\ufdd0]", tag)
        assert tag.encode()
    prose = to_prose(prompt, syntax)
    assert prose == " ".join(prose.split())
    assert prose.encode() is not None

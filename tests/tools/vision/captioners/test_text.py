"""From a model's answer to a caption: the rules of docs/captions.md."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagsmith.tools.vision.captioners.text import (
    LONGEST,
    clean_prose,
    clean_tags,
    loops,
    shorten,
    trouble,
    whole_sentences,
    with_trigger,
)

DOG = "A dog runs along the beach."


@pytest.mark.parametrize(
    "answer",
    [
        DOG,
        f"  {DOG}\n\n",
        f'"{DOG}"',
        f"\u201c{DOG}\u201d",
        f"**{DOG}**",
        f"# Caption\n\n{DOG}".replace("# Caption\n\n", "### Caption: "),
        f"```\n{DOG}\n```",
        f"```text\n{DOG}\n```",
        f"Caption: {DOG}",
        f"**Caption:** {DOG}",
        f"Sure! {DOG}",
        f"Sure, here is a caption for your picture: {DOG}",
        f"Certainly! Here's the description you asked for:\n\n{DOG}",
        f"Here is the caption: \u201c{DOG}\u201d",
        "The image shows a dog runs along the beach.".replace("runs", "runs"),
        "This picture depicts a dog runs along the beach.",
        "A *dog* runs along `the` beach.",
        "- A dog runs\n  along the beach.",
        "A dog\x1b runs\u202e along\u200b the\x00 beach.",
        "> A dog runs along the beach.",
    ],
)
def test_what_is_around_a_caption_goes(answer):
    assert clean_prose(answer) == DOG


@pytest.mark.parametrize(
    "answer",
    [
        'A sign says "Here is the way" in red.',
        "Surely a dog: it barks.",
        "The picture frame shows nothing.",
        "A caption is written on the wall.",
        "A snake_case_word and a 4*4 grid of 5*5 tiles.",
        "Café \u2013 na\u00efve \u2764 dogs, 50 % off!",
        "Two dogs, 3 cats; a bird's nest.",
        "夏目漱石の肖像。",
    ],
)
def test_what_is_said_stays(answer):
    assert clean_prose(answer) == answer


def test_the_marks_of_trainers_are_written_out():
    assert (
        clean_prose("A dog ||| on {sand|grass} ;;; at noon.") == "A dog, on (sand|grass), at noon."
    )


@given(st.text(max_size=400))
def test_any_text_becomes_one_line_of_data(answer):
    text = clean_prose(answer)
    assert len(text) <= LONGEST
    assert text == text.strip(" ,")
    assert not any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in text)
    assert not {"|||", ";;;"} & {text[at : at + 3] for at in range(len(text))}
    assert "{" not in text
    text.encode()


def test_a_long_answer_is_cut_behind_a_sentence():
    text = clean_prose("One two three four. " * 300)
    assert len(text) <= LONGEST
    assert text.endswith("four.")
    assert len(clean_prose("word " * 3000)) <= LONGEST


@pytest.mark.parametrize(
    ("answer", "tags"),
    [
        ("1girl, long hair, smile", ["1girl", "long hair", "smile"]),
        ("Tags: 1girl, Long Hair, smile.", ["1girl", "long hair", "smile"]),
        ("- 1girl\n- long hair\n- smile", ["1girl", "long hair", "smile"]),
        ("1. 1girl\n2. long hair\n3. smile", ["1girl", "long hair", "smile"]),
        ('"1girl", "long hair", "smile"', ["1girl", "long hair", "smile"]),
        ("1girl; long hair; 1GIRL; smile", ["1girl", "long hair", "smile"]),
        ("```\n1girl, #long hair, **smile**\n```", ["1girl", "long hair", "smile"]),
        ("1girl,, ,long hair,\nsmile", ["1girl", "long hair", "smile"]),
        ("There is a girl who has long hair and smiles at us.", []),
        ("dog ||| cat", []),
        ("", []),
    ],
)
def test_tags_in_an_answer(answer, tags):
    assert clean_tags(answer) == tags


@given(st.text(max_size=300))
def test_any_answer_gives_single_tags_each_once(answer):
    tags = clean_tags(answer)
    assert len(tags) == len(set(tags))
    for tag in tags:
        assert tag == tag.strip()
        assert tag
        assert not set(tag) & set(",\n\r{}")


@pytest.mark.parametrize(
    "answer",
    [
        "dog " * 4,
        "a dog on a beach, " * 3,
        "dog" + "!" * 30,
        "he runs and he jumps and she runs and she jumps and they sing " * 3,
        " ".join(f"{one} and" for one in "abcdef" * 12),
    ],
)
def test_a_loop_is_noticed(answer):
    assert loops(answer)
    assert trouble(answer) == "the answer goes round in circles"


@pytest.mark.parametrize(
    "answer",
    [
        DOG,
        "1girl, solo, long hair, long sleeves, long dress, blue eyes, blue sky, blue dress",
        "ha ha ha",
        "A very, very, very old dog. " + DOG,
        "----------" * 2,
    ],
)
def test_what_is_no_loop(answer):
    assert not loops(answer)


@pytest.mark.parametrize("answer", ["", "  \n", "...", "\u200b", "**", "\x1b"])
def test_nothing_said_is_no_caption(answer):
    assert trouble(answer) == "the answer was empty"


@pytest.mark.parametrize(
    "answer",
    [
        "I'm sorry, but I can't help with that.",
        "I cannot see any image.",
        "As an AI, I do not see.",
        '"Sorry, no."',
        "Please provide the image.",
        "Unfortunately, I am unable to view images.",
    ],
)
def test_a_refusal_is_no_caption(answer):
    assert trouble(answer) == "the model declined"


def test_shortening_prefers_whole_sentences():
    text = "A dog runs. It carries a stick, and it is wet."
    assert shorten(text, 50) == text
    assert shorten(text, 5) == "A dog runs."
    assert shorten(text, 3) == "A dog runs."
    assert shorten("A dog runs, then it sleeps.", 3) == "A dog runs"
    assert whole_sentences("No end") == ""
    assert whole_sentences('He said "yes." And then') == 'He said "yes."'


@given(st.text(max_size=200), st.integers(1, 40))
def test_a_shortened_text_is_a_beginning_of_so_many_words(text, most):
    line = " ".join(text.split())
    short = shorten(line, most)
    assert len(short.split()) <= most
    assert line.startswith(short)


def test_the_trigger_comes_in_front_unless_it_is_there():
    assert with_trigger(DOG, "coco") == f"coco, {DOG}"
    assert with_trigger("Coco runs.", "coco") == "Coco runs."
    assert with_trigger("Coconut oil.", "coco") == "coco, Coconut oil."
    assert with_trigger("a (b) c", "(b)") == "a (b) c"
    assert with_trigger(DOG, "") == DOG

"""Follow-ups beyond the phrases: what they refer to, and when that is gone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Talk = Callable[..., Any]


def test_a_follow_up_without_anything_before_asks(talk: Talk) -> None:
    for text in ("also lowres", "only in the dogs", "y también en los gatos", "at the end"):
        conversation = talk(text)
        assert conversation.asked is not None
        assert conversation.steps == []


def test_what_was_applied_or_dropped_since_cannot_be_refined(talk: Talk) -> None:
    conversation = talk("remove hat")
    conversation.workspace.clear()
    asked = conversation.say("only in the dogs").asked
    assert asked is not None
    assert "no longer staged" in asked.question
    assert conversation.steps == []
    assert conversation.say("also lowres").steps == [("prune_tags", {"tags": ["lowres"]})]


def test_a_refinement_of_several_orders_asks_which(talk: Talk) -> None:
    conversation = talk("remove hat and add sks to all images", "only in the dogs")
    assert conversation.asked is not None
    assert len(conversation.steps) == 2


@pytest.mark.parametrize(
    ("first", "second", "where"),
    [
        ("remove hat from the dogs", "only in outdoors", "dog and outdoors"),
        ("remove hat from the dogs", "no, only in outdoors", "outdoors"),
        ("remove hat from the dogs", "except where running", "dog and not running"),
        ("quita hat de los dogs", "no, mejor en los cats", "cat"),
    ],
)
def test_only_narrows_and_no_replaces(talk: Talk, first: str, second: str, where: str) -> None:
    conversation = talk(first, second)
    assert conversation.calls == [("prune_tags", {"tags": ["hat"], "where": where})]


def test_other_images_or_other_tags_by_what_was_said_alike(talk: Talk) -> None:
    assert talk("remove hat from the dogs", "and the cats").calls == [
        ("prune_tags", {"tags": ["hat"], "where": "cat"})
    ]
    assert talk("remove hat", "and the cats").asked is not None


def test_it_is_the_tag_and_them_are_the_images_asked_about(talk: Talk) -> None:
    assert talk("how many images have lowres?", "remove it").steps == [
        ("prune_tags", {"tags": ["lowres"]})
    ]
    assert talk("how many images have lowres?", "delete them").steps == [
        ("delete_images", {"where": "lowres"})
    ]
    assert talk("show img_03", "remove it").steps == []


def test_a_question_can_be_asked_again_about_something_else(talk: Talk) -> None:
    assert talk("how many images have dog?", "and cat?").calls == [
        ("find_images", {"where": "cat"})
    ]
    assert talk("show me the images with dog", "how many of those have hat?").calls == [
        ("find_images", {"where": "dog and hat"})
    ]


def test_the_person_before_is_meant_by_a_joined_pronoun(talk: Talk) -> None:
    assert talk("quita hat de los dogs y ponles bell").steps[1] == (
        "add_trigger",
        {"trigger": "bell", "where": "dog"},
    )
    assert talk("muéstrame las imágenes con hat", "agrégales bell").steps == [
        ("add_trigger", {"trigger": "bell", "where": "hat"})
    ]
    assert talk("ponle bell").steps == [("add_trigger", {"trigger": "bell"})]


def test_undo_takes_back_the_last_message_and_redo_gives_it_again(talk: Talk) -> None:
    conversation = talk("remove hat", "remove shirt and sort the tags", "undo that")
    assert [tool for tool, _ in conversation.steps] == ["prune_tags"]
    assert "2 steps" in conversation.said
    assert [tool for tool, _ in conversation.say("redo that").steps] == [
        "prune_tags",
        "prune_tags",
        "sort_tags",
    ]


def test_one_step_can_be_taken_back_by_what_it_is_about(talk: Talk) -> None:
    conversation = talk("remove hat", "remove shirt", "undo the hat one")
    assert conversation.steps == [("prune_tags", {"tags": ["shirt"]})]
    assert talk("remove hat", "remove shirt", "undo the dog one").asked is not None


def test_undo_without_anything_pending_is_the_tool(talk: Talk) -> None:
    conversation = talk("undo that")
    assert conversation.calls == [("undo", {})]
    assert conversation.failed is not None
    assert talk("cancel that").calls == []


def test_the_answer_comes_in_the_language_of_the_message(talk: Talk) -> None:
    conversation = talk("remove hat")
    assert conversation.said.startswith("Remove hat: ")
    assert conversation.say("deshaz eso").said.startswith("Retiré")
    assert conversation.say("quita watermark and lowres").said.startswith("Quitar watermark")
    assert conversation.say("remove shirt").said.startswith("Remove shirt: ")


def test_an_answer_tells_what_would_be_created(talk: Talk) -> None:
    assert "1 caption would be created." in talk("add bell to all images").said
    assert "Se crearía 1 descripción." in talk("agrega bell a todas").said

"""Stored captions: by image, by model, by question; and what a hostile file can do."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tagsmith.tools.vision.captioners.store import LONGEST, Stored
from tagsmith.tools.vision.scores import Scores

ONE, TWO = b"1" * 16, b"2" * 16


@pytest.fixture
def scores(tmp_path: Path) -> Scores:
    return Scores.open(str(tmp_path))


def test_a_caption_is_found_by_all_three(scores):
    captions = scores.captions
    captions.put("server:a", "q", ONE, Stored("A dog."))
    captions.put("server:a", "q", TWO, Stored(reason="it was empty"))
    assert captions.get("server:a", "q", [ONE, TWO]) == {
        ONE: Stored("A dog."),
        TWO: Stored("", "it was empty"),
    }
    assert captions.get("server:b", "q", [ONE]) == {}
    assert captions.get("server:a", "r", [ONE]) == {}
    assert captions.get("server:a", "q", []) == {}


def test_it_lasts_and_a_later_answer_takes_its_place(scores, tmp_path):
    scores.captions.put("server:a", "q", ONE, Stored(reason="no"))
    scores.captions.put("server:a", "q", ONE, Stored("A dog."))
    scores.close()
    again = Scores.open(str(tmp_path)).captions
    assert again.get("server:a", "q", [ONE]) == {ONE: Stored("A dog.")}


def test_the_last_of_a_family(scores):
    captions = scores.captions
    assert captions.last("server:", "q") is None
    captions.put("server:a", "q", ONE, Stored("A dog."))
    captions.put("local:b", "q", ONE, Stored("A dog."))
    assert captions.last("server:", "q") == "server:a"
    captions.put("server:100%_c", "q", ONE, Stored("A dog."))
    assert captions.last("server:", "q") == "server:100%_c"
    assert captions.last("server:100_", "q") is None
    assert captions.last("server:", "other") is None


def test_what_is_kept_is_bounded(scores):
    scores.captions.put("server:a", "q", ONE, Stored("x" * 99_999))
    assert len(scores.captions.get("server:a", "q", [ONE])[ONE].text) == LONGEST


def test_values_of_other_types_are_no_captions(scores, tmp_path):
    scores.captions.put("server:a", "q", ONE, Stored("A dog."))
    scores.close()
    connection = sqlite3.connect(tmp_path / ".tagsmith" / "scores.db")
    connection.execute("UPDATE caption SET text = x'ff00'")
    connection.commit()
    connection.close()
    assert Scores.open(str(tmp_path)).captions.get("server:a", "q", [ONE]) == {}

"""A refused tag change leaves every other byte of the plan as it is, whatever else happens."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from tagsmith.tools.caption import Caption
from tagsmith.tools.plan import tag_changes
from tagsmith.tools.refusals import TagChange, tag_changes_of, without

TAG = st.sampled_from(["dog", "cat", "hat", "long hair", "wolf", "{a, b|c}", "Dog"])
SPACE = st.sampled_from(["", " ", "  ", "\t"])
SEPARATOR = st.sampled_from([",", ",", ",", ",", ", ,", "|||", ";;;", "\n", "\r\n"])
PIECE = st.tuples(SPACE, TAG, SPACE).map("".join)


@st.composite
def captions(draw: st.DrawFn) -> bytes:
    """Tags with any spaces between any separators, empty items and lines among them."""
    pieces = draw(st.lists(PIECE, min_size=1, max_size=6))
    parts = [draw(SEPARATOR) + one if index else one for index, one in enumerate(pieces)]
    end = draw(st.sampled_from(["", "\n", ", ", "\r\n"]))
    bom = draw(st.sampled_from(["", "", "\ufeff"]))
    return f"{bom}{''.join(parts)}{end}".encode()


def plus(tag: str) -> TagChange:
    return TagChange(tag, added=True)


def minus(tag: str) -> TagChange:
    return TagChange(tag, added=False)


def without_it(before: str, after: str, *refused: TagChange) -> str | None:
    found = without(before.encode(), after.encode(), frozenset(refused))
    return None if found is None else found.decode()


@pytest.mark.parametrize(
    ("before", "after", "refused", "left"),
    [
        ("dog, solo, watermark, hat", "coco, dog, solo, hat", [minus("watermark")],
         "coco, dog, solo, watermark, hat"),
        ("dog, solo, watermark, hat", "coco, dog, solo, hat", [plus("coco")], "dog, solo, hat"),
        ("dog ,watermark , hat\r\n", "dog  , hat\r\n", [minus("watermark")],
         "dog ,watermark , hat\r\n"),
        ("dog, cat", "wolf, cat", [plus("wolf")], "cat"),
        ("dog, cat", "wolf, cat", [minus("dog")], "wolf, dog, cat"),
        ("a, dog, cat", "a, wolf, cat", [minus("dog")], "a, dog, wolf, cat"),
        ("a, x, y, b", "a, b", [minus("x")], "a, x, b"),
        ("a, x, y, b", "a, b", [minus("y")], "a, y, b"),
        ("x, dog", "coco, dog", [minus("x")], "coco, x, dog"),
        ("dog, x", "dog, coco", [minus("x")], "dog, x, coco"),
        ("dog, dog", "dog", [minus("dog")], "dog, dog"),
        ("b, a", "a, b, c", [plus("c")], "a, b"),
        ("x\ny", "y", [minus("x")], "x\ny"),
        ("A dog sits on the grass with its red hat and looks at the sea.\nx",
         "A dog sits on the grass with its red hat and looks at the sea.\ncoco", [minus("x")],
         "A dog sits on the grass with its red hat and looks at the sea.\nx, coco"),
        ("dog", "coco, dog", [plus("dog"), minus("coco")], "coco, dog"),
        ("\ufeffdog, x", "\ufeffdog", [minus("x")], "\ufeffdog, x"),
    ],
)  # fmt: skip
def test_what_is_left(before: str, after: str, refused: list[TagChange], left: str) -> None:
    assert without_it(before, after, *refused) == left


def test_a_caption_that_only_was_created_for_it_is_not_created() -> None:
    assert without(None, b"coco", frozenset([plus("coco")])) is None
    assert without(None, b"coco, dog", frozenset([plus("coco")])) == b"dog"


def test_a_conversion_is_whole_or_not_at_all() -> None:
    assert without(b"\xff\xfe", b"coco, dog", frozenset([plus("coco")])) == b"coco, dog"
    assert not tag_changes_of(b"\xff\xfe", b"coco")


@settings(max_examples=150, deadline=None)
@given(before=captions(), after=captions(), data=st.data())
def test_exactly_what_is_refused_does_not_happen(
    before: bytes, after: bytes, data: st.DataObject
) -> None:
    changes = tag_changes_of(before, after)
    refused = data.draw(st.sets(st.sampled_from(sorted(changes)))) if changes else set()
    left = without(before, after, refused)
    assert left is not None
    kept = Counter({one: n for one, n in changes.items() if one not in refused})
    assert tag_changes_of(before, left) == kept
    assert left.startswith(b"\xef\xbb\xbf") == after.startswith(b"\xef\xbb\xbf")


@settings(max_examples=150, deadline=None)
@given(before=captions(), gone=TAG)
def test_refusing_all_that_a_prune_and_a_trigger_did_gives_the_bytes_back(
    before: bytes, gone: str
) -> None:
    pruned = Caption.parse(before).remove(gone.lower().__eq__)
    after = pruned.insert("sks").to_bytes()
    assert without(before, after, tag_changes_of(before, after).keys()) == before


@settings(max_examples=150, deadline=None)
@given(before=captions(), gone=st.sampled_from(["dog", "cat", "hat"]))
@example(before=b"dog ,x, dog,", gone="dog")
def test_refusing_an_addition_is_never_having_added(before: bytes, gone: str) -> None:
    pruned = Caption.parse(before).remove(gone.__eq__)
    assume(pruned.tags)
    for position in ("first", "last"):
        after = pruned.insert("sks", position).to_bytes()
        if b"sks" in after:
            assert without(before, after, {plus("sks")}) == pruned.to_bytes()


@settings(max_examples=150, deadline=None)
@given(before=captions())
def test_refusing_a_removal_is_never_having_removed(before: bytes) -> None:
    caption = Caption.parse(before)
    after = caption.remove({"hat", "wolf"}.__contains__)
    other = caption.remove("wolf".__eq__)
    if after.tags and tag_changes(before, after.to_bytes())[1]:
        assert without(before, after.to_bytes(), {minus("hat")}) == other.to_bytes()

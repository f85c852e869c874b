"""``path:`` and ``exactly``: precisely these images, whatever they are called and however many."""

from __future__ import annotations

import os
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagsmith.tools.errors import QueryError
from tagsmith.tools.query import all_of, exactly, negate, parse

AWKWARD = (
    'quo"te.png', "back\\slash\\.png", "star*.png", "wh?t.png", "100%.png", "%41.png",
    "caf\udce9.png", "new\nline.png", "tab\t.png", "or.png", "a or path:b.png", "(x).png",
    "Dog.PNG", " .png", "folder/deep er/it's.png", "\x1b[2J.png", "\u202e.png", "\ufdd0.png",
)  # fmt: skip


@dataclass
class View:
    """What ``path:`` asks of a sample."""

    folder: str
    name: str

    @classmethod
    def of(cls, path: str) -> View:
        return cls(*os.path.split(path))


def chosen(queries: list[str], among: list[str]) -> list[str]:
    parsed = [parse(query) for query in queries]
    return [one for one in among if any(query.matches(View.of(one)) for query in parsed)]  # type: ignore[arg-type]


@pytest.mark.parametrize("path", AWKWARD)
def test_every_name_can_be_said_exactly(path: str) -> None:
    neighbours = [
        *AWKWARD,
        path.upper(),
        f"x{path}",
        f"{path}x",
        os.path.splitext(path)[0],
        "A.png",
    ]
    assert set(chosen(list(exactly([path])), neighbours)) == {path}
    # As it goes through JSON and the arguments of a tool.
    assert next(exactly([path])).encode().decode() == next(exactly([path]))


names = st.text(
    st.characters(codec="utf-8", exclude_characters="/\0")
    | st.sampled_from([chr(0xDC80 + code) for code in range(128)]),
    min_size=1,
    max_size=12,
)


@given(st.lists(names, unique=True, min_size=1, max_size=12), st.data())
def test_exactly_these_and_no_others(found: list[str], data: st.DataObject) -> None:
    paths = [f"f/{name}.png" if number % 2 else f"{name}.png" for number, name in enumerate(found)]
    wanted = data.draw(st.sets(st.sampled_from(paths)))
    assert chosen(list(exactly(sorted(wanted))), paths) == [one for one in paths if one in wanted]


def test_many_images_are_few_queries_and_pairs_of_one_stem_stay_together() -> None:
    images = [f"10_coco/img_{number:05}{end}" for end in (".png", ".jpg") for number in range(3000)]
    queries = list(exactly(images))
    assert len(queries) == 3
    assert chosen(queries, images) == images
    for query in queries:
        assert query.count(".png") == query.count(".jpg")
    assert list(exactly([])) == []


def test_it_joins_with_other_terms_as_every_term_does() -> None:
    images = ["a.png", "b.png", "c.png"]
    [both] = exactly(images[:2])
    assert chosen([negate(both)], images) == ["c.png"]
    assert chosen([str(all_of(both, "name:b"))], images) == ["b.png"]
    assert chosen([f"({both} or name:c) and not path:a.png"], images) == ["b.png", "c.png"]


def test_a_stray_percent_sign_is_an_error_that_says_what_to_write() -> None:
    with pytest.raises(QueryError, match=r'path at position 5 has a "%" that starts no') as raised:
        parse("path:100%.png")
    assert "%25" in raised.value.hint

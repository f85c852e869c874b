"""What a model writes is drawn as it means it, and whatever it holds, it is only text."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.app import App, ComposeResult

from tagsmith.tui.markdown import Document
from tagsmith.tui.text import plain
from tagsmith.tui.widgets.answer import LONGEST, Answer
from tagsmith.tui.widgets.rows import laid_out

SOURCE = """\
## Two steps

The tag `long hair` stands in **31** captions, *dog* in ~~more~~ fewer.
A second line.

- goes from 31 captions, and this item is long enough that it has to wrap
  - nested
- second

3. three
4. four

> quoted
> on

```python
def f():
    return "**"
```

| tag | images |
| --- | ---: |
| dog | 24 |
| long hair | 12 |

---
The end.
"""
DRAWN = """\
Two steps

The tag `long hair` stands in 31
captions, dog in more fewer.
A second line.

• goes from 31 captions, and this item
  is long enough that it has to wrap
  ◦ nested
• second

3. three
4. four

│ quoted
│ on

  def f():
      return "**"

tag        images
─────────  ──────
dog        24
long hair  12

────────────

The end."""


def drawn(source: str, cuts: list[int] | None = None, width: int = 40) -> str:
    document = Document()
    places = [0, *sorted(cuts or []), len(source)]
    for start, end in pairwise(places):
        document.feed(source[start:end])
    lines = laid_out([*document.settled, *document.open], width)
    return "\n".join(line.plain.rstrip() for line in lines)


def test_markdown_is_drawn() -> None:
    assert drawn(SOURCE) == DRAWN


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, len(SOURCE)), max_size=60))
def test_chunks_cut_anywhere_are_drawn_as_the_whole(cuts: list[int]) -> None:
    assert drawn(SOURCE, cuts) == DRAWN


@pytest.mark.parametrize(
    "tags",
    [
        "fate \\(series\\), ^_^, >_<, o_o, blonde_hair_girl, _underlined_",
        "&amp; &#27; &#x202e; \\* \\[x\\]",
        "<b>html</b> <http://auto.link> <!-- hidden -->",
        "bare http://example.com/x and www.example.com",
    ],
)
def test_signs_that_stand_in_tags_stay(tags: str) -> None:
    assert drawn(tags, width=200) == tags


def test_a_link_is_its_text_and_its_address() -> None:
    assert drawn("see [the docs](http://evil.example/x)", width=80) == (
        "see the docs (http://evil.example/x)"
    )
    assert drawn("![a cat](http://evil.example/x.png)", width=80) == (
        "a cat (http://evil.example/x.png)"
    )


def test_a_wide_table_is_wrapped_and_on_a_narrow_screen_a_list() -> None:
    source = "| one | two |\n|---|---|\n| a short cell | a cell that is much too long for it |\n"
    lines = drawn(source, width=30).splitlines()
    assert max(map(len, lines)) <= 30
    assert " ".join(" ".join(line[14:] for line in lines[2:]).split()) == (
        "a cell that is much too long for it"
    )
    assert drawn(source, width=11).splitlines()[0] == "one: a"


@settings(max_examples=200, deadline=None)
@given(
    st.text(
        st.one_of(
            st.sampled_from("\n\n`*_#->|[]()!<&;1. \\~\t\r"),
            st.characters(exclude_categories=[]),
        ),
        max_size=80,
    ),
    st.integers(0, 80),
    st.integers(1, 60),
)
def test_nothing_breaks_it_and_nothing_gets_past_the_sanitiser(
    source: str, cut: int, width: int
) -> None:
    document = Document()
    document.feed(source[:cut])
    document.feed(source[cut:])
    for line in laid_out([*document.settled, *document.open], width):
        assert plain(line.plain) == line.plain
        assert "\n" not in line.plain
        assert not re.search(r"@click|link", str([span.style for span in line.spans]))


class Holder(App[None]):
    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer

    def compose(self) -> ComposeResult:
        yield self.answer

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return {"muted": "grey", "muted-style": "dim"}


async def test_hostile_markdown_is_harmless_in_chunks_of_any_size(
    hostile_texts: tuple[str, ...], assert_harmless: Callable[[App[Any]], None]
) -> None:
    app = Holder(Answer(markdown=True))
    async with app.run_test(size=(100, 400)) as pilot:
        for number, text in enumerate(hostile_texts):
            whole = f"[{text}]({text}) `{text}` ![{text}](x)\n\n- {text}\n\n"
            step = number % 7 + 1
            for start in range(0, min(len(whole), 400), step):
                app.answer.append(whole[start : start + step])
        app.answer.flush()
        await pilot.pause()
        assert_harmless(app)


async def test_an_endless_answer_ends() -> None:
    app = Holder(Answer(markdown=True))
    async with app.run_test(size=(80, 24)):
        app.answer.append("word " * (LONGEST // 5 + 10))
        app.answer.flush()
        assert app.answer.rows[-1].text.plain == "… 50 more characters"


async def test_what_is_selected_can_be_copied() -> None:
    app = Holder(Answer(markdown=True))
    async with app.run_test(size=(80, 24)) as pilot:
        app.answer.append("one **two**\n\nthree")
        app.answer.flush()
        await pilot.pause()
        app.screen.text_select_all()
        await pilot.pause()
        assert app.screen.get_selected_text() == "one two\n\nthree"

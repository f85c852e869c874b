"""The query language: what each term chooses, what a query names, and what it costs."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tagsmith.tools import tags
from tagsmith.tools.errors import DatasetError, QueryError
from tagsmith.tools.query import all_of, any_of, explain, negate, parse, quote

PAGE = Path(__file__).parents[2] / "docs" / "query.md"


@dataclass(eq=False)
class View:
    """A sample as a query sees it, made from a caption's text."""

    text: str | None = None
    name: str = "img_1.png"
    folder: str = ""
    pixels: tuple[int, int] | None = None
    scores: dict[str, float] | None = None
    size_calls: int = 0
    tags: list[str] = field(init=False)
    keys: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self.tags = [part.strip() for part in (self.text or "").split(",") if part.strip()]
        self.keys = frozenset(map(tags.key, self.tags))

    @property
    def lines(self) -> int:
        return 0 if self.text is None else len(self.text.splitlines())

    @property
    def captioned(self) -> bool:
        return self.text is not None

    @property
    def has_scores(self) -> bool:
        return self.scores is not None

    def size(self) -> tuple[int, int] | None:
        self.size_calls += 1
        return self.pixels

    def score(self, tag: str) -> float | None:
        return (self.scores or {}).get(tag)


def matches(text: str, view: View) -> bool:
    return parse(text).matches(view)


def refused(text: str) -> QueryError:
    with pytest.raises(QueryError) as caught:
        parse(text)
    return caught.value


# What users can read in docs/query.md is what happens.


def rows(heading: str) -> list[list[str]]:
    """The cells of the Markdown table below the header row that starts with ``heading``."""
    table = PAGE.read_text("utf-8").split(f"\n| {heading} |")[1].split("\n\n")[0]
    lines = [line for line in table.splitlines()[2:] if line.startswith("|")]
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    return [[cell.replace("\\|", "|") for cell in row] for row in cells]


def spans(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def page_views() -> dict[str, View]:
    views = {}
    for image, caption, size in rows("image"):
        folder, _, name = spans(image)[0].rpartition("/")
        width, height = map(int, size.split(" x "))
        text = spans(caption)[0] if caption else None
        views[name.partition(".")[0]] = View(text, name, folder, (width, height))
    return views


@pytest.mark.parametrize(("source", "chosen"), rows("query"))
def test_the_page_tells_what_each_example_chooses(source: str, chosen: str) -> None:
    found = [name for name, view in page_views().items() if matches(spans(source)[0], view)]
    assert found == spans(chosen)


def test_every_term_and_example_of_the_page_can_be_read() -> None:
    page = PAGE.read_text("utf-8")
    terms = [term for row in rows("term") for term in spans(row[0])]
    blocks = [line.strip() for line in page.split("## Terms")[0].splitlines() if line[:4] == "    "]
    assert len(terms) > 20
    assert len(blocks) == 4
    for text in [*terms, *blocks]:
        parse(text)


def test_the_page_shows_the_message_that_is_given() -> None:
    shown = explain(refused("dog and )"), "dog and )").splitlines()[:3]
    assert "\n".join(f"    {line}" for line in shown) in PAGE.read_text("utf-8")


# Tags.


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("long_hair", "long hair"),
        ("long hair", "long_hair"),
        ("  LONG   Hair ", "long hair"),
        ("'long hair'", "long hair"),
        ("1girl", "1girl"),
        ("c.c.", "c.c."),
        (":)", ":)"),
        (">:(", ">:("),
        ("^_^", "^_^"),
        ("(o)_(o)", "(o)_(o)"),
        ("||_||", "||_||"),
        ("\\m/", "\\m/"),
        ("fate (series)", "fate_(series)"),
        ("fate_(stay_(night))", "fate (stay (night))"),
        ("fate \\(series\\)", "fate (series)"),
        ("[trigger]", "[trigger]"),
        ("shirt [white]", "shirt [white]"),
        ('"rating:safe"', "rating:safe"),
        ('TAG:"and"', "and"),
        ('"say \\"hi\\""', 'say "hi"'),
        ("what\\?", "what?"),
        ("?", "?"),
        ("3:00", "3:00"),
        ("rock-and-roll", "rock-and-roll"),
        ("*hair", "long hair"),
        ('"*hair"', "long hair"),
        ("long *", "long hair"),
        ("?girl", "1girl"),
        ("*[a]*", "shirt [a] x"),
        ("l*g*h*r", "long hair"),
    ],
)
def test_a_term_matches_the_tag_it_names(text: str, tag: str) -> None:
    assert matches(text, View(f"cat, {tag}, sofa"))
    assert not matches(text, View("cat, sofa"))


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("hair", "long hair"),
        ("*hair", "hairs"),
        ("?girl", "girl"),
        ('"what\\?"', "whats"),
        ("*[ab]", "a"),
        ("*_*", "* x *"),
        ("l*g*x*r", "long hair"),
    ],
)
def test_a_term_matches_whole_tags_only(text: str, tag: str) -> None:
    assert not matches(text, View(tag))


def test_brackets_group_but_not_after_a_word() -> None:
    assert matches("not(dog)and(cat)", View("cat"))
    assert matches("(:) or dog)", View(":)"))
    assert parse("dog (cat) and (wolf)").tags() == ("dog (cat)", "wolf")


def test_quote_works_after_a_field() -> None:
    name = 'a*b "c" (1).png'
    assert matches(f"name:{quote(name)}", View(name=name))
    assert not matches(f"name:{quote(name)}", View(name='axb "c" (1).png'))
    assert matches(f"name:{quote('a*(?).png', wildcards=True)}", View(name="ab(1).png"))


# Fields.


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tags:3", True),
        ("tags:==3", True),
        ("tags: >= 3", True),
        ("tags:>2.5", True),
        ("tags:!=3", False),
        ("TAGS:<3", False),
        ("chars:=18", True),
        ("chars:<=17", False),
        ("lines:1", True),
        ("captioned:YES", True),
        ("captioned:false", False),
        ("caption:HA", True),
        ('caption:"dog, C"', True),
        ('caption:"*"', False),
        ("name:IMG_1.PNG", True),
        ("name:img_1", True),
        ("name:img", False),
        ("name:*_?", True),
        ("name:a/b/img_1.png", True),
        ("name:b/img_1.png", False),
        ("name:*/img_1", True),
        ("folder:a", True),
        ("folder:A/b/", True),
        ("folder:b", False),
        ("folder:a/", True),
        ("folder:*b", True),
        ("folder:.", True),
        ("folder:./a", True),
        ("re:/Dog/", False),
        ("re:/Dog/i", True),
        ("re:/^dog, (cat|wolf)/", True),
        ("re:/o\\/g/", False),
        ("width:640 and height:480", True),
        ("width:>640", False),
    ],
)
def test_fields(text: str, expected: bool) -> None:
    view = View("dog, cat, red hats", "img_1.png", "a/b", (640, 480))
    assert len(view.text or "") == 18
    assert matches(text, view) is expected


def test_a_folder_that_only_starts_alike_is_another_folder() -> None:
    assert not matches("folder:10_coco", View(folder="10_coco_b"))
    assert not matches("folder:10_coco", View(folder=""))
    assert matches('folder:"a [1]"', View(folder="a [1]/x"))


def test_a_name_that_is_not_utf8_can_be_asked_for() -> None:
    name = "caf\udce9.png"
    assert matches(f"name:{quote(name)}", View(name=name))
    assert matches("name:caf?", View(name=name))


def test_an_accented_letter_is_found_in_both_spellings() -> None:
    assert matches("caption:Ni\N{LATIN SMALL LETTER N WITH TILDE}o", View("un nin\u0303o"))
    assert matches("caption:STRASSE", View("die stra\N{LATIN SMALL LETTER SHARP S}e"))


def test_without_a_caption_there_is_nothing_to_count_or_find() -> None:
    view = View(None)
    assert matches("tags:0 and chars:0 and lines:0 and captioned:no", view)
    assert not matches("caption:a or re:/a*/ or dog or *a*", view)


def test_an_unreadable_image_has_no_size_either_way() -> None:
    assert not matches("width:<100 or width:>=100", View("dog"))
    assert matches("not width:<100", View("dog"))


def test_scores_compare_where_there_are_some() -> None:
    view = View("dog", scores={"long hair": 0.4})
    assert matches('score:"long hair"<0.5', view)
    assert matches("score:long hair >= .4 and dog", view)
    assert not matches("score:cat<0.5 or score:cat>=0.5", view)


def test_asking_for_scores_that_are_not_stored_is_an_error_even_where_dog_decides() -> None:
    with pytest.raises(DatasetError, match="No scores are stored yet"):
        matches("cat and score:dog<0.5", View("dog"))


# Cost: headers are read last, and only where the rest leaves it open.


@pytest.mark.parametrize(
    "text",
    [
        "width:>=1024 and dog",
        "height:<10 or cat",
        "(width:>=1024 or height:>9) and name:x* and dog",
        "(width:5 and height:5) or not dog",
        "not (width:>=1024 and dog)",
    ],
)
def test_no_header_is_read_where_the_caption_decides(text: str) -> None:
    view = View("cat")
    parsed = parse(text)
    parsed.matches(view)
    assert parsed.cost == 1
    assert view.size_calls == 0


def test_headers_are_read_for_the_samples_that_are_left() -> None:
    views = [View("dog" if number % 10 == 0 else "cat", pixels=(64, 64)) for number in range(50)]
    assert sum(parse("width:64 and dog").matches(view) for view in views) == 5
    assert sum(view.size_calls for view in views) == 5
    assert parse("dog and tags:<5").cost == 0


def test_two_terms_over_many_samples_take_no_time() -> None:
    views = [View("dog, long hair, outdoors"), View("cat, sofa")] * 10_000
    started = time.perf_counter()
    assert sum(map(parse('dog and not "short hair"').matches, views)) == 10_000
    # Measured 4 ms; five times the aim of 0.25 s for 100,000 leaves room for a busy machine.
    assert time.perf_counter() - started < 0.25


def test_the_parser_is_loaded_when_a_query_needs_it() -> None:
    script = (
        "import sys; from tagsmith.tools import images, query\n"
        "query.parse('dog')\n"
        "assert not {'lark', 'PIL', 'pydantic', 'rapidfuzz'} & sys.modules.keys()\n"
        "query.parse('dog and cat')\n"
        "assert 'lark' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


# What a query names.


def test_a_query_tells_which_tags_it_names() -> None:
    parsed = parse("dog and not (*hair or not Long_Hair) and caption:cat")
    assert parsed.tags() == ("dog", "*hair", "Long_Hair")
    assert [named.negated for named in parsed.named()] == [False, True, False]
    assert [named.wild for named in parsed.named()] == [False, True, False]
    assert [named.position for named in parsed.named()] == [0, 13, 26]


def test_unknown_tags_are_found_before_they_match_nothing() -> None:
    vocabulary = tags.Vocabulary(Counter({"dog": 2, "long hair": 1}), {}, 2)
    parsed = parse("Dog and not dogg and *hair and ?x and Long_Hair and name:cat")
    assert [named.tag for named in parsed.unknown(vocabulary)] == ["dogg", "?x"]


def test_equal_texts_are_one_query() -> None:
    assert parse("dog or cat") is parse("dog or cat")
    assert parse("dog or cat").text == "dog or cat"


# Combining.


def test_queries_are_joined_with_brackets_where_they_matter() -> None:
    assert all_of("dog or cat", None, "not wolf") == "(dog or cat) and not wolf"
    assert any_of("dog and cat", "long hair") == "dog and cat or long hair"
    assert negate("dog") == "not dog"
    assert negate("dog and cat") == "not (dog and cat)"
    assert negate("not dog") == "not (not dog)"


def test_none_is_every_sample() -> None:
    assert all_of() is None
    assert all_of(None, "dog or cat") == "dog or cat"
    assert any_of("dog", None) is None
    assert any_of("dog") == "dog"

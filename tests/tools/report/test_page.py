"""The page: whole, escaped, with nothing to load or run."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from tagsmith.tools.report import plots
from tagsmith.tools.report.numbers import Histogram, Matrix, Report, TagRow, as_data
from tagsmith.tools.report.page import POLICY, page, safe

CANARY = "http://canary.invalid"
VOID = {"meta", "img", "br"}
SVG_IMAGE = re.compile(r"data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)")


class Read(HTMLParser):
    """Collects the tags and attributes of a page, and whether every tag is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture
def hostile(hostile_report: Callable[[str], Report]) -> str:
    return "".join(page(hostile_report(CANARY)))


def test_hostile_texts_stay_texts(hostile: str) -> None:
    read = Read(hostile)
    assert read.open == []
    assert not {"script", "iframe", "link", "base", "svg", "object", "form"} & set(read.tags)
    assert not [name for name, _ in read.attributes if name.startswith("on")]
    assert read.text.count("document.title='owned'") >= 20  # shown, as text


def test_nothing_is_loaded_from_anywhere(hostile: str) -> None:
    read = Read(hostile)
    addresses = [value for name, value in read.attributes if name in ("src", "href")]
    assert addresses
    assert all(value.startswith(("data:image/", "#")) for value in addresses)
    assert ("content", POLICY) in read.attributes
    style = hostile.partition("<style>")[2].partition("</style>")[0]
    assert "url(" not in style
    assert "@import" not in style


def test_what_hides_is_spelt_out(hostile: str) -> None:
    assert not re.search("[\x00-\x08\x1b\u202e\u200b\U000e0041\ud800-\udfff]", hostile)
    assert "\\u202e" in hostile
    assert "\\xff" in hostile


def test_plots_hold_no_script_and_take_dollars_as_they_are() -> None:
    tags = ("$x^2$", "<script>alert(1)</script>", "&amp; \x1b[1m \u202e", "日本語", "a" * 90)
    rows = [TagRow(tag, 5, 50.0) for tag in tags]
    shares = tuple(tuple(0.7 for _ in tags) for _ in tags)
    drawn = [
        plots.bars(rows),
        plots.heat(Matrix(tags, tags, shares), "share"),
        plots.histogram(Histogram(tags, (1, 2, 3, 4, 5)), "tags", [(2, "> 75")]),
        plots.scatter([(512, 512, 3), (640, 448, 1)]),
        plots.ranks([9, 3, 1]),
    ]
    for svg in drawn:
        names = [node.tag.rpartition("}")[2] for node in ElementTree.fromstring(svg).iter()]
        assert "script" not in names
    words = "".join(ElementTree.fromstring(drawn[0]).itertext())
    for shown in (
        "$x^2$",
        "<script>alert(1)</script>",
        "\\x1b",
        "\\u202e",
        "日本語",
        "a" * 27 + "…",
    ):
        assert shown in words


def test_the_plots_of_the_page_are_images(hostile: str) -> None:
    found = SVG_IMAGE.findall(hostile)
    assert len(found) == 9
    for one in found:
        ElementTree.fromstring(base64.b64decode(one))


def test_the_numbers_are_json_without_pictures(hostile_report: Callable[[str], Report]) -> None:
    data = json.loads(json.dumps(as_data(hostile_report(CANARY))))
    assert data["overview"]["images"] == 10
    assert data["frequencies"][0]["tag"].startswith("<script>")
    assert "jpeg" not in json.dumps(data)
    assert "\\udcff" in data["frequencies"][-1]["tag"]


def test_safe_text_is_on_its_own_side() -> None:
    assert safe("a<b") == "<bdi>a&lt;b</bdi>"
    assert html.unescape(safe("日本 \t x")) == "<bdi>日本 \\t x</bdi>"

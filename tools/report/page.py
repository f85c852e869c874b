"""The page of a report: one HTML file with everything in it.

Every text that is not ours passes ``safe``; the policy in the head lets nothing be loaded and
nothing run, so that even a text that got through would stay text.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable, Iterator, Sequence
from importlib.resources import files

from tagsmith.tools.paths import display
from tagsmith.tools.report import plots
from tagsmith.tools.report.numbers import Found, Group, Matrix, Report, Shown, Sizes
from tagsmith.tools.wording import count

# What an earlier report is known by, before it is written over.
BEGINNING = "<!doctype html>\n<!-- A report by Tagsmith -->\n"
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'"
SECTIONS = (
    ("findings", "What is wrong"),
    ("tags", "Tags"),
    ("traits", "Traits by trigger"),
    ("captions", "Captions"),
    ("sizes", "Sizes"),
    ("duplicates", "Duplicates"),
    ("sample", "A random sample"),
    ("history", "Applied plans"),
)


def page(report: Report) -> Iterator[str]:
    """Yield the pieces of the HTML file."""
    parts = {
        "findings": _findings(report.findings),
        "tags": _tags(report),
        "traits": _traits(report.traits),
        "captions": _captions(report),
        "sizes": _sizes(report.sizes),
        "duplicates": _duplicates(report),
        "sample": _sheet(report.sheet),
        "history": _history(report),
    }
    yield from _head(report)
    for name, title in SECTIONS:
        yield f'<section id="{name}"><h2>{title}</h2>\n'
        yield from parts[name]
        yield "</section>\n"
    yield "</main></body></html>\n"


def safe(text: str) -> str:
    """Return foreign text for HTML: escaped, invisible characters spelt out, on its own side."""
    return f"<bdi>{html.escape(display(text))}</bdi>"


def _head(report: Report) -> Iterator[str]:
    name = html.escape(display(report.overview.name))
    style = files("tagsmith.tools.report").joinpath("style.css").read_text(encoding="utf-8")
    yield (
        f'{BEGINNING}<html lang="en"><head><meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{name} - Tagsmith report</title>\n<style>\n{style}</style></head>\n"
        f"<body><header><h1>{safe(report.overview.name)}</h1>\n"
    )
    yield from _overview(report)
    links = "".join(f'<li><a href="#{one}">{title}</a></li>' for one, title in SECTIONS)
    yield f'<nav aria-label="Sections"><ul>{links}</ul></nav></header>\n<main>\n'


def _overview(report: Report) -> Iterator[str]:
    one = report.overview
    rows = [
        ("images", f"{one.images:,}"),
        ("captions", f"{one.captioned:,}"),
        ("captions without tags", f"{one.empty:,}"),
        ("different tags", f"{one.tags:,}"),
        ("uses of tags", f"{one.uses:,}"),
        ("tags used once", f"{one.once:,}"),
        ("tags a caption", f"{one.mean_tags:.1f}"),
        ("images x repeats", f"{one.repeated:,}"),
        ("skipped files", f"{one.skipped:,}"),
        ("findings", f"{len(report.findings):,}"),
    ]
    cells = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in rows)
    yield f'<dl class="numbers">{cells}</dl>\n'
    for reason in report.left_out:
        yield f'<p class="faint">{html.escape(display(reason))}</p>\n'


def _findings(findings: Sequence[Found]) -> Iterator[str]:
    if not findings:
        yield "<p>Nothing was found.</p>\n"
    for one in findings:
        yield (
            f'<article class="finding"><h3>{safe(one.title)}</h3>\n'
            f"<p>{safe(one.why)}</p>\n"
            f'<p class="faint">{count(one.images, "image")} · '
            f"confidence {one.confidence:.0%} · <code>{safe(one.id)}</code></p>\n"
        )
        yield _list(one.evidence)
        if one.samples:
            yield f'<p class="faint">For example {", ".join(map(safe, one.samples))}</p>\n'
        if one.fixes:
            yield f"<p>What would mend it:</p>{_list(one.fixes)}"
        yield "</article>\n"


def _list(lines: Iterable[str]) -> str:
    items = "".join(f"<li>{safe(line)}</li>" for line in lines)
    return f"<ul>{items}</ul>\n" if items else ""


def _tags(report: Report) -> Iterator[str]:
    if not report.frequencies:
        yield "<p>No caption has a tag.</p>\n"
        return
    rows = [(one.tag, f"{one.images:,}", f"{one.percent:.1f}") for one in report.frequencies]
    yield '<div class="plots">'
    yield _figure(plots.bars(report.frequencies), "The most frequent tags and their share.")
    yield _figure(
        plots.ranks(report.ranks),
        "How quickly tags grow rare: a straight line is usual; a flat head means tags that all "
        "images share.",
    )
    yield "</div>"
    yield _figure(
        plots.heat(report.together, "% of the row's images that have the column's tag"),
        "Which tags stand together. Dark rows and columns alike hint at tags that say the same.",
    )
    yield _folded("The numbers", _table(("tag", "images", "%"), rows))


def _traits(traits: Matrix) -> Iterator[str]:
    if not traits.values:
        yield (
            "<p>No trigger is known that an image has. Name one: "
            "<code>tagsmith report DATASET --triggers NAME</code></p>\n"
        )
        return
    yield _figure(
        plots.heat(traits, "% of the trigger's images that have the tag"),
        "What a trigger will absorb. A tag near 100 can be pruned, so that the trigger stands for "
        "it, or kept, so that it can be varied.",
    )


def _captions(report: Report) -> Iterator[str]:
    yield '<div class="plots">'
    yield _figure(plots.histogram(report.tags_per_caption, "tags"), "Tags in a caption.")
    if report.tokens.bins:
        yield _figure(
            plots.histogram(report.tokens, "tokens", _limits(report.tokens.bins)),
            "Tokens in a caption. Trainers cut at 75, or at 150 or 225 where they are told to. "
            f"These are {report.tokens_by}.",
        )
    yield "</div>\n"


def _limits(bins: Sequence[str]) -> list[tuple[int, str]]:
    """Return the bins in which a trainer's limits lie."""
    starts = [int(name.split("-")[0]) for name in bins]
    found = []
    for limit in (76, 151, 226):
        place = next((number for number, start in enumerate(starts) if start >= limit), None)
        if place:
            found.append((place, f"> {limit - 1}"))
    return found


def _sizes(found: Sizes) -> Iterator[str]:
    if found.points:
        yield '<div class="plots">'
        yield _figure(plots.scatter(found.points), "Width and height; the line is square.")
        yield _figure(plots.histogram(found.sides, "shorter side, pixels"), "Shorter sides.")
        yield _figure(plots.histogram(found.aspects, "shape"), "Shapes, from tall to wide.")
        yield "</div>\n"
        rows = [(name, f"{number:,}") for name, number in found.buckets]
        yield _folded("The most frequent sizes", _table(("pixels", "images"), rows))
    if found.unreadable:
        yield f"<p>{count(found.unreadable_images, 'image')} cannot be read:</p>\n"
        yield _list(f"{name}: {reason}" for name, reason in found.unreadable)


def _duplicates(report: Report) -> Iterator[str]:
    if not report.duplicates:
        yield "<p>No duplicates were found, or they were not looked for (see above).</p>\n"
    for group in report.duplicates:
        yield from _group(group)
    left = report.duplicate_groups - len(report.duplicates)
    if left > 0:
        yield f"<p>and {count(left, 'more group')}; <code>find_duplicates</code> lists them.</p>\n"


def _group(group: Group) -> Iterator[str]:
    more = f" · and {group.more:,} more" if group.more else ""
    yield f"<h3>{safe(group.kind)}</h3>\n<p>Keep the first: {safe(group.reason)}{more}</p>\n"
    yield from _sheet(group.images)


def _sheet(images: Sequence[Shown]) -> Iterator[str]:
    yield '<div class="sheet">\n'
    for one in images:
        if one.jpeg:
            picture = f'<img alt="" src="data:image/jpeg;base64,{one.jpeg}">'
        else:
            picture = f'<div class="missing">no picture: {safe(one.trouble)}</div>'
        yield (
            f"<figure>{picture}<figcaption><b>{safe(one.name)}</b>"
            f"{safe(one.caption) if one.caption else '(no caption)'}</figcaption></figure>\n"
        )
    yield "</div>\n"


def _history(report: Report) -> Iterator[str]:
    if not report.history:
        yield "<p>No plan was applied here yet.</p>\n"
        return
    rows = [
        (one.time, one.title or "(no title)", f"{one.files:,}", one.origin, one.state)
        for one in report.history
    ]
    yield _table(("time", "plan", "files", "from", "state"), rows)


def _table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    numbers = {"images", "%", "files"}
    kinds = [' class="number"' if title in numbers else "" for title in titles]
    head = "".join(f"<th{kind}>{title}</th>" for kind, title in zip(kinds, titles, strict=True))
    body = "".join(f"<tr>{_cells(kinds, row)}</tr>\n" for row in rows)
    return f'<div class="scroll"><table><tr>{head}</tr>\n{body}</table></div>\n'


def _cells(kinds: Sequence[str], row: Sequence[str]) -> str:
    cells = zip(kinds, row, strict=True)
    return "".join(f"<td{kind}>{safe(cell)}</td>" for kind, cell in cells)


def _folded(title: str, inner: str) -> str:
    return f"<details><summary>{title}</summary>{inner}</details>\n"


def _figure(svg: str, says: str) -> str:
    """Embed a plot as an image, so that nothing in it can reach the page."""
    data = base64.b64encode(svg.encode()).decode()
    words = html.escape(says)
    return (
        f'<figure><img alt="Plot. {words}" src="data:image/svg+xml;base64,{data}">'
        f"<figcaption>{words}</figcaption></figure>\n"
    )

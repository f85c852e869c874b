"""docs/audit-measured.md: what the audit finds in the labelled datasets, against their labels.

    python tests/fakes/labelled_audit.py      writes the page anew

``tests/tools/audit/test_labelled.py`` fails where the page says something else than what is found.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from labelled_sets import NAMES, Label, LabelledSet, read

from tagsmith.tools.audit.finding import Finding
from tagsmith.tools.audit.registry import checks
from tagsmith.tools.tags import key

PAGE = Path(__file__).parents[2] / "docs" / "audit-measured.md"

# Precision / recall before anything was mended: with the labels as they were first written (those
# of duplicates, quality and tagger told of the fixture alone), with those of today, and of the sets
# ``fresh_knight`` and ``fresh_kitchen``, and ``fresh_idol``, each as it was found at first sight.
FIRST: dict[str, tuple[str, str, str, str]] = {
    "absorbed": ("0.667 / 0.875", "1.000 / 1.000", "1.000 / 1.000", "1.000 / 1.000"),
    "backgrounds": ("0.714 / 0.833", "1.000 / 1.000", "0.750 / 1.000", "1.000 / 1.000"),
    "balance": ("1.000 / 1.000", "1.000 / 1.000", "-", "-"),
    "contradictory": ("0.853 / 0.738", "1.000 / 0.818", "1.000 / 0.471", "1.000 / 0.800"),
    "duplicates": ("-", "1.000 / 1.000", "-", "-"),
    "marks": ("1.000 / 0.933", "1.000 / 0.933", "1.000 / 0.800", "1.000 / 1.000"),
    "near_constant": ("1.000 / 1.000", "1.000 / 1.000", "1.000 / 1.000", "1.000 / 1.000"),
    "negative": ("1.000 / 1.000", "1.000 / 1.000", "1.000 / 0.800", "1.000 / 1.000"),
    "obvious": ("0.929 / 0.867", "1.000 / 0.875", "1.000 / 1.000", "1.000 / 1.000"),
    "quality": ("-", "1.000 / 0.929", "-", "-"),
    "rare": ("0.992 / 0.917", "0.992 / 0.917", "1.000 / 1.000", "1.000 / 1.000"),
    "redundant": ("0.974 / 0.864", "1.000 / 0.886", "1.000 / 0.684", "1.000 / 0.923"),
    "structure": ("1.000 / 1.000", "1.000 / 1.000", "-", "-"),
    "style": ("1.000 / 1.000", "1.000 / 1.000", "1.000 / 0.700", "1.000 / 1.000"),
    "tagger": ("-", "1.000 / 1.000", "-", "-"),
    "trainer": ("1.000 / 0.977", "1.000 / 0.977", "-", "-"),
    "triggers": ("1.000 / 1.000", "1.000 / 1.000", "1.000 / 1.000", "1.000 / 1.000"),
    "variance": ("1.000 / 1.000", "1.000 / 1.000", "-", "-"),
}

HEAD = """\
# How often the audit is right

Made by `tests/fakes/labelled_audit.py`; a test fails where this page is not what is found, or where
precision or recall of a check falls below 0.95.

{sets} datasets with {captions} captions and {pictures} drawn pictures lie, with their labels, in
`tests/tools/audit/labelled`. The labels were written from the words of the task before the checks
or their knowledge were read (those of `fresh_*` later, see below): what a careful curator would
report (planted), what only looks like it (look-alikes), and what one may report or not (open, which
counts neither way). Every check of tags is run on every dataset of tags.

A finding that lists tags, groups of copies or poor images claims something of each; one of two tags
or spellings claims one thing of both. A planted problem is found if a claim of the same check names
all its tags, its images and its words; a claim is right if it is of a planted problem and of no
look-alike. Precision is right / (right + wrong) claims, recall found / planted problems.
"""

TAIL = """\
## How much of this to believe

The last four columns of the table are precision / recall before mending. "First labels": as the
labels were first written. "Before mending": the same checks, by the labels of today. Then the
checks were mended, and two more sets were written, of a knight and of dishes, with words that few
people tag: "fresh words" is what was found in these at first sight. The checks were mended again,
and a set of an idol singer was written, with words that people tag anime with: "fresh anime" is
what was found in it at first sight. Whoever wrote these three had by then seen some of the tables
of knowledge, and chose the words without regard to them. So the numbers in the middle of the table
are those of datasets that the checks have learnt from; trust the last two columns.

What the fresh words show: what is told by rule (numbers, spellings, whole words, shares, files,
pixels) is told of any words, and hardly anything is told wrongly. What is known from tables
(contradictions, synonyms, styles) is found as far as the tables go: among the words of anime nearly
all of it, and four of five contradictions; among words far from these two thirds of it, and half of
the contradictions. Tables of your own extend them (see [the audit](audit.md#knowledge)).

### Mended in the checks

* contradictory: rooms with `outdoors`, open country with `indoors`, sleeves and none, `no collar`
  beside `red collar`, not only beside `collar`; after the fresh words kneeling and other postures,
  beard and none, armed and unarmed, laughing and serious, from the side and from behind, summer and
  snow, raw and cooked; then ways to tie hair, a smile and sadness, more places before a plain
  background;
* redundant: `bike` and `bicycle` wherever they stand, `fog` with `mist`, kinds of Japanese clothes
  and of hair ornaments; then kinds of swords and horses, a few spellings, `v` and `peace sign`;
* marks and negative: `logo`, then every `... watermark` and `... username`, `copyright notice`;
* obvious: `teeth`, `lips`; style: every `... sketch` and `... photography`, `8k uhd`;
* backgrounds: `battlefield`, `tavern` and their like name a place;
* rare: from 10 images on, not from 20;
* quality: a picture so blurred that no edge was left counted as one that has none.

### Mended in the labels

* problems that chance had put into the captions and the labels had overlooked, and that were
  reported: `close-up` with `full body`, `1girl` with `multiple girls`, `1boy` with `2boys`,
  `summer` with `snowfall`, `mouth` beside `open mouth`, a pose, a background, a light and a table
  on all images of a trigger;
* planted problems that were none, because the caption had an excuse (`multiple views`, streaked
  hair, two boys), because pictures of both figures lowered a share below 80 %, or because two
  captions "without a background" named the weather;
* look-alikes without their images, which accused true findings elsewhere in the set;
* `animal` beside `dog` was expected of redundant; obvious reports it, and once is enough;
* a door where the room is named, and captions of things in sets of all kinds: no longer problems;
* names of files: a caption that is not UTF-8 is reported under its own name, not the image's;
* pictures: two families that were to be smooth and innocent are blurred by any eye, and a picture
  at a twenty-fifth of its light is black, not dark. Others took their places.

Of what is open, most are bucket losses of pictures whose sizes chance drew (quality), and whether a
set between the two is called mixed (variance). Not measured here: photographs (the pictures are
drawn), and captions in other languages.
"""


@dataclass(frozen=True)
class Claim:
    """One thing that a finding says: of some tags, some images, in these words.

    A finding that lists tags, groups of copies or poor images claims something of each of them; one
    of two tags, or of two spellings, claims one thing of both.
    """

    check: str
    tags: frozenset[str]
    images: frozenset[str]
    words: str

    def is_of(self, label: Label) -> bool:
        """Whether this names all that a label names: its tags, its images and its words."""
        return (
            self.tags >= frozenset(map(key, label.tags))
            and self.images >= label.images
            and all(word in self.words for word in label.says)
        )

    def __str__(self) -> str:
        return ", ".join(sorted(self.tags) or sorted(self.images)) or self.words[:80]


def claims(finding: Finding) -> Iterator[Claim]:
    """Say what a finding claims, one thing at a time."""
    words = " ".join((finding.id, finding.title, *finding.evidence)).lower()
    for tags, images in _things(finding):
        named = frozenset(images) or frozenset(finding.samples)
        yield Claim(finding.check, frozenset(map(key, tags)), named, words)


def _things(finding: Finding) -> Iterator[tuple[Sequence[str], Sequence[str]]]:
    """Yield the tags and the images of each claim; no images where the samples say it."""
    data = finding.data
    tags, images = data.get("tags", ()), data.get("images", ())
    match finding.check:
        case "redundant":
            yield from (([*one["keep"], *one["drop"]], ()) for one in data["groups"])
        case "duplicates":
            yield from (((), one["images"]) for one in data["groups"])
        case "quality":
            yield from (((), [one]) for one in images)
        case "contradictory":
            yield tags, ()
        case _ if "meant" in data:
            yield [*tags, data["meant"]], ()
        case _ if isinstance(tags, dict) and finding.check == "tagger":
            yield from (([one], of) for one, of in tags.items())
        case _ if tags:
            yield from (([one], ()) for one in tags)
        case _:
            yield (), images


@dataclass
class Judged:
    """What a check said of one dataset: rightly, wrongly, and what it did not say."""

    right: list[Claim] = field(default_factory=list)
    wrong: list[Claim] = field(default_factory=list)
    found: list[Label] = field(default_factory=list)
    missed: list[Label] = field(default_factory=list)
    slandered: list[Label] = field(default_factory=list)
    innocent: int = 0
    open: int = 0

    def __iadd__(self, other: Judged) -> Judged:
        for name in ("right", "wrong", "found", "missed", "slandered", "innocent", "open"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        return self

    @property
    def precision(self) -> float:
        return len(self.right) / max(1, len(self.right) + len(self.wrong))

    @property
    def recall(self) -> float:
        return len(self.found) / max(1, len(self.found) + len(self.missed))


def judge(dataset: LabelledSet, check: str, findings: Iterable[Finding]) -> Judged:
    """Compare what a check found with the labels.

    A claim is right if it is of an expected label and of no innocent one, and counts neither way if
    it is of an open one; every other is wrong. A label is found if a claim is of it.
    """
    said = [claim for finding in findings for claim in claims(finding)]
    expected, innocent, undecided = (
        dataset.labelled(kind, check) for kind in ("expect", "innocent", "open")
    )
    judged = Judged(innocent=len(innocent))
    for claim in said:
        slandered = [one for one in innocent if claim.is_of(one)]
        judged.slandered += slandered
        if not slandered and any(map(claim.is_of, expected)):
            judged.right.append(claim)
        elif not slandered and any(map(claim.is_of, undecided)):
            judged.open += 1
        else:
            judged.wrong.append(claim)
    for label in expected:
        (judged.found if any(claim.is_of(label) for claim in said) else judged.missed).append(label)
    return judged


def audited(dataset: LabelledSet, root: Path) -> dict[str, Judged]:
    """Write a dataset, run its checks, and judge each.

    Checks that open images run where pictures are drawn, the taggers' where scores are given.
    """
    evidence = dataset.evidence(root)
    chosen = dataset.data.get("checks") or [
        one.name for one in checks().values() if not one.slow and one.name != "tagger"
    ]
    return {name: judge(dataset, name, checks()[name].find(evidence)) for name in chosen}


def totals(judged: Mapping[str, Mapping[str, Judged]]) -> dict[str, Judged]:
    """Add up what was judged of every dataset, by check."""
    found: dict[str, Judged] = {}
    for checked in judged.values():
        for name, one in checked.items():
            total = found.setdefault(name, Judged())
            total += one
    return dict(sorted(found.items()))


def table(found: Mapping[str, Judged]) -> str:
    """A line for each check."""
    heads = (
        "check | planted | found | claims | wrong | precision | recall | look-alikes | reported | "
        "open | first labels | before mending | fresh words | fresh anime"
    )
    lines = [f"| {heads} |", f"|{'---|' * (heads.count('|') + 1)}"]
    for name, one in found.items():
        planted, claimed = len(one.found) + len(one.missed), len(one.right) + len(one.wrong)
        counts = f"{planted} | {len(one.found)} | {claimed} | {len(one.wrong)}"
        shares = f"{one.precision:.3f} | {one.recall:.3f}"
        others = f"{one.innocent} | {len(one.slandered)} | {one.open}"
        lines.append(f"| `{name}` | {counts} | {shares} | {others} | {' | '.join(FIRST[name])} |")
    return "\n".join(lines)


def page(datasets: Sequence[LabelledSet], judged: Mapping[str, Mapping[str, Judged]]) -> str:
    """The whole page."""
    found = totals(judged)
    captions = sum(one.captions for one in datasets)
    pictures = sum(len(one.data.get("pictures", ())) for one in datasets)
    head = HEAD.format(sets=len(datasets), captions=captions, pictures=pictures)
    return (
        f"{head}\n{table(found)}\n\n## What it misses\n\n{_missed(judged)}\n\n"
        f"## What it tells wrongly\n\n{_wrong(judged)}\n\n{TAIL}"
    )


def _missed(judged: Mapping[str, Mapping[str, Judged]]) -> str:
    return _listed(
        f"`{check}`, {name}: {label}. {label.why}"
        for name, checked in judged.items()
        for check, one in checked.items()
        for label in one.missed
    )


def _wrong(judged: Mapping[str, Mapping[str, Judged]]) -> str:
    return _listed(
        f"`{check}`, {name}: {claim}"
        for name, checked in judged.items()
        for check, one in checked.items()
        for claim in one.wrong
    )


def _listed(lines: Iterable[str]) -> str:
    return "\n".join(f"* {line}" for line in lines) or "Nothing."


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["XDG_CONFIG_HOME"] = scratch  # no knowledge but what is shipped
        every = [read(name) for name in NAMES]
        PAGE.write_text(
            page(every, {s.name: audited(s, Path(scratch, s.name)) for s in every}), "utf-8"
        )

"""What stored scores say against images and captions. No model runs here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from statistics import median
from typing import TYPE_CHECKING

from tagsmith.tools.audit.evidence import SAMPLES_NAMED, Evidence
from tagsmith.tools.audit.exact import isolate_exactly
from tagsmith.tools.audit.finding import Finding, Fix
from tagsmith.tools.audit.formulas import Total, levels
from tagsmith.tools.audit.registry import check
from tagsmith.tools.paths import display
from tagsmith.tools.query import exactly
from tagsmith.tools.wording import count, listing, share

if TYPE_CHECKING:
    from tagsmith.tools.vision.select import Selector

NAME = "tagger"
# A picture of which a tagger is so much less sure than of the middle one, or that gets so few of
# the middle one's tags; below so many images there is no middle to compare with.
_LESS_SURE, _FEWER, _COMPARABLE = 0.5, 1 / 3, 8
_FEWEST = 3
_TAGS_TOLD, _FIXES = 8, 5
_AT_ONCE = 900
_LOW_LEVEL = 0.5

Places = dict[str, list[str]]


@check(NAME)
def tagger(evidence: Evidence) -> Iterator[Finding]:
    """Images of which taggers are unsure, tags that they deny or disagree about, and the guide's
    two formulas, from stored scores.
    """
    from tagsmith.tools.vision.labelling import judged, selectors
    from tagsmith.tools.vision.score_query import scores_of

    known = selectors(scores_of(evidence.workspace))
    if not known:
        yield _nothing(evidence)
        return
    last = known[0]
    seen = list(_seen(evidence, last))
    yield from _poor(seen, last)
    denied, split = _doubted(evidence, known)
    yield from _denied(evidence, denied, known)
    yield from _split(evidence, split, known)
    found = levels(lambda: judged(evidence.workspace, evidence.samples, last))
    if found:
        yield _formulas(Total.of(found), last)


def _nothing(evidence: Evidence) -> Finding:
    return Finding(
        NAME,
        "no scores",
        "No tagger has looked at these images",
        "Scores show which images a model understands badly and which tags nobody can see.",
        len(evidence.samples),
        0.05,
        1.0,
        (
            "run_tagger with a model stores its scores (tagsmith models list shows which there "
            "are); its tags are staged, and can be dropped in the review",
            "pixels knows too few tags to judge captions",
        ),
    )


def _seen(evidence: Evidence, last: Selector) -> Iterator[tuple[str, int, float]]:
    from tagsmith.tools.vision.labelling import judged

    for one in judged(evidence.workspace, evidence.samples, last):
        yield one.image, one.found, one.sureness


def _poor(seen: Sequence[tuple[str, int, float]], last: Selector) -> Iterator[Finding]:
    """Yield the finding about images with few or low scores, against the middle of the set."""
    if len(seen) < _COMPARABLE:
        return
    tags, sure = median(one[1] for one in seen), median(one[2] for one in seen)
    poor = [
        one
        for one in seen
        if one[2] < _LESS_SURE * sure or (one[1] < max(_FEWEST, _FEWER * tags) and one[2] < sure)
    ]
    poor = [one for one in poor if one[1] < tags]
    if not poor:
        return
    images = [image for image, _, _ in poor]
    yield Finding(
        NAME,
        "poor images",
        f"{count(len(images), 'image')} with few or low scores",
        "Where a tagger sees little, a picture is often poor, or shows what it does not claim to.",
        len(images),
        0.35,
        0.75,
        (
            f"the middle image has {tags:g} tags, its ten highest scores are {sure:.2f} on average "
            f"({last.model.name})",
            *(
                f"{display(image)}: {count(found, 'tag')}, {sureness:.2f}"
                for image, found, sureness in poor[:SAMPLES_NAMED]
            ),
        ),
        tuple(images[:SAMPLES_NAMED]),
        isolate_exactly(images, "poor", "Set them apart in _isolated/poor, to look at them"),
        {"images": images, "model": last.model.name},
    )


def _doubted(evidence: Evidence, known: Sequence[Selector]) -> tuple[Places, Places]:
    """Return the images of each tag that all taggers deny, and that they disagree about."""
    from tagsmith.tools.vision.doubts import Doubter, Kind, Seen
    from tagsmith.tools.vision.score_query import scores_of

    workspace = evidence.workspace
    scores = scores_of(workspace)
    doubter = Doubter(scores, known, workspace.watch)
    decided = scores.notes.decisions()
    found: dict[Kind, Places] = {kind: defaultdict(list) for kind in Kind}
    for start in range(0, len(evidence.samples), _AT_ONCE):
        part = evidence.samples[start : start + _AT_ONCE]
        paths = {sample.image: workspace.on_disk(sample) for sample in part}
        contents = scores.contents(paths.values())
        images = [
            Seen(one.image, contents[path], frozenset(workspace.keys(one)))
            for one in part
            if (path := paths[one.image]) in contents
        ]
        for doubt in doubter.find(images, 0.0, decided):
            found[doubt.kind][doubt.key].append(doubt.seen.image)
    return found[Kind.DENIED], found[Kind.SPLIT]


def _told(evidence: Evidence, places: Places) -> list[tuple[str, list[str]]]:
    """Return the tags as they are written, with their images, most images first."""
    ordered = sorted(places.items(), key=lambda one: (-len(one[1]), one[0]))
    return [(evidence.vocabulary.spelling(tag), sorted(images)) for tag, images in ordered]


def _denied(evidence: Evidence, places: Places, known: Sequence[Selector]) -> Iterator[Finding]:
    told = _told(evidence, places)
    if not told:
        return
    images = sorted({image for _, found in told for image in found})
    fixes = [
        Fix("prune_tags", {"tags": [tag], "where": where}, f"Remove {tag} where none sees it")
        for tag, found in told[:_FIXES]
        for where in exactly(found)
    ]
    names = listing([one.model.name for one in known])
    yield Finding(
        NAME,
        "denied tags",
        f"{count(len(told), 'tag')} in captions that no tagger sees: "
        + listing([tag for tag, _ in told], 4),
        "A tag for what is not in the picture binds it to what is: one of the surest ways to "
        "spoil a concept.",
        len(images),
        0.45,
        0.7,
        (
            f"the score is below 0.05 by every tagger that knows the tag ({names})",
            *(
                f"{tag}: {count(len(found), 'image')}, as {listing([display(i) for i in found], 2)}"
                for tag, found in told[:_TAGS_TOLD]
            ),
        ),
        tuple(images[:SAMPLES_NAMED]),
        tuple(fixes),
        {"tags": dict(told), "images": images},
    )


def _split(evidence: Evidence, places: Places, known: Sequence[Selector]) -> Iterator[Finding]:
    told = _told(evidence, places)
    if not told:
        return
    images = sorted({image for _, found in told for image in found})
    names = listing([one.model.name for one in known])
    yield Finding(
        NAME,
        "disagreements",
        f"{count(len(told), 'tag')} about which the taggers disagree",
        "Where taggers disagree one of them is wrong: such tags are worth a look before training.",
        len(images),
        0.2,
        0.9,
        (
            f"{names} know the tag, and one gives it where another does not; review_uncertain "
            "asks about each",
            *(f"{tag}: {count(len(found), 'image')}" for tag, found in told[:_TAGS_TOLD]),
        ),
        tuple(images[:SAMPLES_NAMED]),
        data={"tags": dict(told), "images": images},
    )


def _formulas(total: Total, last: Selector) -> Finding:
    low = total.tagging_level < _LOW_LEVEL
    return Finding(
        NAME,
        "level",
        f"Tagging level {total.tagging_level:.2f}, labelling error {total.labelling_error:.1f}",
        "The guide's two measures: the level falls with wrong tags and with what captions leave "
        "out, the error grows with tags that are doubtful.",
        total.images,
        0.3 if low else 0.05,
        0.6,
        (
            f"tagging level = K x (1 - error rate) x information = 1 x "
            f"(1 - {total.error_rate:.2f}) x {total.information:.2f}, each the mean over "
            f"{count(total.images, 'caption')}; the mean of the products is "
            f"{total.tagging_level:.2f}",
            f"labelling error = sum of p log10(1/p) over {count(total.tags, 'tag')}, "
            f"p = 1 - score by {last.model.name}; "
            f"{total.labelling_error / total.images:.2f} a caption",
            f"{count(total.missing, 'tag')} that it finds "
            f"({share(total.missing, total.missing + total.tags)}%) are missing from captions; "
            "measure_labels lists the images",
        ),
        data={"model": last.model.name, "tagging_level": total.tagging_level},
    )

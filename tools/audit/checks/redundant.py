"""redundant: tags that say what other tags say already, and tags that are spelt in two ways."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tagsmith.tools.audit.evidence import Evidence
from tagsmith.tools.audit.finding import Finding, Fix
from tagsmith.tools.audit.groups import Merge, Said, merges, said_by_others
from tagsmith.tools.audit.making import either, in_brackets, of_images, prune, usable
from tagsmith.tools.audit.registry import check
from tagsmith.tools.query import quote
from tagsmith.tools.wording import count, listing

NAME = "redundant"
# What tells two spellings of one key apart, the first that applies.
_WAYS = ("underscores", "capitals", "brackets", "spaces")


@check(NAME)
def find(evidence: Evidence) -> Iterator[Finding]:
    """Tags that say what others say already, or that are written in two ways."""
    yield from _spellings(evidence)
    for merge in merges(evidence):
        yield _merged(evidence, merge)
    for said in said_by_others(evidence):
        yield _said(evidence, said)


def _said(evidence: Evidence, said: Said) -> Finding:
    general = evidence.spelt(said.general)
    number = said.samples.bit_count()
    specific = [evidence.spelt(one) for one in said.by]
    query = f"{quote(said.general)} and {in_brackets(either(said.by))}"
    if said.one_figure:
        query = evidence.people.not_many(
            query, evidence.places[said.general] & evidence.any_of(said.by), evidence.places
        )
    fixes: tuple[Fix, ...] = ()
    if usable(general):
        fixes = (prune([general], query, number),)
    lines = [f"{general} stands in {of_images(evidence.having(general).bit_count(), evidence)}"]
    for one, spelt in zip(said.by[:8], specific, strict=False):
        both = (evidence.places[one] & said.samples).bit_count()
        how = "implies" if one in said.implied else "says"
        lines.append(f"{spelt} {how} {general}: together in {count(both, 'image')}")
    lines.append(f"keep {listing(specific, 3)}: the longer tag says more")
    if said.one_figure:
        lines.append("images with several people are left out: the tags may be of two of them")
    sure = 0.9 if number > 1 else 0.8
    return Finding(
        NAME,
        said.general,
        f"{general} says nothing beside {listing(specific, 2)}",
        evidence.knowledge.why(NAME),
        number,
        0.5,
        sure if len(said.implied) < len(said.by) else sure - 0.05,
        tuple(lines),
        evidence.names(said.samples),
        fixes,
        {"groups": [_group(said, general, specific)]},
    )


def _group(said: Said, general: str, specific: list[str]) -> dict[str, object]:
    return {
        "kind": "said",
        "keep": specific,
        "drop": [general],
        "images": said.samples.bit_count(),
        "one_figure": said.one_figure,
    }


def _merged(evidence: Evidence, merge: Merge) -> Finding:
    keep, *drop = (evidence.spelt(one) for one in merge.keys)
    samples = evidence.any_of(merge.drop)
    both = (samples & evidence.places[merge.keep]).bit_count()
    number = samples.bit_count()
    lines = [
        f"{evidence.spelt(one)} stands in {of_images(evidence.places[one].bit_count(), evidence)}"
        for one in merge.keys
    ]
    lines += [f"together in {count(both, 'image')}", f"{merge.reason}; keep {keep}: most images"]
    fixes: tuple[Fix, ...] = ()
    if usable(keep, *drop):
        says = f"write {keep} for {listing(drop)} in {count(number, 'image')}"
        fixes = (Fix("replace_tags", {"old": drop, "new": [keep]}, says),)
    return Finding(
        NAME,
        "=".join(sorted(merge.keys)),
        f"{' and '.join([keep, *drop])} are one tag ({merge.kind})",
        evidence.knowledge.why(NAME),
        number,
        0.5,
        merge.confidence,
        tuple(lines),
        evidence.names(samples),
        fixes,
        {"groups": [{"kind": merge.kind, "keep": [keep], "drop": drop, "images": number}]},
    )


def _spellings(evidence: Evidence) -> Iterator[Finding]:
    """One finding for each way in which spellings of one key differ."""
    found: dict[str, list[tuple[str, str, Counter[str]]]] = {}
    underscored = _writes_underscores(evidence)
    for tag_key, ways in evidence.spellings.items():
        if len(ways) > 1:
            keep = _survivor(ways, underscored=underscored)
            found.setdefault(_way(ways), []).append((tag_key, keep, ways))
    for way, tags in sorted(found.items()):
        yield _spelt(evidence, way, sorted(tags))


def _writes_underscores(evidence: Evidence) -> bool:
    uses = Counter[bool]()
    for ways in evidence.spellings.values():
        for spelling, number in ways.items():
            if "_" in spelling.strip("_") or " " in spelling:
                uses["_" in spelling] += number
    return uses[True] > uses[False]


def _survivor(ways: Counter[str], *, underscored: bool) -> str:
    """The most frequent spelling, of those that are in the dataset's own style if there are any."""
    styled = [one for one in ways if ("_" in one) is underscored]
    return max(sorted(styled or ways), key=ways.__getitem__)


def _way(ways: Counter[str]) -> str:
    spaced = {" ".join(one.replace("_", " ").split()) for one in ways}
    if len({one.casefold() for one in spaced}) > 1:
        return _WAYS[2]
    if any("_" in one for one in ways) and len(spaced) < len(ways):
        return _WAYS[0]
    return _WAYS[1] if len(spaced) > 1 else _WAYS[3]


def _spelt(evidence: Evidence, way: str, tags: list[tuple[str, str, Counter[str]]]) -> Finding:
    samples = 0
    pairs, groups, lines = [], [], []
    for tag_key, keep, ways in tags:
        others = [one for one in sorted(ways, key=lambda one: (-ways[one], one)) if one != keep]
        samples |= evidence.places.get(tag_key, 0)
        groups.append({"kind": way, "keep": [keep], "drop": others, "images": sum(ways.values())})
        shown = ", ".join(f"{one!r} {ways[one]:,}" for one in (keep, *others))
        lines.append(f"{shown}; keep {keep!r}")
        if usable(keep):
            pairs.append(keep)
    fixes: tuple[Fix, ...] = ()
    if pairs:
        says = f"write {listing(pairs, 3)} in one way everywhere"
        fixes = (Fix("replace_tags", {"old": pairs, "new": pairs}, says),)
    more = [f"and {count(len(lines) - 12, 'more tag')}"] if len(lines) > 12 else []
    shown_tags = listing([one for _, one, _ in tags], 2)
    return Finding(
        NAME,
        f"spelling/{way}",
        f"{count(len(tags), 'tag')} written in two ways ({way}): {shown_tags}",
        evidence.knowledge.why(NAME),
        samples.bit_count(),
        0.45,
        0.95,
        (*lines[:12], *more),
        evidence.names(samples),
        fixes,
        {"groups": groups},
    )

"""contradictory: tags that cannot both be true of one picture."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations, product

from tagsmith.tools.audit.evidence import Evidence
from tagsmith.tools.audit.finding import Finding, Fix
from tagsmith.tools.audit.groups import generals
from tagsmith.tools.audit.knowledge.knowledge import Rule
from tagsmith.tools.audit.making import both, of_images, prune, usable
from tagsmith.tools.audit.registry import check
from tagsmith.tools.wording import count

NAME = "contradictory"
_IN_WORDS = {
    "image": "of any picture",
    "not several": "unless there are several figures",
    "solo": "of one figure",
}
_DENIED = 0.9


@check(NAME)
def find(evidence: Evidence) -> Iterator[Finding]:
    """Tags that deny each other in one caption."""
    told: set[tuple[str, ...]] = set()
    for rule in evidence.knowledge.rules:
        for tags, samples in _broken(evidence, rule):
            if tags not in told:
                told.add(tags)
                yield _finding(evidence, tags, samples, rule)
    yield from _denials(evidence)


def _broken(evidence: Evidence, rule: Rule) -> Iterator[tuple[tuple[str, ...], int]]:
    """Yield the tags that break a rule together, one of each class, and the samples that do."""
    within = evidence.scopes.within(rule.scope)
    spared = evidence.any_of(rule.unless)
    present = [[one for one in sorted(group) if one in evidence.places] for group in rule.classes]
    groups: Iterable[tuple[list[str], ...]] = combinations(present, 2)
    if rule.all:
        groups = [tuple(present)]
    for group in groups:
        for tags in product(*group):
            samples = -1
            for one in tags:
                samples &= evidence.places[one]
            if samples := within(samples) & ~spared:
                yield tuple(sorted(tags)), samples


def _denials(evidence: Evidence) -> Iterator[Finding]:
    """Yield ``no shoes`` beside ``shoes`` and ``brown shoes``."""
    for tag, places in evidence.places.items():
        if not tag.startswith(("no ", "without ")):
            continue
        denied = tag.partition(" ")[2]
        forms = {denied, f"{denied}s", denied.removesuffix("s")}
        for one, others in evidence.places.items():
            samples = places & others & ~evidence.scopes.many
            if samples and not forms.isdisjoint({one, *generals(one, evidence.knowledge)}):
                tags = tuple(sorted((tag, one)))
                rule = Rule("denial", "not several", False, _DENIED, (), frozenset(), "", "")
                yield _finding(evidence, tags, samples, rule)


def _finding(evidence: Evidence, tags: tuple[str, ...], samples: int, rule: Rule) -> Finding:
    spelt = [evidence.spelt(one) for one in tags]
    number = samples.bit_count()
    lines = [f"together in {of_images(number, evidence)}"]
    for one, shown in zip(tags, spelt, strict=True):
        images = evidence.places[one].bit_count()
        lines.append(f"{shown} stands in {count(images, 'image')}")
    lines.append(f"they cannot both be true {_IN_WORDS[rule.scope]} ({rule.name})")
    named = " with ".join(spelt)
    return Finding(
        NAME,
        "|".join(tags),
        f"{named} in {count(number, 'image')}",
        evidence.knowledge.why(NAME),
        number,
        0.7,
        rule.confidence,
        tuple(lines),
        evidence.names(samples),
        _fixes(evidence, tags, samples, rule),
        {"tags": spelt, "rule": rule.name},
    )


def _fixes(evidence: Evidence, tags: tuple[str, ...], samples: int, rule: Rule) -> tuple[Fix, ...]:
    """Return the removal of each tag in turn: which of them is wrong only the picture tells."""
    if not usable(*tags):
        return ()
    query = where(evidence, tags, samples, rule)
    rarest = sorted(tags, key=lambda one: evidence.places[one].bit_count())
    number = samples.bit_count()
    return tuple(prune([evidence.spelt(one)], query, number) for one in rarest)


def where(evidence: Evidence, tags: tuple[str, ...], samples: int, rule: Rule) -> str:
    """Return the query for exactly the samples that break a rule."""
    query = both(tags)
    together = -1
    for one in tags:
        together &= evidence.places[one]
    if together == samples:
        return query
    return evidence.people.narrowed(query, together, evidence.places, rule.scope, rule.unless)

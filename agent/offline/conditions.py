"""Conditions as queries, as names of folders, and the tags in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from tagsmith.agent.offline.clauses import (
    EVERYTHING,
    AllOf,
    AnyOf,
    Condition,
    Has,
    Mention,
    MentionKind,
    Not,
    Raw,
    Unclear,
)


def has(tag: Mention) -> Condition:
    """Return the condition that images have a tag, however it was named."""
    return Has(replace(tag, definite=False, noun=False))


def any_of(tags: tuple[Mention, ...]) -> Condition:
    """Return the condition that images have one of these tags."""
    parts = tuple(has(tag) for tag in tags)
    return parts[0] if len(parts) == 1 else AnyOf(parts)


def conjunction(*conditions: Condition | None) -> Condition | None:
    """Return the condition that all of these say; None when none says anything."""
    parts = tuple(part for part in conditions if part is not None)
    if len(parts) < 2:
        return parts[0] if parts else None
    kept = tuple(part for part in parts if part != EVERYTHING)
    return kept[0] if len(kept) == 1 else AllOf(kept)


def to_query(condition: Condition | None) -> str | None:
    """Write a condition in the query language (DESIGN section 4); None means every image."""
    from tagsmith.tools.query import all_of, negate, quote
    from tagsmith.tools.query import any_of as either_of

    if condition is None or condition == EVERYTHING:
        return None
    if isinstance(condition, Has):
        wild = condition.tag.kind is MentionKind.PATTERN
        return quote(condition.tag.text, wildcards=wild)
    if isinstance(condition, Raw):
        return condition.query
    if isinstance(condition, Not):
        part = to_query(condition.part)
        return None if part is None else negate(part)
    if isinstance(condition, AllOf):
        return all_of(*(to_query(part) for part in condition.parts))
    if isinstance(condition, AnyOf):
        first, *others = (to_query(part) for part in condition.parts)
        return either_of(first, *others)
    raise ValueError(f"this condition has two readings: {condition.reason}")


def to_name(condition: Condition) -> str:
    """Return a folder name that tells the condition: ``dog``, ``dog_outdoors``, ``not_dog``."""
    words = re.sub(r"[^\w.-]+", "_", _words(condition)).strip("_.-")
    return words[:60] or "images"


def _words(condition: Condition) -> str:
    if isinstance(condition, Has):
        return condition.tag.text
    if isinstance(condition, Not):
        return f"not {_words(condition.part)}"
    if isinstance(condition, AllOf):
        return " ".join(_words(part) for part in condition.parts)
    if isinstance(condition, AnyOf):
        return " or ".join(_words(part) for part in condition.parts)
    return condition.query if isinstance(condition, Raw) else ""


def tags_in(condition: Condition | None) -> Iterator[Mention]:
    """Yield the tags that a condition names, from left to right."""
    if isinstance(condition, Has):
        yield condition.tag
    elif isinstance(condition, Not):
        yield from tags_in(condition.part)
    elif isinstance(condition, AllOf | AnyOf):
        for part in condition.parts:
            yield from tags_in(part)


def unclear_part(condition: Condition | None) -> Unclear | None:
    """Return the first part of a condition that can be read in two ways."""
    if isinstance(condition, Unclear):
        return condition
    if isinstance(condition, Not):
        return unclear_part(condition.part)
    if isinstance(condition, AllOf | AnyOf):
        return next(filter(None, map(unclear_part, condition.parts)), None)
    return None

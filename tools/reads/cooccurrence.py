"""co_occurrence: which tags stand together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TypeVar

from pydantic import Field

from tagsmith.tools.tags import Vocabulary
from tagsmith.tools.toolbox import Arguments, OptionalTags, Outcome, Where, tool
from tagsmith.tools.wording import count, share
from tagsmith.tools.workspace import Workspace

Key = TypeVar("Key", str, tuple[str, str])


class CoOccurrence(Arguments):
    """Arguments of co_occurrence."""

    tags: OptionalTags = Field(
        default=None, description="count what stands with these (a trigger); default every pair"
    )
    where: Where = None
    limit: int = Field(default=20, ge=1, description="rows to show")


@tool(CoOccurrence)
def co_occurrence(workspace: Workspace, args: CoOccurrence) -> Outcome:
    """Count which tags stand together: with a trigger, the others in its images and their share;
    without tags, the most frequent pairs. Changes nothing.
    """
    samples = workspace.select(args.where)
    captions = [set(workspace.keys(sample)) for sample in samples]
    vocabulary = workspace.vocabulary()
    if args.tags:
        wanted = {key for keys in vocabulary.require(args.tags).values() for key in keys}
        return _beside(captions, wanted, vocabulary, args)
    return _pairs(captions, workspace.vocabulary(samples), args)


def _beside(
    captions: Iterable[set[str]], wanted: set[str], vocabulary: Vocabulary, args: CoOccurrence
) -> Outcome:
    counts: Counter[str] = Counter()
    together = 0
    for keys in captions:
        if keys & wanted:
            together += 1
            counts.update(keys - wanted)
    rows = [
        {"tag": vocabulary.spelling(key), "images": number, "percent": share(number, together)}
        for key, number in _top(counts, args.limit)
    ]
    shown = " or ".join(vocabulary.spelling(key) for key in sorted(wanted))
    lines = [f"With {shown} ({count(together, 'image')}):"]
    lines += [f"{one['images']:>7,}  {one['percent']:>5}%  {one['tag']}" for one in rows]
    return Outcome("\n".join(lines), {"rows": rows, "images": together, "tags": len(counts)})


def _pairs(captions: Iterable[set[str]], vocabulary: Vocabulary, args: CoOccurrence) -> Outcome:
    """Count pairs among the 200 most frequent tags, where the most frequent pairs are."""
    frequent = {key for key, _ in vocabulary.counts.most_common(max(200, args.limit))}
    counts: Counter[tuple[str, str]] = Counter()
    for keys in captions:
        ordered = sorted(keys & frequent)
        counts.update((a, b) for i, a in enumerate(ordered) for b in ordered[i + 1 :])
    rows = []
    lines = [f"The most frequent pairs of {count(len(vocabulary), 'tag')}:"]
    for pair, number in _top(counts, args.limit):
        tags = [vocabulary.spelling(key) for key in pair]
        percent = [share(number, vocabulary.counts[key]) for key in pair]
        rows.append({"tags": tags, "images": number, "percent": percent})
        shown = " + ".join(
            f"{tag} (in {part}% of its images)" for tag, part in zip(tags, percent, strict=True)
        )
        lines.append(f"{number:>7,}  {shown}")
    return Outcome("\n".join(lines), {"rows": rows, "pairs": len(counts)})


def _top(counts: Counter[Key], limit: int) -> list[tuple[Key, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:limit]

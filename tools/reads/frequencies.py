"""list_tag_frequencies: which tags, in how many captions."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tagsmith.tools.tags import Vocabulary
from tagsmith.tools.toolbox import Arguments, Outcome, Where, tool
from tagsmith.tools.wording import count, share
from tagsmith.tools.workspace import Workspace


class ListTagFrequencies(Arguments):
    """Arguments of list_tag_frequencies."""

    limit: int = Field(default=30, ge=1, description="rows to show")
    sort: Literal["count", "name", "rare"] = Field(
        default="count", description="most frequent first, by name, or rarest first"
    )
    where: Where = None


@tool(ListTagFrequencies, core=True)
def list_tag_frequencies(workspace: Workspace, args: ListTagFrequencies) -> Outcome:
    """Count in how many images each tag stands, and their share. Changes nothing."""
    samples = workspace.select(args.where)
    vocabulary = workspace.vocabulary(samples if args.where else None)
    keys = _sorted(vocabulary, args.sort)
    uses = sum(vocabulary.counts.values())
    rows = [
        {
            "tag": vocabulary.spelling(key),
            "images": vocabulary.counts[key],
            "percent": share(vocabulary.counts[key], len(samples)),
        }
        for key in keys[: args.limit]
    ]
    total = f"{count(len(samples), 'image')}, {count(len(keys), 'tag')}, {count(uses, 'use')}"
    lines = [f"{total}{f', where {args.where}' if args.where else ''}"]
    lines += [f"{row['images']:>7,}  {row['percent']:>5}%  {row['tag']}" for row in rows]
    if len(keys) > args.limit:
        lines.append(f"and {count(len(keys) - args.limit, 'more tag')}")
    data = {"rows": rows, "images": len(samples), "tags": len(keys), "uses": uses}
    return Outcome("\n".join(lines), data)


def _sorted(vocabulary: Vocabulary, sort: str) -> list[str]:
    counts = vocabulary.counts
    if sort == "name":
        return sorted(counts)
    sign = 1 if sort == "rare" else -1
    return sorted(counts, key=lambda key: (sign * counts[key], key))

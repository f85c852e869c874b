"""Marking what must not be learnt with a tag of the user's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tagsmith.tools.audit.evidence import Evidence
from tagsmith.tools.audit.making import either
from tagsmith.tools.edits.trigger import AddTrigger, add_trigger
from tagsmith.tools.tags import key
from tagsmith.tools.toolbox import Outcome
from tagsmith.tools.wording import count, listing

if TYPE_CHECKING:
    from tagsmith.tools.workspace import Workspace

LISTS = ("unwanted marks", "unwanted flaws")


def mark(workspace: Workspace, tag: str, where: str | None) -> Outcome:
    """Stage the negative tag at the end of the captions of a query, else of all candidates."""
    evidence = Evidence(workspace)
    candidates = [
        one
        for name in LISTS
        for one in sorted(evidence.places)
        if one in evidence.knowledge.kind(name) and one != key(tag)
    ]
    marked = evidence.having(tag).bit_count()
    told = [f"{evidence.spelt(one)} {evidence.having(one).bit_count():,}" for one in candidates]
    lines = [f"{tag} stands on {count(marked, 'image')} already."] if marked else []
    if not where and not candidates:
        text = "Nothing to mark: no tag names a watermark, text or a flaw. Give a query."
        return Outcome("\n".join([text, *lines]), {"candidates": []})
    query = where or either(candidates)
    outcome = add_trigger(workspace, AddTrigger(trigger=tag, position="last", where=query))
    if not where:
        lines.append(f"For {listing(told, 8)}.")
    return Outcome("\n".join([outcome.text, *lines]), {**outcome.data, "candidates": candidates})

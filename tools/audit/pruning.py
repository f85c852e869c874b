"""Pruning what a trigger has absorbed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tagsmith.tools.audit.concepts import Concept
from tagsmith.tools.audit.evidence import Evidence, Settings
from tagsmith.tools.audit.traits import Absorbed, absorbed_by
from tagsmith.tools.editing import edit_captions
from tagsmith.tools.errors import UsageError
from tagsmith.tools.query import all_of, quote
from tagsmith.tools.tags import key
from tagsmith.tools.toolbox import Outcome
from tagsmith.tools.wording import count, listing

if TYPE_CHECKING:
    from tagsmith.tools.workspace import Workspace


def prune_absorbed(
    workspace: Workspace,
    trigger: str,
    *,
    groups: list[str] | None,
    tags: list[str] | None,
    share: float,
    where: str | None,
) -> Outcome:
    """Stage the removal of traits from the images of a trigger.

    Without groups and tags, those whose group is best bound to it. Raises UnknownTagError where the
    trigger or a tag stands nowhere, UsageError for a group that does not exist.
    """
    vocabulary = workspace.vocabulary()
    if trigger not in vocabulary:
        raise vocabulary.unknown([trigger])
    evidence = Evidence(workspace, Settings(triggers=(trigger,), absorbed=share))
    families = evidence.knowledge.families
    for one in groups or ():
        if one not in families:
            raise UsageError(f"There is no group {one!r}.", f"Groups: {', '.join(families)}.")
    places = evidence.places[key(trigger)]
    absorbed = absorbed_by(evidence, Concept(key(trigger), places, given=True))
    wanted = _wanted(evidence, absorbed, groups, named=bool(tags))
    wanted |= {one for keys in vocabulary.require(tags or ()).values() for one in keys}
    wanted.discard(key(trigger))
    if not wanted:
        return Outcome(_nothing(evidence, trigger, absorbed), {"tags": []})
    samples = workspace.select(all_of(quote(key(trigger)), where or None))
    tally = edit_captions(
        workspace, samples, lambda caption: caption.remove(wanted.__contains__), having=wanted
    )
    spelt = sorted(map(evidence.spelt, wanted))
    summary = (
        f"Bind {listing(spelt, 6)} to {trigger}: remove them from"
        f" {count(tally.changed, 'caption')} with it"
    )
    if tally.idle:
        summary = f"Nothing to change: {listing(spelt, 6)} stand in none of the captions selected."
    return tally.outcome(summary, trigger=trigger, tags=spelt)


def _wanted(
    evidence: Evidence, absorbed: list[Absorbed], groups: list[str] | None, *, named: bool
) -> set[str]:
    if named and not groups:
        return set()
    families = evidence.knowledge.families
    chosen = groups or [one for one, told in families.items() if told.advice == "prune"]
    return {tag for group in absorbed if group.family in chosen for tag in group.tags}


def _nothing(evidence: Evidence, trigger: str, absorbed: list[Absorbed]) -> str:
    if not absorbed:
        return f"Nothing to prune: no tag stands in nearly all images of {trigger}."
    others = [
        f"{group.family} ({listing(list(map(evidence.spelt, group.tags)), 3)})"
        for group in absorbed
    ]
    return f"Nothing to prune there; {trigger} has absorbed {listing(others, 6)}: name a group."

"""Consolidating tags: several groups in one edit, each caption once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tagsmith.tools.audit.asking import findings_for
from tagsmith.tools.audit.evidence import Evidence
from tagsmith.tools.audit.run import audit
from tagsmith.tools.editing import edit_captions
from tagsmith.tools.tags import key
from tagsmith.tools.toolbox import Outcome
from tagsmith.tools.wording import count, listing

if TYPE_CHECKING:
    from tagsmith.tools.audit.finding import Finding
    from tagsmith.tools.audit.people import People
    from tagsmith.tools.caption import Caption
    from tagsmith.tools.workspace import Workspace

CHECK = "redundant"
_GROUPS_TOLD = 8


@dataclass(slots=True)
class Consolidation:
    """What becomes of the tags of a caption.

    ``written`` maps keys to the tag that stands there instead (also another spelling of the same);
    ``said`` maps keys to those beside which they go; ``one_figure`` are keys that stay where there
    are several figures.
    """

    people: People
    written: dict[str, str] = field(default_factory=dict)
    said: dict[str, set[str]] = field(default_factory=dict)
    one_figure: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, people: People, findings: Iterable[Finding]) -> Consolidation:
        """Return what the groups of some findings of ``redundant`` come to together."""
        found = cls(people)
        groups = [group for one in findings for group in one.data.get("groups", ())]
        for group in groups:
            if group["kind"] != "said":
                keep = group["keep"][0]
                for tag in (keep, *group["drop"]):
                    found.written.setdefault(key(tag), keep)
        for group in groups:
            if group["kind"] == "said":
                general = found._becomes(group["drop"][0])
                by = {found._becomes(one) for one in group["keep"]} - {general}
                found.said.setdefault(general, set()).update(by)
                if group["one_figure"]:
                    found.one_figure.add(general)
        return found

    def _becomes(self, tag: str) -> str:
        return key(self.written.get(key(tag), tag))

    @property
    def touched(self) -> set[str]:
        """The keys without one of which a caption stays as it is."""
        return self.written.keys() | self.said.keys()

    def edit(self, caption: Caption) -> Caption:
        """Return the caption with its tags written in one way, and without what others say."""
        caption = caption.replace({one: [tag] for one, tag in self.written.items()})
        keys = set(caption.keys)
        many = self.people.many(keys)
        gone: set[str] = set()
        for general, by in self.said.items():
            stays = many and general in self.one_figure
            if general in keys and not stays and by & (keys - gone):
                gone.add(general)
        return caption.remove(gone.__contains__) if gone else caption


def consolidate(workspace: Workspace, groups: list[str] | None, where: str | None) -> Outcome:
    """Stage the findings of ``redundant`` that are named, or all that were not dismissed.

    Raises UsageError where a name means none of them.
    """
    evidence = Evidence(workspace)
    if groups:
        named = findings_for(workspace, evidence, groups, check=CHECK)
    else:
        named = audit(evidence, CHECK).findings
    plan = Consolidation.of(evidence.people, named)
    samples = workspace.select(where)
    tally = edit_captions(workspace, samples, plan.edit, having=plan.touched)
    done = [one.title for one in named]
    if tally.idle:
        return tally.outcome("Nothing to change: no tags are left to consolidate.", groups=[])
    summary = f"Consolidate {count(len(named), 'group')} in {count(tally.changed, 'caption')}"
    outcome = tally.outcome(summary, groups=[one.id for one in named])
    more = f"Groups: {listing(done, _GROUPS_TOLD)}."
    return Outcome(f"{outcome.text}\n{more}", outcome.data)

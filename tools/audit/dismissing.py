"""The answers of dismiss_finding and list_dismissed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tagsmith.tools.audit import dismissed, naming
from tagsmith.tools.audit.asking import findings_for
from tagsmith.tools.audit.dismissed import Dismissed
from tagsmith.tools.audit.evidence import Evidence
from tagsmith.tools.errors import UsageError
from tagsmith.tools.toolbox import Outcome
from tagsmith.tools.wording import count, listing

if TYPE_CHECKING:
    from tagsmith.tools.workspace import Workspace


def dismiss(workspace: Workspace, names: list[str], reason: str) -> Outcome:
    """Remember that some findings do not count. Raises UsageError where a name means none."""
    found = findings_for(workspace, Evidence(workspace), names)
    dismissed.add(workspace.root, [Dismissed(one.id, one.title, reason) for one in found])
    ids = [one.id for one in found]
    text = f"Dismissed {listing(ids)}; later audits leave {_them(len(ids))} out."
    return Outcome(text, {"dismissed": ids})


def restore(workspace: Workspace, names: list[str]) -> Outcome:
    """Let dismissed findings count again. Raises UsageError where none of these was dismissed."""
    known = dismissed.load(workspace.root)
    wanted = naming.expected(workspace, names)
    gone = dismissed.remove(workspace.root, wanted)
    if missing := [one for one in wanted if one not in gone]:
        ids = [one.id for one in known]
        hint = f"Dismissed: {listing(ids)}." if ids else "Nothing was dismissed."
        raise UsageError(f"{listing(missing)} was not dismissed.", hint)
    return Outcome(f"{listing(gone)} {_counts(len(gone))} again.", {"restored": gone})


def told(workspace: Workspace, limit: int) -> Outcome:
    """Return what was dismissed."""
    known = dismissed.load(workspace.root)
    lines = [count(len(known), "dismissed finding")]
    for one in known[:limit]:
        reason = f" ({one.reason})" if one.reason else ""
        lines.append(f"  {one.id}  {one.title}{reason}")
    if len(known) > limit:
        lines.append(f"and {count(len(known) - limit, 'more finding')}")
    rows = [{"id": one.id, "title": one.title, "reason": one.reason} for one in known[:limit]]
    return Outcome("\n".join(lines), {"rows": rows, "dismissed": len(known)})


def _them(number: int) -> str:
    return "it" if number == 1 else "them"


def _counts(number: int) -> str:
    return "counts" if number == 1 else "count"

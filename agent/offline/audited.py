"""Questions to the audit and orders to mend: their calls, and what is said of what they found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tagsmith.agent.events import Call
from tagsmith.agent.offline.clauses import Order, Question

if TYPE_CHECKING:
    from tagsmith.agent.offline.answers import Answers
    from tagsmith.tools.toolbox import Outcome

AUDITING = frozenset({"audit", "prunable", "judge", "duplicates", "lint"})
MENDING = frozenset({"trainer", "consolidate", "fix"})

_TAKING_AWAY = frozenset({"prune_tags", "prune_absorbed"})
_SHOWN = 12


def audit_call(question: Question) -> Call:
    """Return the call that answers a question about what is wrong."""
    match question.intent:
        case "judge":
            return Call("judge_trigger", {"trigger": question.name})
        case "duplicates":
            return Call("find_duplicates", {})
        case "lint":
            return Call("lint_trainer", {"trainer": question.name})
        case "prunable":
            return Call("audit_dataset", {"check": "all"})
        case _:
            return Call("audit_dataset", {"check": question.option})


def mending_call(order: Order) -> Call:
    """Return the call that stages what mends."""
    match order.intent:
        case "trainer":
            return Call("fix_trainer", {"trainer": order.name})
        case "fix":
            return Call("fix_findings", {"findings": order.option.split(", ")})
        case _:
            return Call("consolidate_tags", {})


def prunable(words: Answers, outcome: Outcome) -> str:
    """Say which findings of an audit would take tags away, by their numbers, with the reason."""
    rows = [row for row in outcome.data["rows"] if _takes_away(row)][:_SHOWN]
    if not rows:
        return words.get("found", "not_prunable")
    lines = [words.get("found", "prunable")]
    for row in rows:
        lines.append(f"{row['number']:>3} {row['title']}")
        lines += [f"      {row['fixes'][0]['says']}", f"      {row['why']}"]
    return "\n".join(lines)


def _takes_away(row: dict[str, Any]) -> bool:
    return any(fix["tool"] in _TAKING_AWAY for fix in row["fixes"][:1])

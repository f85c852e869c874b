"""structure: what the scan of the folder could not use, or reads in another way than is meant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tagsmith.tools.audit.encodings import Guess, guesses
from tagsmith.tools.audit.evidence import Evidence
from tagsmith.tools.audit.finding import Finding, Fix
from tagsmith.tools.audit.registry import check
from tagsmith.tools.pairing import Issue
from tagsmith.tools.paths import display
from tagsmith.tools.query import quote
from tagsmith.tools.wording import count

if TYPE_CHECKING:
    from tagsmith.tools.dataset import Problem

NAME = "structure"
_HARM = {Issue.SKIPPED: 0.6, Issue.ORPHAN: 0.3, Issue.SHARED: 0.5, Issue.STRUCTURE: 0.4}
_LINES = 6


@check(NAME)
def find(evidence: Evidence) -> Iterator[Finding]:
    """Files that the scan left out, captions without images, images that share a caption."""
    dataset = evidence.workspace.dataset
    groups: dict[tuple[Issue, str], list[Problem]] = {}
    for problem in dataset.problems:
        groups.setdefault((problem.issue, _kind(problem)), []).append(problem)
    for (issue, kind), problems in groups.items():
        yield _finding(evidence, issue, kind, problems)


def _kind(problem: Problem) -> str:
    """Return the reason without what is particular to one file."""
    reason = problem.reason.partition(" (")[0]
    return reason.partition(" called ")[0] if problem.issue is Issue.SHARED else reason


def _finding(evidence: Evidence, issue: Issue, kind: str, problems: list[Problem]) -> Finding:
    number = len(problems)
    lines = [str(one) for one in problems[:_LINES]]
    if number > _LINES:
        lines.append(f"and {number - _LINES:,} more")
    fixes: list[Fix] = []
    paths = [one.path for one in problems]
    if kind in ("not UTF-8", "UTF-16, not UTF-8"):
        found = guesses(evidence.workspace.root, paths)
        fixes = [_convert(evidence, paths, guess) for guess in found]
        lines += [f"read as {one.encoding}: {one.preview}" for one in found]
    return Finding(
        NAME,
        f"{issue.value}/{kind}",
        f"{count(number, 'file')}: {kind}",
        evidence.knowledge.why(NAME),
        number,
        _HARM[issue],
        1.0,
        tuple(lines),
        tuple(display(one) for one in paths[:5]),
        tuple(fixes),
        {"issue": issue.value, "reason": kind, "paths": [display(one) for one in paths]},
    )


def _convert(evidence: Evidence, paths: list[str], guess: Guess) -> Fix:
    """Return the conversion of exactly these captions."""
    wanted = set(paths)
    names = [one.image for one in evidence.samples if one.caption_path in wanted]
    query = " or ".join(f"name:{quote(name)}" for name in names)
    arguments = {"encoding": guess.encoding, "where": query}
    says = f"rewrite {count(len(paths), 'caption')} from {guess.encoding} to UTF-8"
    return Fix("convert_captions", arguments, says)

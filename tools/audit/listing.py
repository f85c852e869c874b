"""What an audit says in words: a screen at most for everything, the evidence for one check."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from tagsmith.tools.audit.run import weight
from tagsmith.tools.paths import display
from tagsmith.tools.wording import count, listing

if TYPE_CHECKING:
    from tagsmith.tools.audit.finding import Finding
    from tagsmith.tools.audit.run import Audit

# A screen of a terminal, and what a small model can read: about 600 tokens.
LINES, WEIGHT = 20, 560.0
OF_ONE_CHECK = 4
# What does less harm is no fault: that a set is varied, that no tagger has looked.
REMARK = 0.1
LONGEST = 96
SHOWN_WHOLE = 12


def overview(audit: Audit) -> str:
    """Return the gravest findings of all checks, a line each, and how many more each check has."""
    images = count(len(audit.evidence.samples), "image")
    if not audit.findings:
        return "\n".join([f"Nothing is wrong with these {images}.", *_closing(audit)])
    total = Counter(one.check for one in audit.findings)
    numbered = list(enumerate(audit.findings, start=1))
    wrong = [(number, one) for number, one in numbered if one.harm >= REMARK]
    lines = [
        f"{count(len(wrong), 'finding')} in {images}, the gravest first"
        f" ({count(len(audit.checks), 'check')})"
    ]
    remarks = [one.title for _, one in numbered if one.harm < REMARK]
    closing = [*([f"Also: {listing(remarks, 3)}."] if remarks else []), *_closing(audit)]
    rows = [_row(number, one) for number, one in _chosen(wrong)]
    room = LINES - len(lines) - len(closing) - 2
    left = WEIGHT - sum(map(_weight, (*lines, *closing))) - 100
    for row in rows[:room]:
        left -= _weight(row)
        if left < 0:
            break
        lines.append(row)
    shown = len(lines) - 1
    if shown < len(wrong):
        each = [f"{name} {number:,}" for name, number in total.most_common()]
        lines.append(f"All of them: {listing(each, 16)}.")
    lines.append(
        "More: audit_dataset with a check, a number or an id. To stage fixes: fix_findings."
    )
    return "\n".join([*lines, *closing])


def _chosen(findings: Sequence[tuple[int, Finding]]) -> list[tuple[int, Finding]]:
    """Return numbered findings: at most some of each check, then the others in their order."""
    of_check: Counter[str] = Counter()
    first: list[tuple[int, Finding]] = []
    later: list[tuple[int, Finding]] = []
    for number, one in findings:
        of_check[one.check] += 1
        (first if of_check[one.check] <= OF_ONE_CHECK else later).append((number, one))
    return [*first, *later]


def _row(number: int, one: Finding) -> str:
    title = one.title if len(one.title) <= LONGEST else f"{one.title[: LONGEST - 3]}..."
    return f"{number:>3} {one.check}: {title} [{one.images:,}]"


def one_check(audit: Audit) -> str:
    """Return the findings of one check with their evidence and fixes, the gravest in full."""
    name = audit.checks[0]
    if not audit.findings:
        return "\n".join([f"{name}: nothing found.", *_closing(audit)])
    lines = [f"{name}: {count(len(audit.findings), 'finding')}"]
    if why := audit.findings[0].why:
        lines.append(f"Why: {why}")
    for number, one in enumerate(audit.findings[:SHOWN_WHOLE], start=1):
        lines += [f"{number:>3} {one.title}", f"      id {one.id}"]
        lines += [f"      {line}" for line in one.evidence[:4]]
        lines += [f"      fix: {fix.says}" for fix in one.fixes[:1]]
    if len(audit.findings) > SHOWN_WHOLE:
        lines.append(f"and {count(len(audit.findings) - SHOWN_WHOLE, 'more finding')}")
    return "\n".join([*lines, *_closing(audit)])


def whole(one: Finding, number: int | None = None) -> str:
    """Return everything about one finding."""
    head = one.title if number is None else f"{number} {one.title}"
    lines = [head, f"  id          {one.id}", f"  why         {one.why}"]
    lines.append(f"  confidence  {one.confidence:.0%}, harm {one.harm:.0%}")
    lines += [f"  evidence    {line}" for line in one.evidence]
    if one.samples:
        lines.append(f"  images      {listing([display(name) for name in one.samples])}")
    for at, fix in enumerate(one.fixes, start=1):
        lines.append(f"  fix {at}       {fix.says} ({fix.tool})")
    return "\n".join(lines)


def _closing(audit: Audit) -> list[str]:
    lines = []
    if audit.hidden:
        lines.append(f"{count(len(audit.hidden), 'dismissed finding')} left out.")
    if audit.notes:
        lines.append(f"Not checked: {listing(audit.notes, 3)}")
    return lines


def _weight(text: str) -> float:
    """Return about how many tokens a text is: signs beyond ASCII count one each."""
    plain = sum(char.isascii() for char in text)
    return plain / 3.2 + (len(text) - plain) + 1


def rows(findings: Iterable[Finding], images: int) -> list[dict[str, Any]]:
    """Return findings for a program."""
    return [
        {
            "number": number,
            "id": one.id,
            "check": one.check,
            "title": one.title,
            "why": one.why,
            "images": one.images,
            "harm": one.harm,
            "confidence": one.confidence,
            "weight": round(weight(one, images), 4),
            "evidence": list(one.evidence),
            "samples": [display(name) for name in one.samples],
            "fixes": [
                {"tool": fix.tool, "arguments": fix.arguments, "says": fix.says}
                for fix in one.fixes
            ],
            "data": one.data,
        }
        for number, one in enumerate(findings, start=1)
    ]

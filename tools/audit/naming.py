"""Which finding is meant: by its id, by its number in the last list, by a tag it is about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from tagsmith.tools.errors import UsageError
from tagsmith.tools.tags import key

if TYPE_CHECKING:
    from tagsmith.tools.audit.finding import Finding
    from tagsmith.tools.workspace import Workspace

# The ids that were listed last for a workspace, in their order.
_listed: WeakKeyDictionary[Workspace, tuple[str, ...]] = WeakKeyDictionary()


def remember(workspace: Workspace, findings: Iterable[Finding]) -> None:
    """Remember what was listed, so that its numbers can be named."""
    _listed[workspace] = tuple(one.id for one in findings)


def expected(workspace: Workspace, names: Iterable[str]) -> list[str]:
    """Return names with the ids in place of the numbers of what was listed last."""
    listed = _listed.get(workspace, ())
    return [
        listed[int(one) - 1]
        if one.isascii() and one.isdigit() and 0 < int(one) <= len(listed)
        else one
        for one in names
    ]


def resolve(
    workspace: Workspace, names: Iterable[str], findings: Sequence[Finding]
) -> list[Finding]:
    """Return the findings that are named, each once, in the order of their names.

    A number is that of the last list of this session; where there was none, of ``findings``.
    Raises UsageError that names the nearest ids.
    """
    by_id = {one.id: one for one in findings}
    listed = _listed.get(workspace) or tuple(by_id)
    found: dict[str, Finding] = {}
    for name in names:
        for one in _meant(name, by_id, listed):
            found[one.id] = one
    return list(found.values())


def _meant(name: str, by_id: dict[str, Finding], listed: Sequence[str]) -> list[Finding]:
    if name in by_id:
        return [by_id[name]]
    if name.isascii() and name.isdigit():
        number = int(name)
        if 1 <= number <= len(listed) and listed[number - 1] in by_id:
            return [by_id[listed[number - 1]]]
        raise UsageError(f"There is no finding {number}.", "audit_dataset lists them.")
    wanted = key(name)
    same = [one for one in by_id.values() if wanted in (key(one.id), key(one.key), one.check)]
    if not same:
        same = [one for one in by_id.values() if wanted in map(key, tags_of(one))]
    if same:
        return same
    from difflib import get_close_matches

    near = get_close_matches(name, by_id, n=3)
    hint = f"Did you mean {' or '.join(near)}?" if near else "audit_dataset lists them."
    raise UsageError(f"There is no finding {name!r}.", hint)


def tags_of(finding: Finding) -> list[str]:
    """Return the tags that a finding is about, as far as its data tells."""
    groups = finding.data.get("groups", ())
    tags = [tag for group in groups for tag in (*group["keep"], *group["drop"])]
    return [*finding.data.get("tags", ()), *tags]

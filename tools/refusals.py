"""Tag changes that the user refuses everywhere: what is left of a caption's change without them.

A refusal is a rule, not an edit: the steps stay as they are, and the rule is applied when the net
difference is made. So it holds whichever steps are dropped, taken back or staged later.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Set
from dataclasses import dataclass
from typing import NamedTuple

from tagsmith.tools.caption import BOM, Caption, why_not_editable
from tagsmith.tools.line import COMMA, KEEP
from tagsmith.tools.plan import tag_changes

# A line of prose stands among the tags as one piece that nothing refuses; no caption holds NUL.
PROSE = "\0"
SECONDARY = ";;;"
# With more pairs of equal tags than that, what differs between the equal ends is replaced whole.
COMPARED = 100_000


@dataclass(frozen=True, slots=True, order=True)
class TagChange:
    """A tag, spelt like that, that a plan adds to captions or removes from them."""

    tag: str
    added: bool


@dataclass(frozen=True, slots=True)
class _Text:
    """Tags, and what stands between them: ``glue[i]`` before tag ``i``, the last one at the end."""

    tags: list[str]
    glue: list[str]


@dataclass(frozen=True, slots=True)
class _Place:
    """A tag of the result, and where it stands in the texts: ``old`` before, ``new`` after."""

    tag: str
    old: int | None
    new: int | None


def tag_changes_of(before: bytes | None, after: bytes | None) -> Counter[TagChange]:
    """Return the tag changes between two states of a caption that can be refused.

    None where the bytes before were no caption that could be read: they are converted as a whole.
    """
    if after is None or (before is not None and why_not_editable(before)):
        return Counter()
    added, removed = tag_changes(before, after)
    changes = Counter(TagChange(tag, added=True) for tag in added)
    changes.update(TagChange(tag, added=False) for tag in removed)
    return changes


def without(before: bytes | None, after: bytes, refused: Set[TagChange]) -> bytes | None:
    """Return a caption with its change but for the refused tag changes; ``before`` if none is left.

    A refused tag that was added is gone as if it had been pruned; one that was removed stands where
    it stood, with the bytes around it. Everything else is as in ``after``.
    """
    if not any(_may_apply(one, before, after) for one in refused):
        return after
    found = tag_changes_of(before, after)
    applying = {one: count for one, count in found.items() if one in refused}
    if not applying:
        return after
    old, new = _read(before or b""), _read(after)
    places = _merge(old, new, applying)
    if not (places or old.tags):
        return before
    text = _write(places, old, new)
    return (BOM if after.startswith(BOM) else b"") + text.encode()


def _may_apply(change: TagChange, before: bytes | None, after: bytes) -> bool:
    return change.tag.encode() in (after if change.added else before or b"")


def _read(data: bytes) -> _Text:
    tags: list[str] = []
    glue = [""]
    for line in Caption.parse(data).lines:
        if line.prose:
            tags.append(PROSE + line.text()[: len(line.text()) - len(line.end)])
            glue.append(line.end)
            continue
        for index, piece in enumerate(line.pieces):
            glue[-1] += line.separators[index - 1] if index else ""
            if tag := piece.strip():
                start = piece.index(tag)
                glue[-1] += piece[:start]
                tags.append(tag)
                glue.append(piece[start + len(tag) :])
            else:
                glue[-1] += piece
        glue[-1] += line.end
    return _Text(tags, glue)


def _merge(old: _Text, new: _Text, refused: dict[TagChange, int]) -> list[_Place]:
    """Return the tags of the result: those after the change, but for what is refused."""
    blocks = list(_differences(old.tags, new.tags))
    gone = [index for _, start, end, _, _ in blocks for index in range(start, end)]
    come = [index for _, _, _, start, end in blocks for index in range(start, end)]
    back = _chosen(old.tags, gone, {one.tag: n for one, n in refused.items() if not one.added})
    off = _chosen(new.tags, come, {one.tag: n for one, n in refused.items() if one.added})
    places: list[_Place] = []
    reached = 0
    for shift, start, end, new_start, new_end in [*blocks, _end(old, new)]:
        places += (_Place(old.tags[i], i, i + shift) for i in range(reached, start))
        stay = [_Place(old.tags[i], i, None) for i in range(start, end) if i in back]
        added = [_Place(new.tags[i], None, i) for i in range(new_start, new_end) if i not in off]
        # What was put first stays first, before a tag that is back at the front.
        places += added + stay if new_start == 0 else stay + added
        reached = end
    return places


_Block = tuple[int, int, int, int, int]


def _end(old: _Text, new: _Text) -> _Block:
    ends = len(old.tags), len(new.tags)
    return ends[1] - ends[0], ends[0], ends[0], ends[1], ends[1]


def _differences(old: list[str], new: list[str]) -> Iterable[_Block]:
    """Yield what differs: the shift of the equal tags before it, its range in old and in new."""
    head = 0
    most = min(len(old), len(new))
    while head < most and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < most - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    middle = old[head : len(old) - tail], new[head : len(new) - tail]
    same = [(head + i, head + j) for i, j in _common(*middle)]
    reached, new_reached = head, head
    for here, new_here in [*same, (len(old) - tail, len(new) - tail)]:
        if here > reached or new_here > new_reached:
            yield new_reached - reached, reached, here, new_reached, new_here
        reached, new_reached = here + 1, new_here + 1


class _Pair(NamedTuple):
    """Equal tags, and the pair before them in the longest common subsequence up to here."""

    old: int
    new: int
    before: _Pair | None


def _common(old: list[str], new: list[str]) -> list[tuple[int, int]]:
    """Return the longest common subsequence as places (Hunt and Szymanski, CACM 20, 1977)."""
    where: dict[str, list[int]] = defaultdict(list)
    for index in reversed(range(len(new))):
        where[new[index]].append(index)
    if sum(len(where.get(tag, ())) for tag in old) > COMPARED:
        return []
    ends: list[int] = []
    chains: list[_Pair] = []
    for index, tag in enumerate(old):
        for place in where.get(tag, ()):
            length = bisect_left(ends, place)
            ends[length : length + 1] = [place]
            chains[length : length + 1] = [
                _Pair(index, place, chains[length - 1] if length else None)
            ]
    return _links(chains[-1] if chains else None)[::-1]


def _links(pair: _Pair | None) -> list[tuple[int, int]]:
    links = []
    while pair is not None:
        links.append((pair.old, pair.new))
        pair = pair.before
    return links


def _chosen(tags: list[str], indices: list[int], counts: dict[str, int]) -> set[int]:
    """Return which of these places a number of each tag means: the last ones."""
    left = dict(counts)
    chosen = set()
    for index in reversed(indices):
        if left.get(tags[index], 0) > 0:
            left[tags[index]] -= 1
            chosen.add(index)
    return chosen


def _write(places: list[_Place], old: _Text, new: _Text) -> str:
    first = _Place("", -1, -1)
    last = _Place("", len(old.tags), len(new.tags))
    parts: list[str] = []
    for before, here in zip([first, *places], [*places, last], strict=True):
        parts += (_between(before, here, old, new), here.tag.removeprefix(PROSE))
    return "".join(parts)


def _between(left: _Place, right: _Place, old: _Text, new: _Text) -> str:
    """Return what stands between two tags: as it stands in one of the texts, if it does there."""
    news = _stretch(left.new, right.new, new)
    olds = _stretch(left.old, right.old, old)
    for stretch in (news, olds):
        if len(stretch) == 1:
            return stretch[0]
    for stretch in (news, olds):
        if stretch:
            return _cut(stretch, first=not left.tag, last=not right.tag)
    near = [new.glue[right.new]] if right.new is not None else []
    near += [old.glue[left.old + 1]] if left.old is not None else []
    near += [old.glue[right.old]] if right.old is not None else []
    near += [new.glue[left.new + 1]] if left.new is not None else []
    prose = left.tag.startswith(PROSE) or right.tag.startswith(PROSE)
    fitting = (one for one in near if ("\n" in one if prose else _separates(one)))
    return next(fitting, "\n" if prose else COMMA + " ")


def _stretch(left: int | None, right: int | None, text: _Text) -> list[str]:
    """Return the glue from one tag to another that stands behind it in a text."""
    if left is None or right is None or right <= left:
        return []
    return text.glue[left + 1 : right + 1]


def _separates(glue: str) -> bool:
    return any(one in glue for one in (COMMA, KEEP, SECONDARY))


def _cut(stretch: list[str], *, first: bool, last: bool) -> str:
    """Return the glue that is left where the tags inside a stretch are cut.

    As ``Caption.remove`` does it: with the comma before a tag, or else the one behind it; a line
    goes with its last tag, unless none is left. ``first`` and ``last``: of the whole caption.
    """
    glue = stretch[-1]
    for index in reversed(range(len(stretch) - 1)):
        above, line = _last_line(stretch[index])
        rest, below = _first_line(glue)
        begins, ends = bool(above) or (first and index == 0), bool(below) or last
        blank = not (line + rest).replace(COMMA, "").strip()
        if blank and begins and ends and not (first and last):
            glue = above + _behind_newline(below) if below else above.rstrip("\r\n")
        else:
            glue = above + _cut_in_line(line, rest) + below
    return glue


def _cut_in_line(before: str, behind: str) -> str:
    comma = before.rfind(COMMA)
    if comma >= 0 and not _separates(before[comma + 1 :]):
        return before[:comma] + behind
    if behind.lstrip().startswith(COMMA):
        return before + behind.lstrip()[1:].lstrip()
    return before.rstrip() + behind


def _behind_newline(text: str) -> str:
    return text[2:] if text.startswith("\r\n") else text[1:]


def _last_line(glue: str) -> tuple[str, str]:
    cut = max(glue.rfind("\n"), glue.rfind("\r")) + 1
    return glue[:cut], glue[cut:]


def _first_line(glue: str) -> tuple[str, str]:
    ends = [index for mark in "\r\n" if (index := glue.find(mark)) >= 0]
    cut = min(ends, default=len(glue))
    return glue[:cut], glue[cut:]

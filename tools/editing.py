"""What every tool that edits captions does: choose captions, edit them, count what happened."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Annotated, Any
from unicodedata import category

from pydantic import AfterValidator, Field

from tagsmith.tools.caption import MAX_BYTES, Caption
from tagsmith.tools.dataset import Sample
from tagsmith.tools.line import split_protected
from tagsmith.tools.overlay import empties
from tagsmith.tools.paths import display
from tagsmith.tools.reading import Needles
from tagsmith.tools.tags import Vocabulary, key
from tagsmith.tools.toolbox import Outcome
from tagsmith.tools.wording import count, listing
from tagsmith.tools.workspace import Workspace

Edit = Callable[[Caption], Caption]

Prose = Annotated[
    bool,
    Field(
        description="also edit captions written in sentences, cut at their commas",
        json_schema_extra={"advanced": True},
    ),
]


def check_tag(tag: str) -> str:
    """Return a tag, stripped. Raises ValueError for what could not be read back as one.

    ``{a, b|c}`` is one.
    """
    tag = tag.strip()
    if not tag:
        raise ValueError("a tag cannot be empty")
    if len(split_protected(tag)) > 1 or any(mark in tag for mark in "\n\r\u2028\u2029\ufeff"):
        raise ValueError(f"{tag!r} is not one tag: tags hold no comma, line break or separator")
    if any(category(char) == "Cc" for char in tag):
        raise ValueError(f"{tag!r} holds a control character, which no trainer can use")
    return tag


NewTag = Annotated[str, AfterValidator(check_tag)]


@dataclass(slots=True)
class Tally:
    """What an edit met: captions changed and created, and those left alone, by reason."""

    selected: int = 0
    changed: int = 0
    created: int = 0
    tags: int = 0
    prose: int = 0
    missing: int = 0
    emptied: int = 0
    refused: list[str] = field(default_factory=list)

    @property
    def idle(self) -> bool:
        """Whether every selected caption is already as the edit would leave it."""
        return not (self.changed or self.created or self.prose or self.refused)

    def refuse(self, path: str, reason: str) -> None:
        """Count a caption that cannot be edited."""
        self.refused.append(f"{display(path)} ({reason})")

    def outcome(self, summary: str, **data: Any) -> Outcome:
        """Return a tool's answer: the summary, then what was left alone and why."""
        lines = [summary if self.selected else "Nothing to change: no image matches."]
        if self.created:
            lines.append(f"{count(self.created, 'caption')} would be created.")
        if self.emptied:
            lines.append(
                f"{count(self.emptied, 'caption')} would be left empty; some trainers stop there."
            )
        if self.prose:
            lines.append(
                f"{count(self.prose, 'caption')} in sentences left alone (prose=true edits them)."
            )
        if self.refused:
            shown = listing(self.refused, 3)
            lines.append(f"{count(len(self.refused), 'caption')} left alone: {shown}.")
        totals = {"selected": self.selected, "changed": self.changed, "created": self.created}
        left = {"prose": self.prose, "unreadable": len(self.refused), "missing": self.missing}
        return Outcome("\n".join(lines), {**data, **totals, "left_alone": left})


def edit_captions(
    workspace: Workspace,
    samples: Iterable[Sample],
    edit: Edit,
    *,
    having: Iterable[str] | None = None,
    prose: bool = False,
) -> Tally:
    """Apply a pure edit to the captions of some samples, a shared caption once, and stage it.

    ``having`` are the keys without which the edit changes nothing: captions that cannot have any
    of them are not parsed. A caption that has prose and that the edit would change were it a tag
    list is counted in ``Tally.prose`` and left alone.
    """
    tally = Tally()
    needles = None if having is None else Needles(having)
    done: set[str] = set()
    for sample in samples:
        tally.selected += 1
        path = sample.caption_path
        if path is None:
            tally.missing += 1
            continue
        if path in done:
            continue
        done.add(path)
        data = workspace.content(path)
        if data is None:
            tally.refuse(path, workspace.dataset.skipped.get(path, "cannot be read"))
            continue
        if needles is not None and needles.absent(data):
            continue
        _edit_one(workspace, sample, path, data, edit, tally, prose=prose)
    return tally


def _edit_one(
    workspace: Workspace,
    sample: Sample,
    path: str,
    data: bytes,
    edit: Edit,
    tally: Tally,
    *,
    prose: bool,
) -> None:
    caption = Caption.parse(data)
    if caption.prose and prose:
        caption = caption.as_tags()
    changed = edit(caption)
    after = changed.to_bytes()
    if stage_caption(workspace, sample, path, data, after, tally):
        tally.tags += abs(len(caption.tags) - len(changed.tags))
        tally.emptied += empties(data, after)
    elif after == data and caption.prose and not prose:
        tally.prose += edit(caption.as_tags()).to_bytes() != data


def stage_caption(
    workspace: Workspace,
    sample: Sample,
    path: str,
    before: bytes | None,
    after: bytes,
    tally: Tally,
) -> bool:
    """Stage a caption's bytes in place of others (None: there is no file), and count it.

    Returns whether that was done: not where nothing changes, and not where it has to be refused.
    """
    if after == before:
        return False
    reason = ""
    if len(after) > MAX_BYTES:
        reason = f"it would be larger than {MAX_BYTES >> 20} MiB"
    elif before is None:
        reason = workspace.blocked(path)
    if reason:
        tally.refuse(path, reason)
        return False
    workspace.write(path, after, sample)
    if before is None:
        tally.created += 1
    else:
        tally.changed += 1
    return True


def create_captions(
    workspace: Workspace, samples: Iterable[Sample], tag: str, tally: Tally
) -> None:
    """Stage a caption with one tag for each sample that has none, unless its place is taken."""
    done: set[str] = set()
    for sample in samples:
        target = workspace.caption_target(sample)
        if sample.caption_path is not None or target in done:
            continue
        done.add(target)
        stage_caption(workspace, sample, target, None, tag.encode(), tally)


def known_tags(
    workspace: Workspace, samples: list[Sample], tags: Iterable[str], *, prose: bool
) -> tuple[dict[str, list[str]], dict[str, int]]:
    """Return the existing keys that each tag names, and in how many selected captions they stand.

    Raises UnknownTagError where the whole dataset lacks one.
    """
    if prose:
        found = _prose_words(workspace, workspace.samples).require(tags)
        here = _prose_words(workspace, samples)
    else:
        found = workspace.vocabulary().require(tags)
        everyone = len(samples) == len(workspace.samples)
        here = workspace.vocabulary(None if everyone else samples)
    return found, {one: here.counts[one] for keys in found.values() for one in keys}


def _prose_words(workspace: Workspace, samples: Iterable[Sample]) -> Vocabulary:
    """Return the vocabulary of captions whose sentences are taken as tag lists."""
    from collections import Counter

    counts: Counter[str] = Counter()
    spellings: dict[str, str] = {}
    total = 0
    for sample in samples:
        caption = workspace.caption(sample)
        tags = caption.as_tags().tags if caption else []
        for tag in tags:
            spellings.setdefault(key(tag), tag)
        counts.update({key(tag) for tag in tags})
        total += 1
    return Vocabulary(counts, spellings, total)


def nowhere(
    tags: Iterable[str], workspace: Workspace, samples: list[Sample], tally: Tally
) -> Outcome:
    """Answer an edit that meets none of the selected captions, with where the tags do stand."""
    vocabulary = workspace.vocabulary()
    shown = [
        f"{tag} stands in {count(sum(vocabulary.counts[one] for one in keys), 'caption')}"
        for tag, keys in ((tag, vocabulary.matching(tag)) for tag in tags)
    ]
    return tally.outcome(
        f"Nothing to change: {listing(shown)}, in none of the {len(samples):,} selected."
    )

"""clean_captions and convert_captions: how captions are written, changed only when asked."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Literal

from pydantic import Field, model_validator

from tagsmith.tools.caption import why_not_editable
from tagsmith.tools.dataset import read_bytes
from tagsmith.tools.editing import Prose, edit_captions
from tagsmith.tools.errors import UsageError
from tagsmith.tools.line import Line, drop_empty, with_tag
from tagsmith.tools.paths import display
from tagsmith.tools.plan import Change, Kind
from tagsmith.tools.tags import KAOMOJI, key
from tagsmith.tools.toolbox import Arguments, Outcome, Where, tool
from tagsmith.tools.wording import count, listing
from tagsmith.tools.workspace import Workspace


class CleanCaptions(Arguments):
    """Arguments of clean_captions."""

    spaces: bool = Field(default=False, description="one space after commas, none doubled")
    empty: bool = Field(default=False, description="remove empty items: a,, b")
    underscores: Literal["keep", "spaces", "underscores"] = Field(
        default="keep", description="write long_hair as long hair, or the reverse"
    )
    where: Where = None
    prose: Prose = False

    @model_validator(mode="after")
    def _something(self) -> CleanCaptions:
        if not (self.spaces or self.empty or self.underscores != "keep"):
            raise ValueError("say what to clean: spaces, empty or underscores")
        return self


@tool(CleanCaptions)
def clean_captions(workspace: Workspace, args: CleanCaptions) -> Outcome:
    """Clean how captions are written: spaces, empty items, underscores. Only what is asked."""
    samples = workspace.select(args.where)
    tally = edit_captions(
        workspace,
        samples,
        lambda caption: caption.mapped(lambda line: _clean(line, args)),
        prose=args.prose,
    )
    wanted = [name for name in ("spaces", "empty") if getattr(args, name)]
    wanted += [f"underscores as {args.underscores}"] if args.underscores != "keep" else []
    if tally.idle:
        return tally.outcome("Nothing to change: the captions are clean in that respect.")
    summary = f"Clean {count(tally.changed, 'caption')} ({', '.join(wanted)})"
    return tally.outcome(summary)


def _clean(line: Line, args: CleanCaptions) -> Line:
    if args.empty:
        line = drop_empty(line)
    if args.underscores != "keep":
        line = replace(line, pieces=tuple(_style(one, args.underscores) for one in line.pieces))
    return _space(line) if args.spaces else line


def _style(piece: str, underscores: str) -> str:
    tag = piece.strip()
    if not tag or key(tag) in KAOMOJI or "{" in tag:
        return piece
    old, new = ("_", " ") if underscores == "spaces" else (" ", "_")
    return with_tag(piece, tag.replace(old, new).strip() or tag)


def _space(line: Line) -> Line:
    """Write one space after a comma and around the trainer's separators, none at the ends."""
    pieces = [piece.strip() if "{" in piece else " ".join(piece.split()) for piece in line.pieces]
    for index, separator in enumerate(line.separators):
        if separator != ",":
            pieces[index] += " " if pieces[index] else ""
        if pieces[index + 1] or separator != ",":
            pieces[index + 1] = " " + pieces[index + 1]
    return replace(line, pieces=tuple(pieces))


class ConvertCaptions(Arguments):
    """Arguments of convert_captions."""

    encoding: str = Field(description="what the files are written in: cp932, gbk, latin-1, utf-16")
    where: Where = None


@tool(ConvertCaptions)
def convert_captions(workspace: Workspace, args: ConvertCaptions) -> Outcome:
    """Rewrite captions that are not UTF-8 as UTF-8. You name the encoding; the plan shows the
    text, so that a wrong guess is seen before it is written.
    """
    try:
        b"a".decode(args.encoding, "replace")
    except (LookupError, ValueError) as error:
        raise UsageError(f"There is no encoding called {args.encoding!r}.") from error
    done: set[str] = set()
    refused = []
    for sample in workspace.select(args.where):
        path = sample.caption_path
        if path is None or path in done or workspace.content(path) is not None:
            continue
        done.add(path)
        home = workspace.on_disk(path)
        found = _decode(os.path.join(workspace.root, home), args.encoding)
        if isinstance(found, str):
            refused.append(f"{display(path)} ({found})")
            continue
        workspace.bring(Change(Kind.EDIT, home, *found, sample=workspace.on_disk(sample)))
    converted = len(done) - len(refused)
    lines = [f"Convert {count(converted, 'caption')} from {args.encoding} to UTF-8"]
    if not done:
        lines = ["Nothing to convert: every caption is UTF-8 already."]
    if refused:
        lines.append(f"Left alone: {listing(refused)}.")
    return Outcome("\n".join(lines), {"changed": converted, "refused": len(refused)})


def _decode(path: str, encoding: str) -> tuple[bytes, bytes] | str:
    """Read a caption and rewrite it as UTF-8: (before, after), or why that cannot be."""
    found = read_bytes(path)
    if isinstance(found, str):
        return found
    try:
        after = found[0].decode(encoding).removeprefix("\ufeff").encode()
    except UnicodeError:
        return f"not {encoding}"
    return why_not_editable(after) or (found[0], after)

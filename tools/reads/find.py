"""find_images, show_sample, sample_images: samples and their captions."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

from pydantic import Field

from tagsmith.tools.dataset import Sample, repeats
from tagsmith.tools.errors import DatasetError, UsageError
from tagsmith.tools.paths import display
from tagsmith.tools.tags import key, matcher
from tagsmith.tools.toolbox import Arguments, Outcome, Where, tool
from tagsmith.tools.wording import count, share
from tagsmith.tools.workspace import Workspace

_SHOWN = 200


class FindImages(Arguments):
    """Arguments of find_images."""

    where: Where = None
    limit: int = Field(default=20, ge=1, description="rows to show")


@tool(FindImages, core=True)
def find_images(workspace: Workspace, args: FindImages) -> Outcome:
    """Find images by a query and show their captions. Changes nothing."""
    samples = workspace.select(args.where)
    rows = [row(workspace, sample) for sample in samples[: args.limit]]
    total = len(workspace.samples)
    lines = [f"{count(len(samples), 'image')} of {total:,} ({share(len(samples), total)}%)"]
    lines += _lines(rows)
    if len(samples) > args.limit:
        lines.append(f"and {count(len(samples) - args.limit, 'more image')}")
    return Outcome("\n".join(lines), {"rows": rows, "images": len(samples), "total": total})


class SampleImages(Arguments):
    """Arguments of sample_images."""

    count: int = Field(default=5, ge=1, le=200, description="how many")
    seed: int | None = Field(default=None, description="the same seed gives the same images")
    where: Where = None


@tool(SampleImages)
def sample_images(workspace: Workspace, args: SampleImages) -> Outcome:
    """Show a random sample of images with their captions, for checking. Changes nothing."""
    samples = workspace.select(args.where)
    seed = random.SystemRandom().randrange(10_000) if args.seed is None else args.seed
    chosen = at_random(samples, args.count, seed)
    rows = [row(workspace, sample) for sample in chosen]
    lines = [f"{count(len(rows), 'image')} at random of {len(samples):,} (seed {seed})"]
    return Outcome("\n".join([*lines, *_lines(rows)]), {"rows": rows, "seed": seed})


def at_random(samples: Sequence[Sample], most: int, seed: int) -> list[Sample]:
    """Return a random sample; the same seed gives the same images of the same samples."""
    return random.Random(seed).sample(samples, min(most, len(samples)))


class ShowSample(Arguments):
    """Arguments of show_sample."""

    name: str = Field(description="the image's name, with or without its suffix, or its path")


@tool(ShowSample)
def show_sample(workspace: Workspace, args: ShowSample) -> Outcome:
    """Show one image: its caption, its other files, and its folder's repeats. Changes nothing."""
    found = [one for one in workspace.samples if args.name in _called(one)]
    if not found:
        raise UsageError(f"There is no image called {args.name!r}.", _similar(workspace, args.name))
    rows = [_whole(workspace, sample) for sample in found[:_SHOWN]]
    return Outcome("\n\n".join(_paragraph(one) for one in rows), {"rows": rows})


def _called(sample: Sample) -> tuple[str, ...]:
    names = (sample.name, sample.image, sample.stem)
    return (*names, *map(display, names))


def _similar(workspace: Workspace, name: str) -> str:
    test = matcher(f"*{name}*")
    similar = [display(one.name) for one in workspace.samples if test(key(one.name))][:3]
    return f"Nearest: {', '.join(similar)}." if similar else "See find_images."


def row(workspace: Workspace, sample: Sample) -> dict[str, Any]:
    """Return what one row of a table of samples holds."""
    caption = workspace.caption(sample)
    found: dict[str, Any] = {
        "image": display(sample.image),
        "caption": None if caption is None else caption.text.strip(),
    }
    if caption is None and sample.caption_path is not None:
        found["skipped"] = workspace.dataset.skipped.get(sample.caption_path, "cannot be read")
    return found


def _lines(rows: Iterable[dict[str, Any]]) -> list[str]:
    return [f"  {one['image']}  {_short(one)}" for one in rows]


def _short(one: dict[str, Any]) -> str:
    if one["caption"] is None:
        return f"({one.get('skipped', 'no caption')})"
    text = " / ".join(one["caption"].split("\n"))
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]} ... ({len(text):,} characters)"


def _whole(workspace: Workspace, sample: Sample) -> dict[str, Any]:
    stem = sample.stem
    files = workspace.group_files(sample.folder, {stem})[stem]
    return {
        **row(workspace, sample),
        "tags": len(workspace.keys(sample)),
        "files": [display(path) for path in files],
        "repeats": repeats(sample.folder),
        "shared": sample.shared,
        "tagged_by": _tagged_by(workspace, sample),
    }


def _tagged_by(workspace: Workspace, sample: Sample) -> dict[str, list[str]]:
    """Return which of the caption's tags come from a tagger, by its name."""
    from tagsmith.tools.vision import scores_file

    with suppress(DatasetError):
        # Where no tagger ran NumPy is not needed either.
        if scores_file.find(workspace.root) is not None:
            from tagsmith.tools.vision.score_query import tagged_by

            return tagged_by(workspace, sample)
    return {}


def _paragraph(one: dict[str, Any]) -> str:
    lines = [one["image"], f"  caption  {_short(one)}", f"  tags     {one['tags']}"]
    lines.append(f"  files    {', '.join(one['files'])}")
    lines += [f"  tags by  {name}: {', '.join(tags)}" for name, tags in one["tagged_by"].items()]
    if one["shared"]:
        lines.append("  shared   another image has the same stem and the same caption")
    if one["repeats"] is not None:
        lines.append(f"  repeats  {one['repeats']} (kohya reads them from the folder's name)")
    return "\n".join(lines)

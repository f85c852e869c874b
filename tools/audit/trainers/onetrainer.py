"""OneTrainer: a concept's folder (mgds: CollectPaths, LoadMultipleTexts, ShuffleTags)."""

from __future__ import annotations

from collections.abc import Iterator

from tagsmith.tools.audit.trainers.reading import (
    Files,
    Lint,
    Options,
    Reading,
    Row,
    images_of,
    is_hidden,
    is_set_aside,
    note_names,
    note_syntax,
    shared_stems,
    stem_of,
    suffix_of,
    trigger_behind,
)
from tagsmith.tools.audit.trainers.sidecar import Here, note_suffix, text_of
from tagsmith.tools.dataset import join
from tagsmith.tools.pairing import is_mask

NAME = "onetrainer"
EXTENSION = ".txt"
STOPS = frozenset({Row.ENCODING})
READ_SUFFIXES = frozenset({".bmp", ".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".avif"})
KEEP_TAGS = 1


def read(files: Files, options: Options) -> Lint:
    """Read a folder as one concept."""
    lint = Lint(NAME, EXTENSION, stops=STOPS)
    below = any(folder and images_of(names) for folder, names in files.walk())
    deep = options.subfolders if options.subfolders is not None else below
    if below and options.subfolders is None:
        lint.layout.append(
            "Images lie in sub-folders: this is what a concept reads with Include Subdirectories "
            "on, or one concept for each folder."
        )
    lint.layout.append(
        "Repeats and balancing are in the concept's settings; folder names say none."
    )
    for folder, names in files.walk():
        if is_hidden(folder):
            continue
        if folder and not deep:
            for name in () if is_set_aside(f"{folder}/") else images_of(names):
                lint.note(Row.NESTED, join(folder, name), "read only with Include Subdirectories")
            continue
        _read_folder(lint, files, folder, names, options)
    return lint


def _read_folder(
    lint: Lint, files: Files, folder: str, names: tuple[str, ...], options: Options
) -> None:
    images = [name for name in images_of(names) if not is_mask(name)]
    taken = [name for name in images if suffix_of(name).lower() in READ_SUFFIXES]
    shared = shared_stems(taken)
    here = Here(names)
    for name in taken:
        text, source, notices = text_of(files, folder, stem_of(name), EXTENSION, here)
        path = join(folder, name)
        lines = [line.strip() for line in (text or "").split("\n") if line.strip()]
        caption = None if text is None else lines[0] if lines else ""
        if text is not None and source:
            notices += _of_lines(lines, options)
        if stem_of(name) in shared:
            notices.append((Row.SHARED, "another image has this caption too"))
        if is_set_aside(path):
            notices.append((Row.SET_ASIDE, "was set aside, and is read all the same"))
        others = tuple(lines) if len(lines) > 1 else ()
        lint.add(Reading(path, caption, source=source, others=others), notices)
    for name in images:
        if suffix_of(name).lower() not in READ_SUFFIXES:
            note_suffix(lint, join(folder, name))
    note_names(lint, folder, names, map(stem_of, taken), EXTENSION)


def _of_lines(lines: list[str], options: Options) -> Iterator[tuple[Row, str]]:
    if not lines:
        yield Row.EMPTY, "the file is empty, and so is the caption"
        return
    if len(lines) > 1:
        yield Row.RANDOM_LINE, f"one of {len(lines)} lines at random in each step"
    if any(line.startswith("\ufeff") for line in lines):
        yield Row.BOM, "a byte-order mark is part of the first tag"
    yield from note_syntax(lines[0])
    head = KEEP_TAGS if options.keep_tokens is None else options.keep_tokens
    if place := trigger_behind(lines[0].replace("|||", " "), options, head):
        yield Row.TRIGGER, place

"""kohya's sd-scripts, DreamBooth-style folders (library/train_util.py, library/config_util.py)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from tagsmith.tools.audit.trainers.reading import (
    Files,
    Lint,
    Options,
    Reading,
    Row,
    decode,
    images_of,
    is_hidden,
    is_set_aside,
    note_names,
    note_syntax,
    shared_stems,
    stem_of,
    suffix_of,
    trigger_behind,
    why_unread,
)
from tagsmith.tools.audit.trainers.sidecar import Here
from tagsmith.tools.dataset import join
from tagsmith.tools.pairing import CAPTION_SUFFIXES, is_mask

NAME = "kohya"
DEFAULT_EXTENSION = ".caption"
STOPS = frozenset({Row.EMPTY, Row.ENCODING})

_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp")
READ_SUFFIXES = frozenset({*_SUFFIXES, *(suffix.upper() for suffix in _SUFFIXES)})

# The caches of text encoders (library/strategy_sdxl.py, strategy_sd3.py, strategy_flux.py, ...).
TEXT_CACHE = re.compile(r"_(te_outputs|[a-z0-9]+_te)\.npz$")
METADATA_CACHE = "metadata_cache.json"


def repeats(folder: str) -> int | None:
    """Return the repeats that a folder's name says; None for a name that says none.

    The number before the first ``_``, whatever Python's int takes; 0 and less mean: left out.
    """
    try:
        number = int(folder.partition("_")[0])
    except ValueError:
        return None
    return number if number > 0 else None


def class_token(folder: str) -> str:
    """Return what a folder's name says behind its repeats: the caption of images without one."""
    return folder.partition("_")[2]


def read(files: Files, options: Options) -> Lint:
    """Read a folder as ``--train_data_dir``; without ``N_name`` folders, as a config's folders."""
    lint = Lint(NAME, stops=STOPS)
    numbered = {
        folder: number
        for folder in files.folders
        if folder and "/" not in folder and (number := repeats(folder)) is not None
    }
    chosen = numbered or _folders_of_a_config(files)
    lint.extension = extension = options.extension or likely_extension(files, chosen)
    _tell_layout(lint, bool(numbered), extension, options)
    for folder in sorted(chosen):
        _read_folder(lint, files, folder, chosen[folder], extension, options, numbered=numbered)
    if numbered:
        _tell_left_out(lint, files, numbered)
        for folder, number in sorted(numbered.items()):
            lint.note(Row.REPEATS, folder, f"{number} repeats")
    return lint


def _folders_of_a_config(files: Files) -> dict[str, int]:
    """Return the folders with images that somebody would name: none hidden, none set aside."""
    return {
        folder: 1
        for folder, names in files.walk()
        if images_of(names) and not is_set_aside(f"{folder}/") and not is_hidden(folder)
    }


def likely_extension(files: Files, folders: dict[str, int]) -> str:
    """Return the extension that most captions have, kohya's own where there is none."""
    found: Counter[str] = Counter()
    for folder in folders:
        names = files.folders[folder]
        stems = {stem_of(name) for name in images_of(names)}
        found.update(
            suffix
            for name in names
            if (suffix := suffix_of(name)) in CAPTION_SUFFIXES and stem_of(name) in stems
        )
    return found.most_common(1)[0][0] if found else DEFAULT_EXTENSION


def _tell_layout(lint: Lint, numbered: bool, extension: str, options: Options) -> None:
    if not numbered:
        lint.layout.append(
            "No folder is named N_name, so --train_data_dir finds nothing: this is what a dataset "
            "config reads that names each folder with images, with num_repeats 1."
        )
        lint.note(Row.SETTING, "", "a dataset config that names the folders: none is N_name")
    if extension != DEFAULT_EXTENSION and not options.extension:
        lint.layout.append(
            f"Give --caption_extension {extension}: without it kohya reads {DEFAULT_EXTENSION}, "
            "and none of these captions."
        )
        lint.note(Row.SETTING, "", f"--caption_extension {extension}")


def _read_folder(
    lint: Lint,
    files: Files,
    folder: str,
    number: int,
    extension: str,
    options: Options,
    *,
    numbered: dict[str, int],
) -> None:
    names = files.folders[folder]
    images = [name for name in images_of(names) if not name.startswith(".")]
    taken = [name for name in images if suffix_of(name) in READ_SUFFIXES]
    shared = shared_stems(taken)
    borrowed: set[str] = set()
    token = class_token(folder) if folder in numbered else None
    here = Here(names)
    for name in taken:
        source = _source(files, folder, name, extension, here)
        if source and source != join(folder, stem_of(name) + extension):
            borrowed.add(stem_of(source.rpartition("/")[2]))
        reading, notices = _caption(files, join(folder, name), source, token, options)
        if stem_of(name) in shared:
            notices.append((Row.SHARED, "another image has this caption too"))
        if not source:
            notices += here.otherwise(stem_of(name), extension)
        if is_mask(name):
            notices.append((Row.MASK, "a mask that is trained on as an image"))
        lint.add(Reading(reading.image, reading.caption, number, source, reading.others), notices)
    for name in sorted(set(images).difference(taken)):
        _note_unread(lint, join(folder, name))
    note_names(lint, folder, names, borrowed.union(map(stem_of, taken)), extension)
    _note_caches(lint, files, folder, extension)


def _source(files: Files, folder: str, name: str, extension: str, here: Here) -> str:
    """Return the caption file: that of the stem, else the stem without its last four ``_`` parts.

    The parts are those of the whole path; what they make is looked up only inside the dataset.
    """
    own = stem_of(name) + extension
    if own in here:
        return join(folder, own)
    parts = join(folder, stem_of(name)).split("_")
    if len(parts) >= 5 and files.has(other := "_".join(parts[:-4]) + extension):
        return other
    return ""


def _caption(
    files: Files, image: str, source: str, token: str | None, options: Options
) -> tuple[Reading, list[tuple[Row, str]]]:
    if not source:
        said = f"the class token {token!r} instead" if token else "an empty caption instead"
        return Reading(image, token or ""), [(Row.MISSING, f"no caption: {said}")]
    notices: list[tuple[Row, str]] = []
    if source.rpartition("/")[2].rpartition(".")[0] != stem_of(image.rpartition("/")[2]):
        notices.append((Row.BORROWED, f"takes {source}"))
    data = files.read(source)
    text = None if data is None else decode(data)
    if text is None:
        return Reading(image, None), [*notices, (Row.ENCODING, f"{source} {why_unread(data)}")]
    lines = text.split("\n")
    if not text:
        return Reading(image, None), [*notices, (Row.EMPTY, f"{source} is empty")]
    filled = [line.strip() for line in lines if line.strip()]
    if options.wildcard:
        caption, others = (filled[0] if filled else ""), tuple(filled)
    else:
        caption, others = lines[0].strip(), ()
    notices += _of_lines(caption, filled, options)
    return Reading(image, caption, others=others if len(others) > 1 else ()), notices


def _of_lines(caption: str, filled: list[str], options: Options) -> Iterator[tuple[Row, str]]:
    if not caption:
        yield Row.BLANK_FIRST, "the first line is blank, so the caption is empty"
    elif len(filled) > 1 and options.wildcard:
        yield Row.RANDOM_LINE, f"one of {len(filled)} lines at random"
    if len(filled) > bool(caption) and not options.wildcard:
        more = len(filled) - bool(caption)
        yield Row.LATER_LINES, f"{more} more {'line' if more == 1 else 'lines'}, ignored"
    if caption.startswith("\ufeff"):
        yield Row.BOM, "a byte-order mark is part of the first tag"
    spoken = frozenset({Row.WILDCARD}) if options.wildcard else frozenset()
    yield from note_syntax(caption, spoken)
    head = 1 if options.keep_tokens is None else options.keep_tokens
    if place := trigger_behind(caption, options, head):
        yield Row.TRIGGER, place


def _note_unread(lint: Lint, path: str) -> None:
    suffix = suffix_of(path)
    if suffix.lower() in _SUFFIXES:
        lint.note(Row.CASE, path, f"{suffix} in mixed case is not read, so neither is the image")
    elif suffix.lower() == ".avif":
        lint.note(Row.SUFFIX, path, ".avif is read only where pillow-avif-plugin is installed")
    else:
        lint.note(Row.SUFFIX, path, f"{suffix} is not read")


def _tell_left_out(lint: Lint, files: Files, numbered: dict[str, int]) -> None:
    """Note the images beside and below the ``N_name`` folders: none of them is read."""
    for folder, names in files.walk():
        if folder in numbered:
            continue
        for name in () if is_set_aside(f"{folder}/") else images_of(names):
            where = "beside the N_name folders" if not folder else f"in {folder}"
            row = Row.ROOT if not folder else Row.NESTED
            lint.note(row, join(folder, name), f"{where}, not read")


def _note_caches(lint: Lint, files: Files, folder: str, extension: str) -> None:
    names = files.folders[folder]
    for name in names:
        if TEXT_CACHE.search(name):
            _note_text_cache(lint, files, folder, name, extension)
        elif name.endswith(".npz"):
            lint.note(Row.LATENTS, join(folder, name), "cached latents; captions do not matter")
    if METADATA_CACHE in names:
        path = join(folder, METADATA_CACHE)
        captions = (join(folder, name) for name in names if suffix_of(name) == extension)
        newest = max((files.changed(one) for one in captions), default=float("-inf"))
        _note_cache(lint, path, stale=newest > files.changed(path))


def _note_text_cache(lint: Lint, files: Files, folder: str, name: str, extension: str) -> None:
    caption = join(folder, TEXT_CACHE.sub("", name) + extension)
    path = join(folder, name)
    _note_cache(
        lint, path, stale=files.has(caption) and files.changed(caption) > files.changed(path)
    )


def _note_cache(lint: Lint, path: str, *, stale: bool) -> None:
    if stale:
        lint.note(Row.STALE_CACHE, path, "older than the caption, and used all the same")
    else:
        lint.note(Row.CACHE, path, "used whatever the captions say")

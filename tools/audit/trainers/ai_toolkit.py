"""ai-toolkit: a dataset's folder_path (toolkit/data_loader.py, toolkit/dataloader_mixins.py)."""

from __future__ import annotations

from collections.abc import Iterator

from tagsmith.tools.audit.trainers.reading import (
    Files,
    Lint,
    Options,
    Reading,
    Row,
    images_of,
    is_set_aside,
    note_names,
    note_syntax,
    shared_stems,
    stem_of,
    suffix_of,
)
from tagsmith.tools.audit.trainers.sidecar import Here, note_suffix, text_of
from tagsmith.tools.dataset import join
from tagsmith.tools.pairing import is_mask

NAME = "ai-toolkit"
DEFAULT_EXTENSION = ".txt"
STOPS = frozenset({Row.ENCODING})
READ_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp"})

CONTROLS = "_controls"
LATENTS = "_latent_cache"
TEXT_CACHE = "_t_e_cache"
_DEFAULT_FILE = "default.txt"
_PLACEHOLDERS = ("[trigger]", "[name]")


def read(files: Files, options: Options) -> Lint:
    """Read a folder and all folders below it, hidden ones too: it walks the whole tree."""
    extension = options.extension or DEFAULT_EXTENSION
    lint = Lint(NAME, extension, stops=STOPS)
    lint.layout.append(
        f"caption_ext {extension}, num_repeats 1, no trigger_word: folder names say none of these."
    )
    for folder, names in files.walk():
        last = folder.rpartition("/")[2]
        if last in (LATENTS, TEXT_CACHE):
            what = "cached latents" if last == LATENTS else "cached text embeddings"
            lint.note(Row.LATENTS if last == LATENTS else Row.CACHE, folder, what)
        if last != CONTROLS:
            _read_folder(lint, files, folder, names, extension)
    return lint


def _read_folder(
    lint: Lint, files: Files, folder: str, names: tuple[str, ...], extension: str
) -> None:
    images = [name for name in images_of(names) if not name.startswith(".")]
    taken = [name for name in images if suffix_of(name).lower() in READ_SUFFIXES]
    shared = shared_stems(taken)
    here = Here(names)
    for name in taken:
        text, source, notices = text_of(files, folder, stem_of(name), extension, here)
        path = join(folder, name)
        caption = None if text is None else as_seen(text)
        if text is not None and source:
            notices += _of_text(text)
        if stem_of(name) in shared:
            notices.append((Row.SHARED, "another image has this caption too"))
        if is_mask(name):
            notices.append((Row.MASK, "a mask that is trained on as an image"))
        if is_set_aside(path):
            notices.append((Row.SET_ASIDE, "was set aside, and is read all the same"))
        lint.add(Reading(path, caption, source=source), notices)
    for name in images:
        if suffix_of(name).lower() not in READ_SUFFIXES:
            note_suffix(lint, join(folder, name))
    note_names(
        lint, folder, [one for one in names if one != _DEFAULT_FILE], map(stem_of, taken), extension
    )
    if _DEFAULT_FILE in here:
        lint.note(
            Row.RESERVED,
            join(folder, _DEFAULT_FILE),
            "the caption of images without one in older versions, of default.png in newer ones",
        )


def as_seen(text: str) -> str:
    """Return a file's text as it reaches the tokenizer: cut at commas and joined by ``", "``.

    Nothing is stripped, so that "a, b" becomes "a,  b". Without a trigger word in the
    configuration its placeholders become nothing; a blank file gives the default caption, "".
    """
    if not text.strip():
        return ""
    caption = ", ".join(text.split(","))
    for placeholder in _PLACEHOLDERS:
        caption = caption.replace(placeholder, "")
    return caption


def _of_text(text: str) -> Iterator[tuple[Row, str]]:
    if not text.strip():
        yield Row.EMPTY, "the file is empty: default_caption, or nothing, instead"
        return
    lines = sum(bool(line.strip()) for line in text.split("\n"))
    if lines > 1:
        yield Row.JOINED_LINES, f"{lines} lines are one caption, newlines included"
    if text.startswith("\ufeff") or "\n\ufeff" in text:
        yield Row.BOM, "a byte-order mark is part of the first tag"
    if ", " in text:
        yield Row.DOUBLE_SPACE, "two spaces behind each comma"
    if any(placeholder in text for placeholder in _PLACEHOLDERS):
        yield Row.PLACEHOLDER, "[trigger] is replaced by the trigger_word of the configuration"
    yield from note_syntax(text)

"""Which models are on this machine, where, and whether they are what their specs say.

Nothing here imports the hub's library or opens a connection. A model is looked for where the user
put it by hand (``models/<name>/`` of Tagsmith's data folder, or ``<name>/`` of the folder that the
setting or TAGSMITH_MODELS_FOLDER names), then in the hub's cache. Its files are hashed before its
first use.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from tagsmith.tools.errors import ModelError
from tagsmith.tools.vision import preferences, pulled, verify
from tagsmith.tools.vision.hub_cache import snapshot
from tagsmith.tools.vision.quantize import SUFFIX
from tagsmith.tools.vision.schema import ModelFile, ModelSpec
from tagsmith.tools.vision.spec import specs
from tagsmith.tools.watch import Watch

PIXELS = "pixels"


class Place(StrEnum):
    """Where a model lies, in the words that a user sees."""

    HAND = "placed by hand"
    CACHE = "hub cache"


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A model's files; ``revision`` is the hub's commit, where they come from there.

    ``verified``: each file that has a checksum was hashed and is right. ``unchecked`` names those
    for which no source gives one, so that only their size, at most, is known to be right.
    """

    name: str
    path: str
    place: Place
    revision: str | None
    verified: bool
    unchecked: tuple[str, ...]


def look(spec: ModelSpec) -> ModelFolder | None:
    """Return where the model lies, without reading its files; None where it does not.

    Raises ModelError where a file differs in size, in the checksum that was remembered, or misses
    in a folder made by hand; the message names the file and the difference.
    """
    for folder, place, revision in _candidates(spec):
        files = _expected(spec, place)
        present = [file for file in files if os.path.isfile(os.path.join(folder, file.path))]
        missing = [file.path for file in files if file.required and file not in present]
        if missing and place is Place.HAND:
            raise _damaged(spec, folder, place, missing[0], "it is missing")
        if not missing:
            return _look_at(spec, folder, place, revision, present)
    return None


def installed(spec: ModelSpec, watch: Watch | None = None) -> ModelFolder | None:
    """Return the model's folder once every file in it is verified; None where there is no model.

    Raises ModelError that names the file and the difference, StoppedError where ``watch`` says so.
    """
    found = look(spec)
    if found is None or found.verified:
        return found
    for file in _expected(spec, found.place):
        path = os.path.join(found.path, file.path)
        if os.path.isfile(path):
            reason = verify.check_file(file, path, watch)
            if reason is not None:
                raise _damaged(spec, found.path, found.place, file.path, reason)
    return replace(found, verified=True)


def require(spec: ModelSpec, watch: Watch | None = None) -> str:
    """Return the folder of a verified model. Raises ModelError that says how to get it."""
    found = installed(spec, watch)
    if found is not None:
        return found.path
    if spec.repo is None:
        what = f"{spec.name} is not on this machine, and no hub has it."
        raise ModelError(what, f"Put its files into {hand_folder(spec.name)}.")
    size = f" ({megabytes(spec.size)})" if spec.size is not None else ""
    raise ModelError(
        f"{spec.name} is not on this machine{size}.",
        f"Run `tagsmith models pull {spec.name}`, say /pull {spec.name} in the chat"
        + (f", or use model={PIXELS}." if spec.role == "tagger" else "."),
    )


def default_model() -> str:
    """Return the first tagger of ``specs()`` that is here, else ``pixels``; reads no weights.

    A quantised form counts only where no other is here. A damaged model counts: using it then says
    what is wrong with it.
    """
    here = [spec.name for spec in specs().values() if spec.role == "tagger" and _is_here(spec)]
    return min(here, key=lambda name: name.endswith(SUFFIX), default=PIXELS)


def _is_here(spec: ModelSpec) -> bool:
    try:
        return look(spec) is not None
    except ModelError:
        return True


def megabytes(size: int) -> str:
    """Return ``467 MB`` or ``77 kB``; powers of ten, as on the hub's pages."""
    if size >= 999_500:
        return f"{size / 1e6:,.0f} MB"
    return f"{size / 1e3:,.0f} kB" if size >= 1000 else f"{size} bytes"


# Places


def models_folder() -> Path:
    """Return where users put models by hand; it need not exist."""
    set_here = os.environ.get("TAGSMITH_MODELS_FOLDER", "").strip()
    if chosen := set_here or preferences.current().models_folder:
        return Path(chosen).expanduser()
    return pulled.data_folder() / "models"


def hand_folder(name: str) -> str:
    """Return the folder into which a user would put this model."""
    return str(models_folder() / name)


def made_by_hand(spec: ModelSpec) -> bool:
    """Tell whether the user put something into the model's folder."""
    try:
        return any(not name.startswith(".") for name in os.listdir(hand_folder(spec.name)))
    except OSError:
        return False


def _candidates(spec: ModelSpec) -> Iterator[tuple[str, Place, str | None]]:
    if made_by_hand(spec):
        yield hand_folder(spec.name), Place.HAND, None
    commit = pulled.commit_of(spec)
    if spec.repo is not None and commit is not None:
        yield snapshot(spec.repo, commit), Place.CACHE, commit


def _expected(spec: ModelSpec, place: Place) -> tuple[ModelFile, ...]:
    """What was pulled says nothing about what a user puts there."""
    return pulled.expected(spec) if place is Place.CACHE else spec.files


def _look_at(
    spec: ModelSpec, folder: str, place: Place, revision: str | None, present: list[ModelFile]
) -> ModelFolder:
    verified = True
    for file in present:
        path = os.path.join(folder, file.path)
        known = verify.remembered(path) if file.sha256 is not None else None
        reason = verify.difference(file, path, known)
        if reason is not None:
            raise _damaged(spec, folder, place, file.path, reason)
        verified &= file.sha256 is None or known is not None
    unchecked = tuple(file.path for file in present if file.sha256 is None)
    return ModelFolder(spec.name, folder, place, revision, verified, unchecked)


def _damaged(spec: ModelSpec, folder: str, place: Place, path: str, reason: str) -> ModelError:
    remedy = f"`tagsmith models pull {spec.name}` fetches it again."
    if place is Place.HAND:
        remedy = f"Put the right file there, or take {folder} away."
    return ModelError(
        f"{spec.name} cannot be used: {path} in {folder} is not the file of its spec: {reason}.",
        remedy,
    )

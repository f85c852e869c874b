"""The hub's cache on this disk, as every tool that downloads from it lays it out.

``models--org--name/{blobs/<etag>, snapshots/<commit>/<path> -> ../../blobs/<etag>}``
(specs of huggingface_hub 2.4, ``file_download.hf_hub_download``). Nothing here asks the network.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from tagsmith.tools.vision.schema import ModelSpec

# A download that writes nothing for this long was killed; its rest is nobody's any more.
_ABANDONED = 3600.0
_PART = ".tagsmith.incomplete"


def cache_folder(environ: Mapping[str, str] | None = None) -> str:
    """Return where the hub's library keeps models, by the same variables as it does."""
    env = os.environ if environ is None else environ
    general = env.get("XDG_CACHE_HOME", os.path.join(os.path.expanduser("~"), ".cache"))
    home = _expanded(env.get("HF_HOME", os.path.join(general, "huggingface")))
    older = env.get("HUGGINGFACE_HUB_CACHE", os.path.join(home, "hub"))
    return _expanded(env.get("HF_HUB_CACHE", older))


def _expanded(path: str) -> str:
    return os.path.expandvars(os.path.expanduser(path))


def repo_folder(repo: str) -> str:
    """Return the folder of a repository in the cache; it need not exist."""
    return os.path.join(cache_folder(), f"models--{repo.replace('/', '--')}")


def snapshot(repo: str, commit: str) -> str:
    """Return the folder of one commit; it need not exist."""
    return os.path.join(repo_folder(repo), "snapshots", commit)


def blob(repo: str, etag: str) -> str:
    """Return where a file's content belongs; it need not exist."""
    return os.path.join(repo_folder(repo), "blobs", etag)


def part(repo: str, etag: str) -> str:
    """Return where a download waits until it is whole and verified; no other tool looks there."""
    return blob(repo, etag) + _PART


def lock(repo: str, etag: str) -> str:
    """Return the file that is locked while a part is written, beside those of the library."""
    folder = repo_folder(repo)
    return os.path.join(
        os.path.dirname(folder), ".locks", os.path.basename(folder), f"{etag}.tagsmith.lock"
    )


@dataclass(frozen=True, slots=True)
class Freeable:
    """Files of a model in the cache that nothing else there uses, and their bytes on disk."""

    paths: tuple[str, ...]
    size: int


def freeable(spec: ModelSpec, commit: str) -> Freeable:
    """Return what removing the spec's files of a commit would delete.

    A blob that another snapshot links to stays. Downloads that have not ended go too.
    """
    if spec.repo is None:
        return Freeable((), 0)
    pointers = [os.path.join(snapshot(spec.repo, commit), file.path) for file in spec.files]
    pointers = [path for path in pointers if os.path.lexists(path)]
    return _freed(repo_folder(spec.repo), pointers, list(_abandoned(spec.repo)))


def remove_damaged(repo: str, commit: str, path: str) -> None:
    """Delete a file of a commit with its blob, which is wrong for whatever else links to it too.

    Raises OSError.
    """
    folder, pointer = repo_folder(repo), os.path.join(snapshot(repo, commit), path)
    blob = os.path.realpath(pointer)
    if os.path.lexists(pointer):
        os.unlink(pointer)
    if _is_below(blob, _blobs(folder)) and os.path.exists(blob):
        os.unlink(blob)


def remove(repo: str, found: Freeable) -> None:
    """Delete these files, and the folders that are empty then. Raises OSError."""
    top = os.path.dirname(repo_folder(repo))
    for path in found.paths:
        with suppress(FileNotFoundError):
            os.unlink(path)
    for path in found.paths:
        above = os.path.dirname(path)
        while _is_below(above, top):
            try:
                os.rmdir(above)
            except OSError:
                break
            above = os.path.dirname(above)


def _freed(folder: str, pointers: list[str], rests: list[str]) -> Freeable:
    blobs = {os.path.realpath(path) for path in pointers if os.path.islink(path)}
    used = {os.path.realpath(path) for path in _links(folder) if path not in set(pointers)}
    unused = [path for path in sorted(blobs - used) if _is_below(path, _blobs(folder))]
    paths = [*pointers, *unused, *rests]
    return Freeable(tuple(paths), sum(_size(path) for path in paths))


def _blobs(folder: str) -> str:
    return os.path.realpath(os.path.join(folder, "blobs"))


def _is_below(path: str, folder: str) -> bool:
    return path.startswith(folder + os.sep)


def _links(folder: str) -> Iterator[str]:
    for above, _, names in os.walk(os.path.join(folder, "snapshots")):
        yield from (os.path.join(above, name) for name in names)


def _abandoned(repo: str) -> Iterator[str]:
    blobs = os.path.join(repo_folder(repo), "blobs")
    with suppress(OSError), os.scandir(blobs) as entries:
        for entry in entries:
            if entry.name.endswith(_PART):
                yield entry.path
            elif entry.name.endswith(".incomplete"):
                with suppress(OSError):
                    if time.time() - entry.stat().st_mtime > _ABANDONED:
                        yield entry.path


def _size(path: str) -> int:
    try:
        return os.lstat(path).st_size if not os.path.islink(path) else 0
    except OSError:
        return 0

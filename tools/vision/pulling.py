"""What a pull of a model would fetch, and the pull itself, into the hub's own cache.

The cache is shared with other tools, so they find the files too. Size, commit and sha256 are
compared here, with what the hub says before a download and with what came after it.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from tagsmith.tools.errors import ModelError, UsageError
from tagsmith.tools.vision import hub_cache, pulled, verify
from tagsmith.tools.vision.hub import Answer, Hub
from tagsmith.tools.vision.hub_faults import Asked, Fault, MissingFileError, told
from tagsmith.tools.vision.installed import (
    ModelFolder,
    hand_folder,
    installed,
    made_by_hand,
    megabytes,
)
from tagsmith.tools.vision.schema import ModelFile, ModelSpec
from tagsmith.tools.watch import Step, Watch

HUB = "https://huggingface.co"
UNPINNED = "main"

_TRUE = {"1", "ON", "YES", "TRUE"}
_SHA256 = re.compile(r"[0-9a-f]{64}")
_SHA1 = re.compile(r"[0-9a-f]{40}")
# What a file system needs besides the files.
_SPARE = 64 << 20
# Larger files are git-lfs's, whose ETag is a sha256 and not git's sha1.
_MOST_GIT = 64 << 20


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file still to be fetched; ``size`` is None where neither the spec nor the hub says."""

    file: ModelFile
    size: int | None


@dataclass(frozen=True, slots=True)
class Offer:
    """What a pull of a model would fetch, and from which hub into which folder.

    ``found`` is the model where it is here already; ``files`` are empty then.
    """

    spec: ModelSpec
    commit: str
    files: tuple[Wanted, ...]
    endpoint: str
    folder: str
    found: ModelFolder | None = None

    @property
    def size(self) -> int | None:
        """Bytes to be fetched; None where one file's size is not known."""
        known = [one.size for one in self.files if one.size is not None]
        return sum(known) if len(known) == len(self.files) else None


def offer(spec: ModelSpec, watch: Watch | None = None) -> Offer:
    """Say what a pull would fetch. Asks the hub only for what the spec leaves open.

    Files that are here are verified first; a damaged one is fetched again. Raises ModelError,
    UsageError for an HF_ENDPOINT that cannot be used, and StoppedError.
    """
    watch = watch or Watch()
    found = _found(spec, watch)
    if found is not None:
        return Offer(spec, found.revision or "", (), "", "", found)
    if spec.repo is None:
        raise ModelError(
            f"No hub has {spec.name}.", f"Put its files into {hand_folder(spec.name)} by hand."
        )
    endpoint = endpoint_of(os.environ)
    asked = Asked(spec.name, spec.repo, spec.main.path, UNPINNED, endpoint)
    if is_offline(os.environ):
        raise told(Fault.OFFLINE, asked)
    hub = Hub(asked, watch, gated=spec.gated)
    commit = pulled.commit_of(spec) or hub.about(spec.main.path, UNPINNED).commit
    files = [file for file in pulled.expected(spec) if not _is_here(spec.repo, commit, file, watch)]
    wanted = [one for file in files if (one := _wanted(hub, commit, file)) is not None]
    return Offer(spec, commit, tuple(wanted), endpoint, hub_cache.cache_folder())


def pull(what: Offer, watch: Watch | None = None) -> ModelFolder:
    """Fetch an offer's files and return the verified folder; ``watch`` is told the bytes.

    Whatever ends it, no half or wrong file stays under its name. Raises ModelError that says what
    happened and what to do, and StoppedError.
    """
    watch = watch or Watch()
    spec = what.spec
    if what.found is None and spec.repo is not None:
        asked = Asked(spec.name, spec.repo, "", what.commit, what.endpoint)
        _Pull(what, asked, watch).run()
        if pulled.is_open(spec):
            pulled.record(spec, what.commit, _digests(what, spec.repo, watch))
    found = installed(spec, watch)
    if found is None:
        raise ModelError(f"{spec.name} is not complete after its download.", "Pull it again.")
    return found


def _digests(what: Offer, repo: str, watch: Watch) -> dict[str, str]:
    folder = hub_cache.snapshot(repo, what.commit)
    paths = {file.path: os.path.join(folder, file.path) for file in what.spec.files}
    return {
        name: verify.digest(path, watch) for name, path in paths.items() if os.path.isfile(path)
    }


class _Pull:
    """One pull under way: what the hub said about each file, and how many bytes are here."""

    def __init__(self, what: Offer, asked: Asked, watch: Watch) -> None:
        self._what = what
        self._asked = asked
        self._watch = watch
        self._hub = Hub(asked, watch, gated=what.spec.gated)
        self._done = 0
        self._total = 0

    def run(self) -> None:
        """Ask about every file before the first is fetched, so that nothing is fetched in vain."""
        answers = [(one.file, self._answer(one.file)) for one in self._what.files]
        offered = [(file, answer) for file, answer in answers if answer is not None]
        sizes = [answer.size or file.size or 0 for file, answer in offered]
        self._total = sum(sizes)
        parts = [hub_cache.part(self._asked.repo, answer.etag) for _, answer in offered]
        came = sum(os.path.getsize(part) for part in parts if os.path.exists(part))
        _check_space(self._what.folder, self._total - came)
        for file, answer in offered:
            self._fetch(file, answer)

    def _answer(self, file: ModelFile) -> Answer | None:
        """Return what the hub says about a file, None where it has not, and need not have, it."""
        answer = _about(self._hub, self._what.commit, file)
        difference = answer and _difference(file, self._what.commit, answer)
        if difference is not None:
            raise ModelError(
                f"{self._asked.host} has another {file.path} for {self._asked.name}: {difference}.",
                "Nothing was downloaded. The spec pins what was checked; do not use the other.",
            )
        return answer

    def _fetch(self, file: ModelFile, answer: Answer) -> None:
        repo, commit = self._asked.repo, self._what.commit
        size = answer.size if answer.size is not None else file.size
        if _is_here(repo, commit, file, self._watch):
            self._count(size or 0)  # another pull was faster
            return
        etag = answer.etag
        blob, part = hub_cache.blob(repo, etag), hub_cache.part(repo, etag)
        lock = hub_cache.lock(repo, etag)
        with _writing():
            hub_cache.remove_damaged(repo, commit, file.path)
            for place in (blob, lock):
                os.makedirs(os.path.dirname(place), exist_ok=True)
        self._hub.fetch(file.path, commit, part, lock, size, self._count)
        reason = verify.check_file(file, part, self._watch) or _not_as_told(part, etag)
        if reason is not None:
            with _writing():
                os.unlink(part)
            raise ModelError(
                f"{file.path} of {self._asked.name} came wrong from {self._asked.host}: {reason}.",
                f"It was deleted. Try {self._asked.again} once more; if that stays so, do not "
                "trust this hub.",
            )
        with _writing():
            os.replace(part, blob)
        path = self._hub.file_away(file.path, commit, self._what.folder, size)
        if not os.path.islink(path) and os.path.exists(blob):
            with _writing():
                os.unlink(blob)  # it was copied, where there are no links

    def _count(self, amount: int) -> None:
        self._done += amount
        name = self._asked.name
        self._watch.tell(Step(f"Downloading {name}", self._done, self._total, "bytes"))


def endpoint_of(environ: Mapping[str, str]) -> str:
    """Return the hub's address: HF_ENDPOINT, else huggingface.co.

    Raises UsageError where it is not http or https, or holds a password, which would be shown.
    """
    address = environ.get("HF_ENDPOINT", "").strip().rstrip("/") or HUB
    hint = "Set it to an address like https://hf-mirror.com, or unset it for huggingface.co."
    if "@" in address:
        raise UsageError("HF_ENDPOINT holds a user name or a password.", hint)
    with suppress(ValueError):
        parts = urlsplit(address)
        plain = address.isascii() and address.isprintable() and " " not in address
        extra = parts.query or parts.fragment
        if parts.scheme in ("http", "https") and parts.hostname and plain and not extra:
            _ = parts.port
            return address
    raise UsageError("HF_ENDPOINT is not an http or https address.", hint)


def is_offline(environ: Mapping[str, str]) -> bool:
    """Tell whether the user switched the hub off, by the variables that its library reads."""
    value = environ.get("HF_HUB_OFFLINE") or environ.get("TRANSFORMERS_OFFLINE") or ""
    return value.upper() in _TRUE


def _wanted(hub: Hub, commit: str, file: ModelFile) -> Wanted | None:
    if file.size is not None:
        return Wanted(file, file.size)
    answer = _about(hub, commit, file)
    return Wanted(file, answer.size) if answer is not None else None


def _about(hub: Hub, commit: str, file: ModelFile) -> Answer | None:
    """Ask about a file; None where the repository has not, and need not have, it."""
    try:
        return hub.about(file.path, commit)
    except MissingFileError:
        if file.required:
            raise
        return None


def _found(spec: ModelSpec, watch: Watch) -> ModelFolder | None:
    try:
        return installed(spec, watch)
    except ModelError:
        if made_by_hand(spec):
            raise
        return None


def _is_here(repo: str, commit: str, file: ModelFile, watch: Watch) -> bool:
    path = os.path.join(hub_cache.snapshot(repo, commit), file.path)
    return os.path.isfile(path) and verify.check_file(file, path, watch) is None


def _difference(file: ModelFile, commit: str, answer: Answer) -> str | None:
    """Say how what the hub offers differs from the spec, as far as it tells."""
    if answer.commit != commit:
        return f"it is of commit {answer.commit[:12]}, not {commit[:12]}"
    if file.size is not None and answer.size is not None and answer.size != file.size:
        return f"it has {answer.size:,} bytes, not {file.size:,}"
    sha256 = file.sha256 or ""
    if _SHA256.fullmatch(answer.etag) and not answer.etag.startswith(sha256):
        return f"its sha256 is {answer.etag[: len(sha256)]}, not {sha256}"
    return None


def _not_as_told(path: str, etag: str) -> str | None:
    """Say whether a file is another than the hub promised; ETags of other kinds say nothing."""
    if _SHA256.fullmatch(etag) and verify.digest(path) != etag:
        return "its sha256 is not the one that the hub told"
    if _SHA1.fullmatch(etag) and os.path.getsize(path) <= _MOST_GIT and _git_hash(path) != etag:
        return "its checksum is not the one that the hub told"
    return None


def _git_hash(path: str) -> str:
    """Return git's name for a file: the sha1 of ``blob SIZE``, a NUL and the content."""
    with open(path, "rb") as file:
        data = file.read()
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


@contextmanager
def _writing() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ModelError(
            f"The hub's cache cannot be changed: {error.strerror or error}.",
            "Check its permissions; HF_HOME moves it elsewhere.",
        ) from error


def _check_space(folder: str, needed: int) -> None:
    """Raise ModelError where the disk has no room for so many bytes."""
    place = folder
    while not os.path.isdir(place) and os.path.dirname(place) != place:
        place = os.path.dirname(place)
    free = shutil.disk_usage(place).free
    if free < needed + _SPARE:
        raise ModelError(
            f"{megabytes(needed)} do not fit: {folder} has {megabytes(free)} free.",
            "Free some space, or set HF_HOME to a folder on a larger disk.",
        )

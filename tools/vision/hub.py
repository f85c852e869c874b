"""The one importer of huggingface_hub: asking about a file, fetching it, filing it in the cache.

What was looked up in huggingface_hub 2.4 (``file_download``, ``utils/_http``): with a full commit a
cached file costs no request. ``http_get`` goes on at a multiple of DOWNLOAD_CHUNK_SIZE where a
download broke off and gives up after five tries, seconds apart, without progress; it does not try
again when a connection is reset, nor stop a body that is longer than promised. ``hf_hub_download``
begins anew in every process, does not compare the sha256, and takes the ETag for a file name
unseen. So files come by the former into a place of ours, where they wait for the next try, and the
latter only files what was verified.
"""

from __future__ import annotations

import logging
import os
import re
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeVar, cast
from urllib.parse import urlsplit

from tagsmith import __version__
from tagsmith.tools.errors import ModelError
from tagsmith.tools.vision.hub_faults import Asked, Fault, told
from tagsmith.tools.watch import Watch

if TYPE_CHECKING:
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError

T = TypeVar("T")

_TIMEOUT = 10.0
# Seconds between the tries of one question, and of a download that came no further meanwhile.
_PAUSES: Sequence[float] = (1.0, 3.0)
_PATIENCE: Sequence[float] = (5.0, 15.0, 30.0)
# A download that broke off goes on at a multiple of this, and can be stopped at each.
_BLOCK = 1 << 20
_SLICE = 0.1
_US = {"library_name": "tagsmith", "library_version": __version__}
_THIS_MACHINE = {"localhost", "127.0.0.1", "::1"}
# At other levels they write down addresses that are signed, and headers.
_LOGGERS = ("huggingface_hub", "httpx2", "httpcore2")
_PASSING = frozenset({Fault.UNREACHABLE, Fault.SLOW, Fault.CUT, Fault.RESET, Fault.BROKEN})
_NAME = re.compile(r'(?:W/)?"?[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}"?')
_NAMING = ("X-Linked-Etag", "ETag", "X-Repo-Commit")


class Answer(NamedTuple):
    """What the hub says about a file: ``etag`` is a sha256, or git's sha1 of a small one."""

    commit: str
    etag: str
    size: int | None


class Hub:
    """A hub, asked on behalf of one model. Raises ModelError, and StoppedError by the watch.

    A token is sent from when the hub asks for one (``gated``: from the start), and never over plain
    http to another machine.
    """

    def __init__(self, asked: Asked, watch: Watch, *, gated: bool = False) -> None:
        self._asked = asked
        self._watch = watch
        self._needs_token = gated

    def about(self, path: str, revision: str) -> Answer:
        """Ask about a file; tried again where the way there fails."""
        library = _library()

        def ask(token: str | bool) -> Answer:
            found = library.get_hf_file_metadata(
                self._url(path, revision),
                token=token,
                timeout=_TIMEOUT,
                endpoint=self._asked.endpoint,
                **_US,
            )
            if not found.commit_hash or not found.etag:
                raise _BadAnswerError
            return Answer(found.commit_hash, found.etag, found.size)

        return self._answered(ask, path, revision)

    def fetch(
        self,
        path: str,
        commit: str,
        part: str,
        lock: str,
        size: int | None,
        count: Callable[[int], None],
    ) -> None:
        """Download a file to ``part``, going on with what is there; it has ``size`` bytes.

        ``count`` is told bytes as they come, below 0 where they have to come again. Whatever ends
        it, what came stays in ``part``; nobody else writes there while ``lock`` is held.
        """
        from huggingface_hub.file_download import http_get

        utils, url = _library().utils, self._url(path, commit)

        def go_on(token: str | bool) -> None:
            with open(part, "ab") as file:
                if size is not None and file.tell() > size:
                    count(-file.tell())
                    file.seek(0)
                    file.truncate()
                start = file.tell()
                meter = _Meter(count, start, size, self._watch)
                try:
                    http_get(
                        url,
                        file,
                        resume_size=start,
                        headers=utils.build_hf_headers(token=token, **_US),
                        expected_size=size,
                        tqdm_class=cast(Any, meter.bar),
                    )
                except _TooLongError:
                    count(-meter.done)
                    file.truncate(0)
                    if start:
                        raise _BegunAnewError from None
                    raise

        with self._alone(lock, path):
            count(_length(part))
            try:
                self._answered(go_on, path, commit, lambda: _length(part))
            finally:
                if not _length(part):
                    with suppress(OSError):
                        os.unlink(part)

    def file_away(self, path: str, commit: str, folder: str, size: int | None) -> str:
        """Make a link to a blob that lies in the cache under its ETag; returns the link's path."""

        def link(token: str | bool) -> str:
            return str(
                _library().hf_hub_download(
                    self._asked.repo,
                    path,
                    revision=commit,
                    cache_dir=folder,
                    endpoint=self._asked.endpoint,
                    token=token,
                    etag_timeout=_TIMEOUT,
                    tqdm_class=_Meter(lambda _: None, 0, size, self._watch).bar,
                    **_US,
                )
            )

        return self._answered(link, path, commit)

    def _url(self, path: str, revision: str) -> str:
        asked = self._asked
        url = _library().hf_hub_url(asked.repo, path, revision=revision, endpoint=asked.endpoint)
        return str(url)

    @contextmanager
    def _alone(self, lock: str, path: str) -> Iterator[None]:
        """Keep every other pull away from the part."""
        with ExitStack() as held:
            try:
                held.enter_context(_library().utils.WeakFileLock(lock, timeout=_SLICE))
            except TimeoutError:
                raise told(Fault.BUSY_HERE, replace(self._asked, path=path)) from None
            yield

    def _answered(
        self,
        ask: Callable[[str | bool], T],
        path: str,
        revision: str,
        came: Callable[[], int] | None = None,
    ) -> T:
        """Try until there is an answer; ``came`` says how far a download is."""
        patience = _PATIENCE if came else _PAUSES
        pauses, reached = iter(patience), came() if came else 0
        while True:
            token = self._token() if self._needs_token else False
            asked = replace(self._asked, path=path, revision=revision, token=bool(token))
            try:
                return ask(token)
            except _failures() as error:
                fault, status = _fault(error, asked)
            if fault in (Fault.GATED, Fault.NO_REPO) and not self._needs_token and self._token():
                self._needs_token = True
                continue
            if came and came() > reached:
                pauses, reached = iter(patience), came()
            pause = next(pauses, None) if fault in _PASSING else None
            if pause is None:
                raise told(fault, asked, status)
            self._wait(pause)

    def _token(self) -> str | bool:
        """Return the user's token where it may be sent, else False, which sends none."""
        parts = urlsplit(self._asked.endpoint)
        if parts.scheme != "https" and parts.hostname not in _THIS_MACHINE:
            return False
        token: str | None = _library().get_token()
        return token or False

    def _wait(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._watch.check("The download was stopped.", "What has come is kept.")
            time.sleep(min(left, _SLICE))


def _length(path: str) -> int:
    return os.path.getsize(path) if os.path.exists(path) else 0


class _BadAnswerError(Exception):
    """The server does not answer like a hub."""


class _TooLongError(Exception):
    """More bytes come than were promised."""


class _BegunAnewError(Exception):
    """The server sent the file from its beginning, though its rest was asked for."""


class _Meter:
    """Counts the bytes of one download, and ends it where it is stopped or does not end."""

    def __init__(
        self, count: Callable[[int], None], done: int, most: int | None, watch: Watch
    ) -> None:
        self.done = done
        self._count = count
        self._most = most
        self._watch = watch

    def bar(self, **_: Any) -> Self:
        """Stand in for tqdm's class: the library calls it with what a bar would show."""
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def update(self, amount: int) -> None:
        """Count bytes; fewer than none where a server makes the library begin anew."""
        self.done += amount
        self._count(amount)
        if self._most is not None and self.done > self._most:
            raise _TooLongError
        self._watch.check("The download was stopped.", "What has come is kept.")


@cache
def _library() -> ModuleType:
    """Import the library, silent, without telemetry and without its own transfer protocol."""
    import huggingface_hub
    from huggingface_hub import constants

    constants.HF_HUB_DISABLE_TELEMETRY = True
    constants.HF_HUB_DISABLE_XET = True
    constants.HF_HUB_DISABLE_SYMLINKS_WARNING = True
    constants.DOWNLOAD_CHUNK_SIZE = _BLOCK
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    huggingface_hub.set_client_factory(_client)
    return huggingface_hub


def _client() -> httpx2.Client:
    import httpx2

    return httpx2.Client(
        event_hooks={"response": [_refuse_bad_names]}, follow_redirects=True, timeout=_TIMEOUT
    )


def _refuse_bad_names(response: httpx2.Response) -> None:
    """Let no server choose where the library writes: it makes paths of these headers."""
    if response.request.method != "HEAD":
        return
    for header in _NAMING:
        value = response.headers.get(header)
        if value is not None and not _NAME.fullmatch(value):
            raise _BadAnswerError


def _failures() -> tuple[type[Exception], ...]:
    import httpx2

    own = (_BadAnswerError, _TooLongError, _BegunAnewError)
    return (*own, httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError)


def _fault(error: Exception, asked: Asked) -> tuple[Fault, int]:
    """Return what kind of failure it is, and its HTTP status or 0.

    Raises ModelError where the disk is at fault, not the hub.
    """
    from huggingface_hub import errors

    if isinstance(error, errors.LocalEntryNotFoundError):
        cause = error.__cause__
        return _fault(cause, asked) if isinstance(cause, Exception) else (Fault.UNREACHABLE, 0)
    kinds: tuple[tuple[type[Exception], Fault], ...] = (
        (errors.GatedRepoError, Fault.GATED),
        (errors.DisabledRepoError, Fault.DISABLED),
        (errors.RepositoryNotFoundError, Fault.NO_REPO),
        (errors.HFValidationError, Fault.NO_REPO),
        (errors.RevisionNotFoundError, Fault.NO_REVISION),
        (errors.RemoteEntryNotFoundError, Fault.NO_FILE),
        (errors.OfflineModeIsEnabled, Fault.OFFLINE),
        (_TooLongError, Fault.WRONG_SIZE),
        (_BegunAnewError, Fault.CUT),
        (_BadAnswerError, Fault.NO_HUB),
        (errors.FileMetadataError, Fault.NO_HUB),
    )
    for kind, fault in kinds:
        if isinstance(error, kind):
            return fault, 0
    if isinstance(error, errors.HfHubHTTPError):
        return _by_status(error, asked), error.response.status_code
    return _on_the_way(error), 0


def _by_status(error: HfHubHTTPError, asked: Asked) -> Fault:
    status = error.response.status_code
    if status == 401:
        return Fault.BAD_TOKEN if asked.token else Fault.NO_REPO
    if status == 429:
        return Fault.BUSY
    return Fault.BROKEN if status >= 500 else Fault.REFUSED


def _on_the_way(error: Exception) -> Fault:
    import httpx2

    if isinstance(error, httpx2.ConnectError):
        return Fault.UNTRUSTED if _is_about_tls(error) else Fault.UNREACHABLE
    kinds: tuple[tuple[type[Exception], Fault], ...] = (
        (httpx2.ProxyError, Fault.PROXY),
        (httpx2.TimeoutException, Fault.SLOW),
        (httpx2.RemoteProtocolError, Fault.CUT),
        (httpx2.NetworkError, Fault.RESET),
    )
    for kind, fault in kinds:
        if isinstance(error, kind):
            return fault
    if isinstance(error, OSError):
        if error.errno is not None:
            raise ModelError(
                f"The hub's cache cannot be written: {error.strerror or error.errno}.",
                "Check its permissions and the space on the disk; HF_HOME moves it elsewhere.",
            ) from error
        return Fault.CUT
    return Fault.NO_HUB


def _is_about_tls(error: BaseException) -> bool:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False

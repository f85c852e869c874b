"""A model hub for tests: real HTTP on 127.0.0.1, with every fault that a download can meet.

    with FakeHub() as hub:
        hub.add("org/model", COMMIT, {"model.onnx": weights})
        hub.spoil("model.onnx", CUT, times=1)
        monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)

It answers what huggingface.co answers to the client library: HEAD and GET of
``/{repo}/resolve/{revision}/{path}``. Large files (git-lfs) are redirected to another origin, as
there. ``hub.requests`` are all requests that came, in order.
"""

from __future__ import annotations

import hashlib
import socket
import struct
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import unquote

EVER = 1_000_000

# What can befall the body of a GET.
CUT = "cut"  # half of it, then the connection is closed
RESET = "reset"  # half of it, then the connection is reset
HANG = "hang"  # half of it, then nothing until the hub closes
OTHER = "other"  # as many other bytes
ENDLESS = "endless"  # more bytes than were told


@dataclass(frozen=True)
class Request:
    """A request that came: to the hub, or to the storage that it redirects to."""

    method: str
    path: str
    headers: Mapping[str, str]
    storage: bool

    @property
    def token(self) -> str | None:
        return self.headers.get("authorization")

    def __str__(self) -> str:
        start = self.headers.get("range", "").removeprefix("bytes=").removesuffix("-")
        name = self.path.rpartition("/")[2]
        kind = f"storage {self.method}" if self.storage else self.method
        return f"{kind} {name}{f' from byte {start}' if start else ''}"


@dataclass
class Repo:
    """The commits of a repository, and who may read them."""

    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    gate: str | None = None
    private: bool = False


class FakeHub:
    """See the module. ``lfs_from``: files of this size and more are redirected to the storage.

    ``status`` refuses every request; ``headers`` go over those of every answer; without ``ranges``
    a file always comes from its beginning.
    """

    def __init__(self, lfs_from: int = 1000) -> None:
        self.lfs_from = lfs_from
        self.repos: dict[str, Repo] = {}
        self.requests: list[Request] = []
        self.status: int | None = None
        self.headers: dict[str, str] = {}
        self.ranges = True
        self.closing = threading.Event()
        self.hanging = threading.Event()
        self._faults: dict[str, tuple[str, int]] = {}
        self._servers = [_Server(("127.0.0.1", 0), _Handler) for _ in range(2)]
        self._threads = []
        for number, server in enumerate(self._servers):
            server.owner, server.storage = self, number == 1
            self._threads.append(
                threading.Thread(
                    target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
                )
            )

    @property
    def endpoint(self) -> str:
        """The hub's address, for HF_ENDPOINT."""
        return f"http://127.0.0.1:{self._servers[0].server_port}"

    @property
    def storage(self) -> str:
        """The address of another origin, to which large files are redirected."""
        return f"http://127.0.0.1:{self._servers[1].server_port}"

    def add(self, repo: str, commit: str, files: Mapping[str, bytes], branch: str = "main") -> None:
        """Publish a commit; the branch points to it from now on."""
        found = self.repos.setdefault(repo, Repo())
        found.commits[commit] = dict(files)
        found.branches[branch] = commit

    def spoil(self, path: str, fault: str, times: int = EVER) -> None:
        """Let a fault befall the next ``times`` downloads of the file."""
        self._faults[path] = (fault, times)

    def take_fault(self, path: str) -> str | None:
        fault, times = self._faults.get(path, ("", 0))
        if not times:
            return None
        self._faults[path] = (fault, times - 1)
        return fault

    def log(self) -> list[str]:
        """The requests so far, one line each."""
        return [str(request) for request in self.requests]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Go down: connections are refused from now on."""
        self.closing.set()
        for server, thread in zip(self._servers, self._threads, strict=True):
            if thread.is_alive():
                server.shutdown()
                thread.join()
            server.server_close()


class _Server(ThreadingHTTPServer):
    owner: FakeHub
    storage: bool
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing where a client hangs up."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _answer(self, *, body: bool) -> None:
        hub = self.server.owner
        headers = {name.lower(): value for name, value in self.headers.items()}
        hub.requests.append(Request(self.command, self.path, headers, self.server.storage))
        if hub.status is not None:
            self._refuse(hub.status)
            return
        repo_id, marker, rest = unquote(self.path).strip("/").partition("/resolve/")
        repo, revision, path = hub.repos.get(repo_id), *_halves(rest)
        if not marker or repo is None:
            self._refuse(401 if marker else 404, "RepoNotFound")
            return
        refusal = self._refusal(repo)
        commit = repo.branches.get(revision, revision)
        if refusal:
            self._refuse(*refusal)
        elif commit not in repo.commits:
            self._refuse(404, "RevisionNotFound")
        elif path not in repo.commits[commit]:
            self._refuse(404, "EntryNotFound")
        else:
            self._serve(repo.commits[commit][path], path, commit, body=body)

    def _refusal(self, repo: Repo) -> tuple[int, str] | None:
        """Who may not read gets 401 without a token, and 403 with one of no use."""
        if repo.gate is None or self.server.storage:
            return None
        token = self.headers.get("Authorization")
        if token == f"Bearer {repo.gate}":
            return None
        if repo.private:
            return 401, "RepoNotFound"
        return (403 if token else 401), "GatedRepo"

    def _serve(self, data: bytes, path: str, commit: str, *, body: bool) -> None:
        hub = self.server.owner
        large = len(data) >= hub.lfs_from
        named = {"X-Repo-Commit": commit, "Accept-Ranges": "bytes"}
        if large and not self.server.storage:
            named |= {
                "Location": hub.storage + self.path,
                "ETag": '"pointer"',
                "X-Linked-Etag": f'"{hashlib.sha256(data).hexdigest()}"',
                "X-Linked-Size": str(len(data)),
                "X-Xet-Hash": hashlib.sha256(data).hexdigest(),
                "Link": f'<{hub.endpoint}/api/xet>; rel="xet-auth"',
            }
            self._start(302, {**named, **hub.headers, "Content-Length": "0"})
            return
        blob = b"blob %d\0" % len(data) + data
        named["ETag"] = f'"{hashlib.sha1(blob, usedforsecurity=False).hexdigest()}"'
        wanted = self.headers.get("Range", "bytes=0-") if hub.ranges else "bytes=0-"
        start = int(wanted.removeprefix("bytes=").rstrip("-"))
        named["Content-Length"] = str(len(data) - start)
        if start:
            named["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        fault = hub.take_fault(path) if body else None
        if fault == ENDLESS:
            del named["Content-Length"]
            named["Connection"] = "close"
        self._start(206 if start else 200, {**named, **hub.headers})
        if body:
            self._send(data[start:], fault)

    def _send(self, data: bytes, fault: str | None) -> None:
        half = data[: len(data) // 2]
        if fault is None:
            self.wfile.write(data)
        elif fault == OTHER:
            self.wfile.write(bytes(255 - byte for byte in data))
        elif fault == ENDLESS:
            while not self.server.owner.closing.is_set():
                self.wfile.write(data)
        else:
            self.wfile.write(half)
            self.wfile.flush()
            self._end(fault)

    def _end(self, fault: str) -> None:
        self.close_connection = True
        if fault == HANG:
            self.server.owner.hanging.set()
            self.server.owner.closing.wait()
        elif fault == RESET:
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.connection.close()

    def _refuse(self, status: int, code: str = "") -> None:
        named = {"Content-Length": "0"}
        if code:
            named |= {"X-Error-Code": code, "X-Error-Message": "words of the server"}
        self._start(status, named)

    def _start(self, status: int, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()


def _halves(rest: str) -> tuple[str, str]:
    revision, _, path = rest.partition("/")
    return revision, path

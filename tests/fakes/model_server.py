"""A model server for tests: real HTTP on 127.0.0.1, and it says what the test tells it to.

    with ModelServer() as server:
        server.script(text("Hello"), refuse(500, {"error": "out of memory"}), calls(("undo", {})))
        client = ChatClient(Endpoint(server.base_url))

Each chat request takes the next reply of the script, then ``server.default`` for ever. A reply may
be a function of the request's JSON. ``server.requests`` are all requests that came, in order.
"""

from __future__ import annotations

import json
import select
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, Self

from model_listings import LISTINGS, overflow
from model_replies import Cut, Hang, Pause, Reply, answer, text

Json = dict[str, Any]
Script = Reply | Callable[[Json], Reply]
CHARS_A_TOKEN = 3


@dataclass(repr=False)
class Request:
    """A request that came; ``left`` is set once its client has hung up before the end."""

    method: str
    path: str
    headers: dict[str, str]
    json: Json
    at: float = field(default_factory=time.monotonic)
    left: threading.Event = field(default_factory=threading.Event)

    @property
    def tokens(self) -> int:
        """An estimate of the prompt: messages and tools, three characters a token."""
        prompt = [self.json.get("messages", []), self.json.get("tools", [])]
        return len(json.dumps(prompt, ensure_ascii=False)) // CHARS_A_TOKEN

    def __repr__(self) -> str:
        shown = {k: "[redacted]" if k == "authorization" else v for k, v in self.headers.items()}
        return f"<{self.method} {self.path} {shown}>"


class ModelServer:
    """See the module. ``personality`` is a key of LISTINGS; a ``context_length`` is enforced.

    ``routes`` add to, or with None take from, what the personality answers to GET.
    """

    def __init__(
        self,
        personality: str = "lmstudio",
        *,
        context_length: int | None = None,
        routes: Mapping[str, Any] | None = None,
    ) -> None:
        self.personality = personality
        self.context_length = context_length
        self.routes: dict[str, Any] = {**LISTINGS[personality], **(routes or {})}
        self.requests: list[Request] = []
        self.default: Script = text("Hello from the fake server.")
        self.closing = threading.Event()
        self._script: deque[Script] = deque()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.owner = self
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def base_url(self) -> str:
        return f"{self.origin}/v1"

    @property
    def chats(self) -> list[Request]:
        """The chat requests among all requests."""
        return [one for one in self.requests if one.path.endswith("/chat/completions")]

    def script(self, *replies: Script) -> None:
        self._script.extend(replies)

    def forget_script(self) -> None:
        self._script.clear()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def reply_to(self, request: Request) -> Reply:
        if request.method == "GET":
            return self._listing(request.path)
        if not request.path.endswith("/chat/completions"):
            route = self.routes.get(f"POST {request.path}")
            return answer(route(request.json) if callable(route) else route)
        if self.context_length is not None and request.tokens > self.context_length:
            refused = overflow(self.personality, request.tokens, self.context_length)
            if refused is not None:
                return refused
        script = self._script.popleft() if self._script else self.default
        return script(request.json) if callable(script) else script

    def _listing(self, path: str) -> Reply:
        found = self.routes.get(path)
        return found if isinstance(found, Reply) else answer(found)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    owner: ModelServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is what many of the tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        self._respond({})

    def do_POST(self) -> None:
        length = int(self.headers.get("content-length", 0))
        self._respond(json.loads(self.rfile.read(length) or b"{}"))

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing."""

    def _respond(self, body: Json) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, headers, body)
        self.server.owner.requests.append(request)
        reply = self.server.owner.reply_to(request)
        self.close_connection = True
        try:
            self._send(reply, request)
        except OSError:
            request.left.set()

    def _send(self, reply: Reply, request: Request) -> None:
        if reply.raw:
            self.wfile.write(reply.raw)
            return
        if reply.status:
            self._send_head(reply)
        for part in reply.parts:
            if isinstance(part, Cut):
                self._hang_up(part.how)
                return
            if isinstance(part, Pause | Hang):
                if self._gone(part.seconds if isinstance(part, Pause) else None, request):
                    return
            elif part:
                self.wfile.write(b"%x\r\n%b\r\n" % (len(part), part) if reply.chunked else part)
        if reply.status and reply.chunked:
            self.wfile.write(b"0\r\n\r\n")

    def _send_head(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.chunked:
            self.send_header("transfer-encoding", "chunked")
        self.send_header("connection", "close")
        self.end_headers()

    def _hang_up(self, how: Literal["end", "reset"]) -> None:
        if how == "reset":
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)

    def _gone(self, seconds: float | None, request: Request) -> bool:
        """Wait; True if the client hung up, or the test ended, meanwhile."""
        ends = time.monotonic() + (3600 if seconds is None else seconds)
        while time.monotonic() < ends:
            if self.server.owner.closing.is_set():
                return True
            readable, _, _ = select.select([self.connection], [], [], 0.005)
            if readable and not self.connection.recv(1, socket.MSG_PEEK):
                request.left.set()
                return True
        return False

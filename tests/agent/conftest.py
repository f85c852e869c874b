"""A model server that does as it is told, and a client of it with little patience."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from engine_kit import Talk, make_dataset, talking
from fault_modes import SECRET
from model_server import ModelServer
from pydantic import SecretStr

from tagsmith.agent.server.client import ChatClient
from tagsmith.agent.server.endpoint import Endpoint, Limits

PATIENCE = Limits(
    connect=1.0, first_token=5.0, between_tokens=5.0, turn=9.0, wait=0.5, backoff=0.01
)


@pytest.fixture
def model_server() -> Iterator[ModelServer]:
    """A fake LM Studio on 127.0.0.1; script it before use."""
    with ModelServer() as server:
        yield server


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small dataset."""
    return make_dataset(tmp_path / "pets")


@pytest.fixture
def talk(root: Path, model_server: ModelServer) -> Iterator[Talk]:
    """A conversation about it with the fake server."""
    with talking(root, model_server) as found:
        yield found


@pytest.fixture
def endpoint(model_server: ModelServer) -> Endpoint:
    """The fake server's address, with a key that must never be seen; it waits a little."""
    return Endpoint(
        model_server.base_url, model="wanted-model", key=SecretStr(SECRET), limits=PATIENCE
    )


@pytest.fixture
def make_client() -> Iterator[Callable[[Endpoint], ChatClient]]:
    """Make clients that are closed at the end."""
    made: list[ChatClient] = []

    def make(endpoint: Endpoint) -> ChatClient:
        made.append(ChatClient(endpoint))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture
def client(make_client: Callable[[Endpoint], ChatClient], endpoint: Endpoint) -> ChatClient:
    """A client of the fake server."""
    return make_client(endpoint)

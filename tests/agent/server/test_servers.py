"""Probing: what a server is, what it has loaded, which model to use, how long its context is."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from model_replies import Hang, Reply, page, refuse
from model_server import ModelServer

from tagsmith.agent.server import listings, servers, transport
from tagsmith.agent.server.endpoint import Endpoint
from tagsmith.agent.server.faults import EndpointError, Kind, ModelMissingError
from tagsmith.agent.server.listings import ModelInfo
from tagsmith.agent.server.servers import ServerInfo, ServerKind, choose, context, load, probe
from tagsmith.tools.errors import UsageError

EXPECTED: dict[str, tuple[ServerKind, tuple[ModelInfo, ...]]] = {
    "lmstudio": (
        ServerKind.LM_STUDIO,
        (
            ModelInfo(
                "qwen/qwen3.5-9b",
                True,
                4096,
                262144,
                True,
                False,
                "Q4_K_M",
                6_000_000_000,
                ("qwen/qwen3.5-9b",),
            ),
            ModelInfo(
                "google/gemma-4-12b", False, None, 262144, False, True, "Q4_K_M", 6_000_000_000
            ),
        ),
    ),
    "lmstudio-old": (
        ServerKind.LM_STUDIO,
        (
            ModelInfo("qwen/qwen3.5-9b", True, 8192, 262144, True, False, "Q4_K_M"),
            ModelInfo("google/gemma-4-12b", False, vision=True),
        ),
    ),
    "llamacpp": (
        ServerKind.LLAMA_CPP,
        (ModelInfo("Qwen3.5-9B-Q4_K_M.gguf", True, 8192, 32768, True, False),),
    ),
    "ollama": (
        ServerKind.OLLAMA,
        (
            ModelInfo("qwen3.5:9b", True, 4096, quantization="Q4_K_M"),
            ModelInfo("gemma4:12b", False, quantization="Q4_0"),
        ),
    ),
    "vllm": (ServerKind.VLLM, (ModelInfo("Qwen/Qwen3.5-9B", True, 16384),)),
    "koboldcpp": (ServerKind.KOBOLDCPP, (ModelInfo("koboldcpp/Qwen3.5-9B", True, 12288),)),
    "other": (ServerKind.OTHER, (ModelInfo("gpt-oss-20b"), ModelInfo("llama-4"))),
}


@pytest.mark.parametrize("personality", EXPECTED)
def test_each_server_is_known_by_its_listings(personality: str, endpoint: Endpoint) -> None:
    with ModelServer(personality) as server:
        info = probe(replace(endpoint, base_url=server.base_url))
        assert all(one.method == "GET" for one in server.requests)
        assert all("authorization" in one.headers for one in server.requests)
    assert (info.kind, info.models) == EXPECTED[personality]
    assert info.base_url == server.base_url


def test_a_server_is_asked_no_more_than_needed(endpoint: Endpoint) -> None:
    with ModelServer("llamacpp") as server:
        probe(replace(endpoint, base_url=server.base_url))
        assert [one.path for one in server.requests] == ["/v1/models", "/props"]


def test_notes_tell_what_surprises(endpoint: Endpoint) -> None:
    with ModelServer("ollama", routes={"/api/ps": {"models": []}}) as server:
        notes = " ".join(probe(replace(endpoint, base_url=server.base_url)).notes)
    assert "OLLAMA_CONTEXT_LENGTH" in notes
    assert "No model is loaded" in notes


def test_a_server_without_models_says_so(endpoint: Endpoint) -> None:
    with ModelServer("other", routes={"/v1/models": {"data": []}}) as server:
        info = probe(replace(endpoint, base_url=server.base_url))
    assert info.models == ()
    assert "no model" in info.notes[0]


def test_a_key_in_the_clear_is_told(endpoint: Endpoint) -> None:
    with ModelServer("vllm") as proxy:
        away = replace(endpoint, base_url="http://models.example/v1", proxy=proxy.origin)
        proxy.routes["http://models.example/v1/models"] = proxy.routes["/v1/models"]
        assert "unencrypted" in " ".join(probe(away).notes)
        assert "unencrypted" not in " ".join(probe(replace(away, key=None)).notes)


@pytest.mark.parametrize(
    ("listing", "kind"),
    [
        (page("<html><title>Router</title></html>"), Kind.NOT_API),
        (refuse(401, {"error": "Unauthorized"}), Kind.KEY),
        (None, Kind.NOT_FOUND),
        (refuse(200, "[]"), Kind.NOT_API),
        (Reply((Hang(),), status=0), Kind.FIRST_TOKEN),
        (Reply((b"x" * 1000,) * 200), Kind.FLOOD),
    ],
)
def test_what_does_not_answer_as_a_model_server(
    listing: Reply | None, kind: Kind, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "MAX_LISTING", 100_000)
    connect = 0.2 if kind is Kind.FIRST_TOKEN else 2.0
    hurried = replace(endpoint, limits=replace(endpoint.limits, connect=connect))
    with ModelServer("other", routes={"/v1/models": listing}) as server:
        began = time.monotonic()
        with pytest.raises(EndpointError) as caught:
            probe(replace(hurried, base_url=server.base_url))
        assert time.monotonic() - began < 3.0
    assert caught.value.fault.kind is kind
    assert server.base_url in caught.value.message


KEYS = (
    "data models id key name type meta config capabilities loaded_instances modalities "
    "default_generation_settings quantization"
).split()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(KEYS),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
BODY = st.dictionaries(st.sampled_from(["data", "models", "value", "modalities"]), JSON)


@given(BODY, BODY)
def test_any_listing_is_read(one: dict[str, Any], other: dict[str, Any]) -> None:
    found = [
        *listings.lm_studio(one),
        *listings.lm_studio_old(one),
        *listings.llama_cpp(one, other),
        *listings.ollama(one, other),
        *listings.koboldcpp(one, other),
        *listings.openai(one),
    ]
    for model in found:
        assert isinstance(model.id, str)
        assert model.context_length is None or model.context_length > 0
    assert all(isinstance(owner, str) for owner in listings.owners(one))


def served(*models: ModelInfo) -> ServerInfo:
    return ServerInfo("http://localhost:1234/v1", ServerKind.LM_STUDIO, models)


QWEN = ModelInfo("qwen/qwen3.5-9b", loaded=True, tools=True)
GEMMA = ModelInfo("google/gemma-4-12b", loaded=True, tools=False)
IDLE = ModelInfo("mistral:latest", loaded=False)


@pytest.mark.parametrize(
    ("models", "wanted", "chosen"),
    [
        ((QWEN, IDLE), "", QWEN),
        ((QWEN, GEMMA), "", QWEN),
        ((IDLE,), "", IDLE),
        ((QWEN, GEMMA), "google/gemma-4-12b", GEMMA),
        ((QWEN, GEMMA), "gemma-4-12b", GEMMA),
        ((QWEN, GEMMA), "Qwen/Qwen3.5-9B", QWEN),
        ((QWEN, IDLE), "mistral", IDLE),
    ],
)
def test_the_obvious_model_is_chosen(
    models: tuple[ModelInfo, ...], wanted: str, chosen: ModelInfo
) -> None:
    assert choose(served(*models), wanted) == chosen


@pytest.mark.parametrize(
    ("models", "wanted"),
    [
        ((), ""),
        ((IDLE, replace(IDLE, id="other")), ""),
        ((QWEN, replace(GEMMA, tools=True)), ""),
        ((QWEN, GEMMA), "qwen"),
        ((replace(QWEN, id="a/m"), replace(QWEN, id="b/m")), "m"),
    ],
)
def test_no_model_is_guessed(models: tuple[ModelInfo, ...], wanted: str) -> None:
    with pytest.raises(ModelMissingError) as caught:
        choose(served(*models), wanted)
    assert all(one.id in caught.value.hint for one in models)
    assert "--model" in caught.value.hint


def test_the_context_is_the_users_then_the_servers_then_assumed(endpoint: Endpoint) -> None:
    loaded = replace(QWEN, context_length=8192)
    assert context(replace(endpoint, context_length=16384), loaded).tokens == 16384
    assert context(endpoint, loaded).tokens == 8192
    assumed = context(endpoint, QWEN)
    assert (assumed.tokens, assumed.source) == (4096, "assumed")
    assert "assumed" in assumed.note
    assert "loaded with a context of 8192" in context(endpoint, loaded).note


LOADED = ModelInfo(
    "qwen/qwen3.5-9b", True, 4096, 262_144, tools=True, instances=("qwen/qwen3.5-9b",)
)


@pytest.mark.parametrize(
    ("model", "setting", "tokens"),
    [
        (LOADED, None, 16_384),
        (replace(LOADED, context_length=8192), None, 0),
        (replace(LOADED, max_context=6000), None, 6000),
        (replace(LOADED, max_context=4096), None, 0),
        (replace(LOADED, max_context=None), None, 0),
        (replace(LOADED, context_length=8192), 32_768, 32_768),
        (LOADED, 4096, 0),
        (replace(LOADED, instances=()), None, 0),
        (replace(LOADED, instances=("a", "a:2")), None, 0),
    ],
)
def test_a_longer_context_is_worth_it_where_the_loaded_one_is_short(
    model: ModelInfo, setting: int | None, tokens: int, endpoint: Endpoint
) -> None:
    assert servers.longer(replace(endpoint, context_length=setting), model) == tokens


def test_lm_studio_loads_with_a_context_when_asked(model_server: Any, endpoint: Endpoint) -> None:
    assert load(endpoint, LOADED, 16384) == listings.Loaded("qwen/qwen3.5-9b", 16384)
    unload, request = model_server.requests
    assert unload.path == "/api/v1/models/unload"
    assert unload.json == {"instance_id": "qwen/qwen3.5-9b"}
    assert request.path == "/api/v1/models/load"
    assert request.json["context_length"] == 16384


def test_what_cannot_be_loaded_longer_is_loaded_as_it_was(
    model_server: Any, endpoint: Endpoint
) -> None:
    loads = []

    def out_of_memory(wish: dict[str, Any]) -> dict[str, Any]:
        loads.append(wish["context_length"])
        return {"error": "insufficient memory"} if wish["context_length"] > 4096 else {"ok": True}

    model_server.routes["POST /api/v1/models/load"] = out_of_memory
    with pytest.raises(EndpointError, match="insufficient memory"):
        load(endpoint, LOADED, 16384)
    assert loads == [16384, 4096]


def test_other_servers_cannot_be_told_to_load(endpoint: Endpoint) -> None:
    with (
        ModelServer("llamacpp") as server,
        pytest.raises(UsageError, match="cannot be told to load"),
    ):
        load(replace(endpoint, base_url=server.base_url), ModelInfo("qwen"), 8192)


def test_probing_loads_no_model(model_server: Any, endpoint: Endpoint) -> None:
    probe(endpoint)
    assert {one.method for one in model_server.requests} == {"GET"}
    assert servers.ASSUMED_CONTEXT == 4096

"""What servers say about their models, in the shape of each, as ``ModelInfo``.

Fields that a server does not tell, or tells in another type, are None.
Sources: the documentation of each server's listing route (docs/servers.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

Body = Mapping[str, Any]
LONGEST_ID = 200


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model that a server has. None means that the server does not say.

    ``context_length`` is what it is loaded with, ``max_context`` what it could be loaded with, both
    in tokens; ``tools`` and ``vision`` say whether it was trained for them; ``size`` is in bytes.
    ``instances`` are the names under which LM Studio has it loaded: only then can it be told to
    load it again.
    """

    id: str
    loaded: bool | None = None
    context_length: int | None = None
    max_context: int | None = None
    tools: bool | None = None
    vision: bool | None = None
    quantization: str = ""
    size: int | None = None
    instances: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model that LM Studio has loaded on request; ``context_length`` as it says, in tokens."""

    instance: str
    context_length: int | None


def lm_studio(body: Body) -> list[ModelInfo]:
    """Read LM Studio's ``/api/v1/models`` (0.4.0 and later); embedding models are left out."""
    return [_lm_studio(one) for one in _items(body, "models") if one.get("type") == "llm"]


def _lm_studio(one: Body) -> ModelInfo:
    instances = _items(one, "loaded_instances")
    lengths = [
        length for each in instances if (length := _count(_part(each, "config"), "context_length"))
    ]
    capabilities = _part(one, "capabilities")
    return ModelInfo(
        _name(one, "key"),
        loaded=bool(instances),
        context_length=min(lengths, default=None),
        max_context=_count(one, "max_context_length"),
        tools=_flag(capabilities, "trained_for_tool_use"),
        vision=_flag(capabilities, "vision"),
        quantization=_text(_part(one, "quantization"), "name"),
        size=_count(one, "size_bytes"),
        instances=tuple(name for each in instances if (name := _name(each, "id"))),
    )


def lm_studio_old(body: Body) -> list[ModelInfo]:
    """Read LM Studio's ``/api/v0/models`` (before 0.4.0)."""
    return [_lm_studio_old(one) for one in _items(body, "data") if one.get("type") != "embeddings"]


def _lm_studio_old(one: Body) -> ModelInfo:
    capabilities = one.get("capabilities")
    loaded = one.get("state") == "loaded"
    return ModelInfo(
        _name(one, "id"),
        loaded=loaded,
        context_length=_count(one, "loaded_context_length") if loaded else None,
        max_context=_count(one, "max_context_length"),
        tools="tool_use" in capabilities if isinstance(capabilities, list) else None,
        vision=one.get("type") == "vlm",
        quantization=_text(one, "quantization"),
    )


def llama_cpp(models: Body, props: Body) -> list[ModelInfo]:
    """Read llama.cpp's ``/v1/models`` and ``/props``: what it lists is loaded."""
    settings = _part(props, "default_generation_settings")
    context = _count(settings, "n_ctx") or _count(props, "n_ctx")
    capabilities = _part(props, "chat_template_caps")
    tools = [_flag(capabilities, name) for name in ("supports_tools", "supports_tool_calls")]
    return [
        replace(
            one,
            loaded=True,
            context_length=context,
            tools=any(tools) if tools != [None, None] else None,
            vision=_flag(_part(props, "modalities"), "vision"),
        )
        for one in openai(models)
    ]


def ollama(tags: Body, running: Body) -> list[ModelInfo]:
    """Read Ollama's ``/api/tags`` (what it has) and ``/api/ps`` (what is loaded)."""
    loaded = {_name(one, "name", "model"): one for one in _items(running, "models")}
    return [_ollama(one, loaded.get(_name(one, "name", "model"))) for one in _items(tags, "models")]


def _ollama(one: Body, running: Body | None) -> ModelInfo:
    capabilities = one.get("capabilities")
    told = capabilities if isinstance(capabilities, list) else None
    return ModelInfo(
        _name(one, "name", "model"),
        loaded=running is not None,
        context_length=_count(running or {}, "context_length"),
        tools=None if told is None else "tools" in told,
        vision=None if told is None else "vision" in told,
        quantization=_text(_part(one, "details"), "quantization_level"),
        size=_count(one, "size"),
    )


def koboldcpp(models: Body, length: Body) -> list[ModelInfo]:
    """Read KoboldCpp's ``/v1/models`` and ``/api/extra/true_max_context_length``."""
    context = _count(length, "value")
    return [replace(one, loaded=True, context_length=context) for one in openai(models)]


def openai(body: Body, *, loaded: bool | None = None) -> list[ModelInfo]:
    """Read ``/v1/models``; some servers add the context: vLLM ``max_model_len``, others more."""
    return [
        ModelInfo(
            _name(one, "id"),
            loaded=loaded,
            context_length=_count(one, "max_model_len"),
            max_context=_count(one, "context_length")
            or _count(one, "context_window")
            or _count(_part(one, "meta"), "n_ctx_train"),
        )
        for one in _items(body, "data")
        if _name(one, "id")
    ]


def loaded(body: Body) -> Loaded:
    """Read the answer of LM Studio's ``/api/v1/models/load``."""
    return Loaded(_text(body, "instance_id"), _count(_part(body, "load_config"), "context_length"))


def owners(body: Body) -> set[str]:
    """Return what ``/v1/models`` says of who serves: ``llamacpp``, ``vllm``, ``library``, ..."""
    return {_text(one, "owned_by").lower() for one in _items(body, "data")}


def _items(body: Body, name: str) -> list[Body]:
    items = body.get(name)
    found: Iterable[Any] = items if isinstance(items, list) else ()
    return [one for one in found if isinstance(one, dict)]


def _part(body: Body, name: str) -> Body:
    part = body.get(name)
    return part if isinstance(part, dict) else {}


def _name(body: Body, *names: str) -> str:
    return next((found for name in names if (found := _text(body, name))), "")[:LONGEST_ID]


def _text(body: Body, name: str) -> str:
    value = body.get(name)
    return value if isinstance(value, str) else ""


def _flag(body: Body, name: str) -> bool | None:
    value = body.get(name)
    return value if isinstance(value, bool) else None


def _count(body: Body, name: str) -> int | None:
    value = body.get(name)
    return value if type(value) is int and value > 0 else None

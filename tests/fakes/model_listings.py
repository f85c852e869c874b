"""How each server lists its models, and how it says that a prompt is too long."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from model_replies import Reply, chunk, refuse, stream

Json = dict[str, Any]


def v1_models(*ids: str, owner: str = "organization_owner", **more: Any) -> Json:
    data = [{"id": one, "object": "model", "owned_by": owner, **more} for one in ids]
    return {"object": "list", "data": data}


def _lm_studio_model(key: str, context: int | None, *, tools: bool, vision: bool) -> Json:
    instances = [{"id": key, "config": {"context_length": context, "parallel": 4}}]
    return {
        "type": "llm",
        "publisher": key.partition("/")[0],
        "key": key,
        "display_name": key,
        "quantization": {"name": "Q4_K_M", "bits_per_weight": 4},
        "size_bytes": 6_000_000_000,
        "params_string": "9B",
        "loaded_instances": [] if context is None else instances,
        "max_context_length": 262_144,
        "format": "gguf",
        "capabilities": {"vision": vision, "trained_for_tool_use": tools},
    }


def _load(wish: Json) -> Json:
    return {
        "type": "llm",
        "instance_id": wish["model"],
        "load_time_seconds": 2.5,
        "status": "loaded",
        "load_config": {"context_length": wish["context_length"]},
    }


LM_STUDIO: Json = {
    "/v1/models": v1_models("qwen/qwen3.5-9b", "google/gemma-4-12b", "nomic-embed-text"),
    "/api/v1/models": {
        "models": [
            _lm_studio_model("qwen/qwen3.5-9b", 4096, tools=True, vision=False),
            _lm_studio_model("google/gemma-4-12b", None, tools=False, vision=True),
            {"type": "embedding", "key": "nomic-embed-text", "loaded_instances": []},
        ]
    },
    "POST /api/v1/models/load": _load,
}

LM_STUDIO_OLD: Json = {
    "/v1/models": LM_STUDIO["/v1/models"],
    # what LM Studio answers to routes that it does not have
    "/api/v1/models": {"error": "Unexpected endpoint or method. (GET /api/v1/models)"},
    "/api/v0/models": {
        "object": "list",
        "data": [
            {
                "id": "qwen/qwen3.5-9b",
                "type": "llm",
                "quantization": "Q4_K_M",
                "state": "loaded",
                "loaded_context_length": 8192,
                "max_context_length": 262_144,
                "capabilities": ["tool_use"],
            },
            {"id": "google/gemma-4-12b", "type": "vlm", "state": "not-loaded"},
            {"id": "nomic-embed-text", "type": "embeddings", "state": "not-loaded"},
        ],
    },
}

LLAMA_CPP: Json = {
    "/v1/models": v1_models(
        "Qwen3.5-9B-Q4_K_M.gguf", owner="llamacpp", meta={"n_ctx_train": 32768}
    ),
    "/props": {
        "default_generation_settings": {"n_ctx": 8192},
        "total_slots": 1,
        "modalities": {"vision": False, "audio": False},
        "chat_template_caps": {"supports_tools": True, "supports_tool_calls": True},
    },
}

OLLAMA: Json = {
    "/v1/models": v1_models("qwen3.5:9b", "gemma4:12b", owner="library"),
    "/api/ps": {"models": [{"name": "qwen3.5:9b", "context_length": 4096, "size": 7_000_000_000}]},
    "/api/tags": {
        "models": [
            {"name": "qwen3.5:9b", "details": {"quantization_level": "Q4_K_M"}},
            {"name": "gemma4:12b", "details": {"quantization_level": "Q4_0"}},
        ]
    },
}

VLLM: Json = {"/v1/models": v1_models("Qwen/Qwen3.5-9B", owner="vllm", max_model_len=16384)}

KOBOLDCPP: Json = {
    "/v1/models": v1_models("koboldcpp/Qwen3.5-9B", owner="koboldcpp"),
    "/api/extra/version": {"result": "KoboldCpp", "version": "1.120"},
    "/api/extra/true_max_context_length": {"value": 12288},
}

OTHER: Json = {"/v1/models": v1_models("gpt-oss-20b", "llama-4", owner="someone")}

LISTINGS: dict[str, Json] = {
    "lmstudio": LM_STUDIO,
    "lmstudio-gguf": LM_STUDIO,
    "lmstudio-mlx": LM_STUDIO,
    "lmstudio-old": LM_STUDIO_OLD,
    "llamacpp": LLAMA_CPP,
    "ollama": OLLAMA,
    "vllm": VLLM,
    "koboldcpp": KOBOLDCPP,
    "other": OTHER,
}


def _lm_studio(tokens: int, context: int) -> Reply:
    words = (
        "Trying to keep the first {0} tokens when context the overflows. However, the model is "
        "loaded with context length of only {1} tokens, which is not enough."
    )
    return refuse(400, {"error": words.format(tokens, context)})


def _llama_cpp(tokens: int, context: int) -> Reply:
    error = {
        "code": 400,
        "message": f"request ({tokens} tokens) exceeds the available context size ({context} "
        "tokens), try increasing it",
        "type": "exceed_context_size_error",
        "n_prompt_tokens": tokens,
        "n_ctx": context,
    }
    return refuse(400, {"error": error})


def _vllm(tokens: int, context: int) -> Reply:
    words = (
        f"This model's maximum context length is {context} tokens. However, your request has "
        f"{tokens} input tokens. Please reduce the length of the input messages."
    )
    return refuse(400, {"object": "error", "message": words, "type": "BadRequestError"})


def _openai(tokens: int, context: int) -> Reply:
    words = (
        f"This model's maximum context length is {context} tokens. However, your messages "
        f"resulted in {tokens} tokens."
    )
    return refuse(400, {"error": {"message": words, "code": "context_length_exceeded"}})


def _mlx(_tokens: int, _context: int) -> Reply:
    return stream({"error": {"message": "Context size has been exceeded."}}, done=False)


def _nothing(_tokens: int, _context: int) -> Reply:
    return stream()


OVERFLOWS: dict[str, Callable[[int, int], Reply]] = {
    "lmstudio": _lm_studio,
    "lmstudio-old": _lm_studio,
    "lmstudio-gguf": _nothing,
    "lmstudio-mlx": _mlx,
    "llamacpp": _llama_cpp,
    "vllm": _vllm,
    "other": _openai,
}


def overflow(personality: str, tokens: int, context: int) -> Reply | None:
    """How a server refuses a prompt that is too long; None: it cuts it off in silence (Ollama)."""
    refuse_it = OVERFLOWS.get(personality)
    return refuse_it(tokens, context) if refuse_it else None


def role_only() -> Reply:
    """A stream that begins and ends, with no word in between and no reason to end."""
    return stream(chunk({"role": "assistant"}))

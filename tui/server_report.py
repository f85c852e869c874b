"""What a model server is and has, in lines for people: for the chat and for ``tagsmith doctor``.

Names of models are made harmless here, so that none of them begins a line of its own; whoever shows
the lines makes them harmless as a whole (tui/text.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tagsmith.tui.language import many, say
from tagsmith.tui.text import one_line

if TYPE_CHECKING:
    from tagsmith.agent.server.endpoint import Endpoint
    from tagsmith.agent.server.faults import EndpointError
    from tagsmith.agent.server.listings import ModelInfo
    from tagsmith.agent.server.servers import ServerInfo

KINDS = {
    "lmstudio": "LM Studio",
    "llamacpp": "llama.cpp",
    "ollama": "Ollama",
    "vllm": "vLLM",
    "koboldcpp": "KoboldCpp",
}
# The ports are those of docs/servers.md.
CAUSES = (
    "it is not running; in LM Studio: Developer, Start Server",
    "it listens on another port: LM Studio 1234, llama.cpp 8080, Ollama 11434, vLLM 8000, "
    "KoboldCpp 5001",
    "it runs on another machine or in a container, and takes connections from there only",
)
LONGEST_NAME = 60
MOST_MODELS = 50
IN_USE = "*"
HEAD = ("", "model", "loaded", "context", "tools", "pictures", "size")


def server_name(info: ServerInfo) -> str:
    """Return what a server is and where: ``LM Studio at http://localhost:1234/v1``."""
    kind = KINDS.get(info.kind) or say("A server of an unknown kind")
    return say("{kind} at {url}", kind=kind, url=info.base_url)


def models(info: ServerInfo, used: str) -> list[str]:
    """Return the table of a server's models; the one that is ``used`` has a star."""
    rows = [
        tuple(say(word) for word in HEAD),
        *(_row(one, used) for one in info.models[:MOST_MODELS]),
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    more = len(info.models) - MOST_MODELS
    return [*lines, many(more, "and {n} more", "and {n} more")] if more > 0 else lines


def _row(one: ModelInfo, used: str) -> tuple[str, ...]:
    size = f"{one.size / 1e9:.1f} GB" if one.size else ""
    return (
        IN_USE if one.id == used else "",
        shown(one.id),
        _told(one.loaded),
        context(one),
        _told(one.tools),
        _told(one.vision),
        f"{size} {one.quantization}".strip(),
    )


def shown(id_: str) -> str:
    """Return the name of a model, on one line: it is the server's word."""
    return one_line(id_, limit=LONGEST_NAME)


def _told(fact: bool | None) -> str:
    return say("unknown") if fact is None else say("yes") if fact else say("no")


def context(one: ModelInfo) -> str:
    """Return the tokens that a model is loaded with, and could be."""
    has, most = one.context_length, one.max_context
    if has and most and most > has:
        return say("{has:,} of {most:,}", has=has, most=most)
    if has:
        return f"{has:,}"
    return say("up to {most:,}", most=most) if most else say("unknown")


def reached(info: ServerInfo, used: str) -> list[str]:
    """Return what is known of a server that answers."""
    loaded = sum(1 for one in info.models if one.loaded)
    lines = [
        say("{server} answers.", server=server_name(info)),
        say("Asked: {paths}", paths=", ".join(info.asked)),
        many(
            len(info.models),
            "It has {n} model, {loaded:,} loaded; /models lists them.",
            "It has {n} models, {loaded:,} loaded; /models lists them.",
            loaded=loaded,
        ),
        say("Model in use: {model}", model=shown(used))
        if used
        else say("No model is chosen yet: /model NAME picks one."),
    ]
    return [*lines, *info.notes]


def failed(endpoint: Endpoint, error: EndpointError) -> list[str]:
    """Return why a server cannot be used, what was asked, and what the cause usually is."""
    from tagsmith.agent.server.faults import UnreachableError
    from tagsmith.agent.server.servers import LISTING

    lines = [error.message, say("Tried: {url}", url=f"{endpoint.base_url}{LISTING}")]
    if isinstance(error, UnreachableError):
        lines += [say("The usual causes:"), *(f"- {say(one)}" for one in CAUSES)]
    return [*lines, error.hint]


def chosen(info: ServerInfo, wanted: str) -> str:
    """Return the id of the model that is used; empty where the user has to say which."""
    from tagsmith.agent.server.faults import ModelMissingError
    from tagsmith.agent.server.servers import choose

    try:
        return choose(info, wanted).id
    except ModelMissingError:
        return ""

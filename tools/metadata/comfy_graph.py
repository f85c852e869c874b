"""Walking a ComfyUI graph from the picture it made back to the words it was made of.

Only what the graph itself says is taken: where nodes that are not known make up a text, or several
prompts lead to the picture, that is an answer for the user, not a guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tagsmith.tools.metadata.prompts import MAX_PROMPT

_MAX_NODES = 20_000
# Visits, counted over all paths: nodes whose texts are joined can be met again and again.
_MAX_VISITS = 5_000
_MAX_DEPTH = 100

# Inputs that lead away from the words that made the picture.
_ASIDE = frozenset(
    "model clip vae negative neg mask control_net clip_vision upscale_model style_model noise "
    "sampler sigmas lora lora_stack seed unet ipadapter image_embeds cond_neg negative_prompt "
    "text_negative negative_conditioning bbox_detector sam_model_opt segm_detector_opt".split()
)
# A text under one of these names is what an encoder encodes.
_TEXT = re.compile(
    r"(?:text|string|prompt|value|str|positive|positive_prompt|text_positive|text_g|text_l|"
    r"clip_l|clip_g|t5xxl|llama|wildcard_text|populated_text|(?:text|string|prompt)_?[a-z0-9]{1,2})"
)
_CONDITIONING = re.compile(r"positive|(?:conditioning|cond)(?:_?\w{1,12})?")
# They write what the graph does not keep; Impact Pack keeps it in ``populated_text``.
_MAKES_TEXT = re.compile(
    r"random|wildcard|llm|gpt|ollama|gemini|translat|replace|regex|florence|caption|interrogat|"
    r"tagger|promptgen|llava|qwen|joytag|joycaption",
    re.IGNORECASE,
)
_POPULATED = "populated_text"


class UnclearError(Exception):
    """The graph does not tell its prompt; ``reason`` says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Node:
    """A node: its class and its inputs."""

    kind: str
    inputs: Mapping[str, Any]

    def links(self) -> Iterator[tuple[str, str]]:
        """Yield the inputs that come from other nodes, with the names of those nodes."""
        for name, value in self.inputs.items():
            if link := _link(value):
                yield name, link


class Graph:
    """The nodes of a graph by their ids."""

    def __init__(self, nodes: Mapping[str, Node]) -> None:
        self.nodes = nodes
        self._visits = 0

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Graph:
        """Take up the nodes of an object; what is no node is passed over."""
        nodes = {}
        for name, value in list(given.items())[:_MAX_NODES]:
            inputs = value.get("inputs") if isinstance(value, dict) else None
            if name and isinstance(inputs, dict):
                nodes[name] = Node(str(value.get("class_type", ""))[:100], inputs)
        return cls(nodes)

    def prompts(self) -> list[str]:
        """Return the different positive prompts of the pictures that the graph makes.

        Raises UnclearError where a text cannot be followed to its words.
        """
        linked = {source for node in self.nodes.values() for _, source in node.links()}
        ends = [name for name in self.nodes if name not in linked]
        if not ends:
            raise UnclearError("its graph goes in a circle")
        found: dict[str, None] = {}
        for source in self._sources(ends):
            if words := self._words(source).strip():
                found.setdefault(words)
        return list(found)

    def _sources(self, ends: list[str]) -> list[Any]:
        """Return the inputs of the samplers upstream of some nodes that take the prompt."""
        sources = []
        pending, seen = list(ends), set()
        while pending:
            name = pending.pop()
            node = self.nodes.get(name)
            if name in seen or node is None:
                continue
            seen.add(name)
            for taken in ("positive", "conditioning"):
                value = node.inputs.get(taken)
                if _link(value) or (isinstance(value, str) and taken == "positive"):
                    sources.append(value)
            pending += [
                source
                for label, source in node.links()
                if label not in _ASIDE and label not in ("positive", "conditioning")
            ]
        return sources

    def _words(self, value: Any, path: tuple[str, ...] = ()) -> str:
        """Return the text that a conditioning, or a text, comes from; ``path`` led there."""
        if isinstance(value, str):
            return value
        name = _link(value)
        node = self.nodes.get(name)
        if node is None or "ZeroOut" in node.kind:
            return ""
        if name in path:
            raise UnclearError("its graph goes in a circle")
        self._visits += 1
        if len(path) > _MAX_DEPTH or self._visits > _MAX_VISITS:
            raise UnclearError("its graph is too large to follow")
        populated = node.inputs.get(_POPULATED)
        if isinstance(populated, str):
            return populated
        if _MAKES_TEXT.search(node.kind) and "TextEncode" not in node.kind:
            raise UnclearError("its prompt is made by a node that does not keep it")
        return self._joined(node, (*path, name))

    def _joined(self, node: Node, path: tuple[str, ...]) -> str:
        """Return the words of a node's inputs, each once, with what it puts between them."""
        words = dict.fromkeys(self._words(value, path) for value in self._inputs(node))
        between = node.inputs.get("delimiter", node.inputs.get("separator"))
        joined = (between if isinstance(between, str) else ", ").join(one for one in words if one)
        if len(joined) > MAX_PROMPT:
            raise UnclearError("its prompt is longer than anybody writes")
        return joined

    def _inputs(self, node: Node) -> list[Any]:
        """Return the inputs of a node that its words come from."""
        inputs = node.inputs
        chosen = inputs.get(f"input{inputs.get('select')}")
        if chosen is not None:
            return [chosen]
        texts = [
            value
            for name, value in inputs.items()
            if _TEXT.fullmatch(name) and (isinstance(value, str) or _link(value))
        ]
        if texts:
            return texts
        links = [(name, inputs[name]) for name, _ in node.links() if name not in _ASIDE]
        conditionings = [value for name, value in links if _CONDITIONING.fullmatch(name)]
        if conditionings or len(links) <= 1:
            return conditionings or [value for _, value in links]
        raise UnclearError("its prompt goes through a node that is not known")


def _link(value: Any) -> str:
    """Return the node that a value comes from (``[name, slot]``), empty where it is no link."""
    if not isinstance(value, list) or len(value) != 2:
        return ""
    name, slot = value
    return str(name) if isinstance(name, str | int) and isinstance(slot, int) else ""

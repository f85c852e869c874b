"""ComfyUI: the graph that made the picture, asked for its positive prompt.

A PNG's ``prompt`` chunk holds ``{id: {class_type, inputs}}``; an input is a value, or ``[id,
slot]`` of the node that makes it. In WebP and JPEG the same stands behind ``prompt:`` in the EXIF:
in the camera's model (ComfyUI, comfy_extras/nodes_images.py), or its maker (WAS Node Suite).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tagsmith.tools.metadata import exif
from tagsmith.tools.metadata.bounded import json_object, string
from tagsmith.tools.metadata.chunks import Chunks
from tagsmith.tools.metadata.comfy_graph import Graph, UnclearError
from tagsmith.tools.metadata.containers import exif_of
from tagsmith.tools.metadata.found import Found

SOURCE = "comfyui"
_PREFIX = "prompt:"
_PLACES = (exif.MODEL, exif.MAKE, exif.DESCRIPTION)


def read_comfyui(chunks: Chunks) -> Found | None:
    """Read the graph; one that does not lead to a single prompt is told by ``note``."""
    text = chunks.texts.get("prompt", "") or _from_exif(chunks)
    if text.lstrip().startswith("{"):
        graph = Graph.of(json_object(text))
        return parse_graph(graph) if graph.nodes else None
    if chunks.texts.get("workflow", "").lstrip().startswith("{"):
        return Found(SOURCE, note="it holds ComfyUI's workflow, but not what was made with it")
    return None


def parse_object(fields: Mapping[str, Any]) -> Found | None:
    """Read a graph among other fields, as Civitai writes it into comments; None where none is.

    Civitai keeps the prompt itself in ``extraMetadata``, JSON within JSON.
    """
    extra = string(fields.get("extraMetadata"))
    prompt = string(json_object(extra).get("prompt")) if extra else ""
    if prompt:
        return Found(SOURCE, prompt)
    graph = Graph.of(fields)
    return parse_graph(graph) if graph.nodes else None


def parse_graph(graph: Graph) -> Found:
    """Return the positive prompt of a graph, or why there is none."""
    try:
        prompts = graph.prompts()
    except UnclearError as error:
        return Found(SOURCE, note=error.reason)
    if len(prompts) == 1:
        return Found(SOURCE, prompts[0])
    if prompts:
        return Found(SOURCE, note=f"its graph has {len(prompts)} different prompts")
    return Found(SOURCE, note="its graph leads to no prompt")


def _from_exif(chunks: Chunks) -> str:
    values = exif_of(chunks)
    for text in map(values.text, _PLACES):
        if text[: len(_PREFIX)].lower() == _PREFIX:
            return text[len(_PREFIX) :]
    return ""

"""ComfyUI's graphs: which words made the picture, and where the graph does not tell."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from metadata_files import comfy, node

from tagsmith.tools.metadata.comfy_graph import Graph
from tagsmith.tools.metadata.comfyui import parse_graph


def prompt(graph: dict[str, Any]) -> str:
    found = parse_graph(Graph.of(graph))
    assert found.note == ""
    return found.prompt


def note(graph: dict[str, Any]) -> str:
    found = parse_graph(Graph.of(graph))
    assert found.prompt == ""
    return found.note


def encoded(node_: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The default graph with another node in the place of its positive encoder."""
    return {**comfy(), "6": node_, **more}


def test_the_default_graph() -> None:
    assert prompt(comfy("dog, cat")) == "dog, cat"


@pytest.mark.parametrize(
    "more",
    [
        {"20": node("PrimitiveStringMultiline", value="dog")},
        {
            "20": node("ShowText|pysssss", text=["21", 0]),
            "21": node("String Literal", string="dog"),
        },
        {"20": node("Reroute", **{"": ["21", 0]}), "21": node("Text Multiline", text="dog")},
        {"20": node("ImpactWildcardProcessor", wildcard_text="{a|b}", populated_text="dog")},
        {
            "20": node("ImpactSwitch", select=2, input1=["21", 0], input2=["22", 0]),
            "21": node("String", string="cat"),
            "22": node("String", string="dog"),
        },
    ],
    ids=["primitive", "through another", "reroute", "populated wildcard", "switch"],
)
def test_a_text_that_comes_from_another_node(more: dict[str, Any]) -> None:
    assert prompt(comfy(["20", 0], **more)) == "dog"


def test_texts_that_are_joined() -> None:
    join = node("JoinStrings", string1=["21", 0], string2="cat", delimiter=" and ")
    more = {"20": join, "21": node("String", string="dog")}
    assert prompt(comfy(["20", 0], **more)) == "dog and cat"


def test_the_encoders_of_sdxl_and_flux() -> None:
    assert prompt(encoded(node("CLIPTextEncodeSDXL", text_g="dog", text_l="dog"))) == "dog"
    assert prompt(encoded(node("CLIPTextEncodeSDXL", text_g="dog", text_l="cat"))) == "dog, cat"
    flux = node("CLIPTextEncodeFlux", clip_l="dog", t5xxl="dog", guidance=3.5)
    assert prompt(encoded(node("FluxGuidance", conditioning=["20", 0]), **{"20": flux})) == "dog"


def test_a_custom_sampler_with_a_guider() -> None:
    graph = {
        "1": node("SaveImage", images=["2", 0]),
        "2": node("VAEDecode", samples=["3", 0], vae=["9", 2]),
        "3": node("SamplerCustomAdvanced", guider=["4", 0], noise=["8", 0], latent_image=["7", 0]),
        "4": node("BasicGuider", model=["9", 0], conditioning=["5", 0]),
        "5": node("CLIPTextEncode", text="dog", clip=["9", 1]),
        "7": node("EmptyLatentImage", width=8),
        "8": node("RandomNoise", noise_seed=1),
        "9": node("CheckpointLoaderSimple", ckpt_name="x"),
    }
    assert prompt(graph) == "dog"


def test_a_second_pass_with_the_same_words() -> None:
    graph = comfy("dog")
    graph["8"] = node("VAEDecode", samples=["20", 0])
    graph["20"] = node("KSampler", positive=["6", 0], negative=["7", 0], latent_image=["3", 0])
    assert prompt(graph) == "dog"


def test_a_control_net_passes_both_conditionings_on() -> None:
    control = node(
        "ControlNetApplyAdvanced", positive=["21", 0], negative=["22", 0], image=["23", 0]
    )
    graph = comfy(
        **{
            "20": control,
            "21": node("CLIPTextEncode", text="dog"),
            "22": node("CLIPTextEncode", text="ugly"),
            "23": node("LoadImage", image="x.png"),
        }
    )
    graph["3"]["inputs"]["positive"] = ["20", 0]
    graph["3"]["inputs"]["negative"] = ["20", 1]
    assert prompt(graph) == "dog"


def test_a_loader_that_takes_the_prompt_itself() -> None:
    graph = {
        "1": node("SaveImage", images=["2", 5]),
        "2": node("KSampler (Efficient)", positive=["3", 1], negative=["3", 2]),
        "3": node("Efficient Loader", positive="dog", negative="ugly", ckpt_name="x"),
    }
    assert prompt(graph) == "dog"


def test_conditionings_that_are_combined() -> None:
    graph = encoded(
        node("ConditioningCombine", conditioning_1=["20", 0], conditioning_2=["21", 0]),
        **{
            "20": node("CLIPTextEncode", text="dog"),
            "21": node("CLIPTextEncode", text="cat"),
        },
    )
    assert prompt(graph) == "dog, cat"


def test_other_ends_of_the_graph_do_not_matter() -> None:
    more = {
        "20": node("PreviewImage", images=["21", 0]),
        "21": node("CannyEdgePreprocessor", image=["22", 0]),
        "22": node("LoadImage", image="x.png"),
    }
    assert prompt(comfy("dog", **more)) == "dog"


def test_two_pictures_with_different_prompts() -> None:
    graph = comfy(
        "dog",
        **{
            "20": node("SaveImage", images=["21", 0]),
            "21": node("KSampler", positive=["22", 0]),
            "22": node("CLIPTextEncode", text="cat"),
        },
    )
    assert note(graph) == "its graph has 2 different prompts"


@pytest.mark.parametrize(
    ("graph", "said"),
    [
        (comfy(["6", 0]), "goes in a circle"),
        (comfy(["20", 0], **{"20": node("String", text=["6", 0])}), "goes in a circle"),
        ({"1": node("A", x=["2", 0]), "2": node("A", x=["1", 0])}, "goes in a circle"),
        ({"1": node("SaveImage", images=["1", 0])}, "goes in a circle"),
        (comfy(["20", 0], **{"20": node("RandomPrompt", text="a")}), "does not keep it"),
        (comfy(["20", 0], **{"20": node("WD14Tagger", image=["5", 0])}), "does not keep it"),
        (comfy(["20", 0], **{"20": node("X", a=["5", 0], b=["8", 0])}), "not known"),
        (comfy(["99", 0]), "leads to no prompt"),
        (comfy(""), "leads to no prompt"),
        (comfy(5), "leads to no prompt"),
        ({"1": node("SaveImage", images=["2", 0]), "2": node("LoadImage")}, "leads to no prompt"),
    ],
    ids=range(11),
)
def test_what_a_graph_does_not_tell(graph: dict[str, Any], said: str) -> None:
    assert said in note(graph)


def test_texts_joined_with_themselves_over_and_over_end() -> None:
    more = {
        str(number): node("Join", text_a=[str(number + 1), 0], text_b=[str(number + 1), 0])
        for number in range(20, 80)
    }
    more["80"] = node("String", string="dog")
    assert "too large to follow" in note(comfy(["20", 0], **more))


def test_a_chain_of_thousands_of_nodes_ends() -> None:
    more = {str(n): node("Reroute", x=[str(n + 1), 0]) for n in range(20, 5000)}
    assert "too large to follow" in note(comfy(["20", 0], **more))


IDS = st.sampled_from([str(number) for number in range(8)])
INPUTS = st.dictionaries(
    st.sampled_from("positive negative text conditioning samples images guider a select".split()),
    st.text(max_size=3) | st.integers(0, 3) | st.tuples(IDS, st.integers(0, 1)).map(list),
    max_size=4,
)


@given(st.dictionaries(IDS, INPUTS.map(lambda inputs: node("N", **inputs)), max_size=8))
def test_any_graph_ends_in_words_of_its_own_or_a_reason(graph: dict[str, Any]) -> None:
    found = parse_graph(Graph.of(graph))
    assert bool(found.prompt) != bool(found.note)
    words = {
        value.strip()
        for one in graph.values()
        for value in one["inputs"].values()
        if isinstance(value, str)
    }
    assert not found.prompt or any(word and word in found.prompt for word in words)

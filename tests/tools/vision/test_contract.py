"""The contract's edges; each deviation of a whole model is in test_model_deviations.py."""

from __future__ import annotations

import numpy as np
import pytest

from tagsmith.tools.errors import ModelError
from tagsmith.tools.vision.contract import Port, Signature, check, check_values, wiring
from tagsmith.tools.vision.labels import Labels
from tagsmith.tools.vision.spec import find_spec

WD, JOYTAG, CL, PIXAI = (
    find_spec(name) for name in ("wd-vit-v3", "joytag", "cl-tagger-v1", "pixai-v0.9")
)
FLOAT = "tensor(float)"
LABELS = Labels(tuple(f"tag_{i}" for i in range(20)), ("general",) * 20)
PIXELS = Port("input", FLOAT, ("N", 448, 448, 3))
SCORES = Port("output", FLOAT, ("N", 20))


def refusal(call, *given) -> str:
    with pytest.raises(ModelError) as refused:
        call(*given)
    assert refused.value.hint
    return refused.value.message


def test_a_refusal_names_the_model_the_file_and_the_difference() -> None:
    graph = Signature((Port("input", FLOAT, ("N", 3, 448, 448)),), (SCORES,))
    assert refusal(check, WD, LABELS, graph) == (
        "wd-vit-v3: model.onnx: input 'input' is Nx3x448x448: NCHW, where the spec says NHWC."
    )
    graph = Signature((PIXELS,), (Port("output", FLOAT, ("N", 9083)),))
    assert refusal(check, WD, LABELS, graph) == (
        "wd-vit-v3: model.onnx: the output has 9,083 values, selected_tags.csv has 20 labels."
    )


def test_free_sides_and_a_free_width_are_accepted_at_load() -> None:
    graph = Signature(
        (Port("input", FLOAT, (None, None, "width", 3)),),
        (Port("output", FLOAT, (None, None)),),
    )
    check(WD, LABELS, graph)


def test_a_free_width_is_asked_again_after_the_run() -> None:
    output = np.linspace(0, 1, 19, dtype=np.float32)[None]
    assert "19 values, selected_tags.csv has 20" in refusal(check_values, WD, output, LABELS)
    assert "dimensions" in refusal(check_values, WD, output[0], LABELS)


def test_a_free_channel_axis_is_refused() -> None:
    graph = Signature((Port("input", FLOAT, ("N", 448, 448, "C")),), (SCORES,))
    assert "C channels where the spec says 3" in refusal(check, WD, LABELS, graph)


def test_an_output_that_is_not_a_list_of_scores_is_refused() -> None:
    graph = Signature((PIXELS,), (Port("output", FLOAT, ("N", 20, 7, 7)),))
    assert "4 dimensions Nx20x7x7, not 2" in refusal(check, WD, LABELS, graph)
    graph = Signature((PIXELS,), ())
    assert "the graph has none" in refusal(check, WD, LABELS, graph)


def test_where_the_spec_names_no_port_the_first_counts() -> None:
    pixels = Port("image", FLOAT, (1, 3, 448, 448))
    others = (Port("a", FLOAT, (1, 20)), Port("b", FLOAT, (1, 99)))
    found = wiring(CL, Signature((pixels,), others))
    assert (found.pixels.name, found.scores.name, found.embedding) == ("image", "a", None)
    check(CL, LABELS, Signature((pixels,), others))


def test_the_embedding_is_wired_where_the_spec_has_one() -> None:
    outputs = tuple(
        Port(name, FLOAT, (1, width))
        for name, width in (("embedding", 1024), ("logits", 20), ("prediction", 20))
    )
    found = wiring(PIXAI, Signature((Port("input", FLOAT, (1, 3, 448, 448)),), outputs))
    assert (found.scores.name, found.embedding.name) == ("prediction", "embedding")


def test_a_model_that_is_fed_one_image_at_a_time_may_have_either_batch_axis() -> None:
    for axis in (1, "N", None):
        pixels = Port("x", FLOAT, (axis, 3, 448, 448))
        check(CL, LABELS, Signature((pixels,), (Port("y", FLOAT, (axis, 20)),)))


@pytest.mark.parametrize(
    ("spec", "values", "says"),
    [
        (WD, np.linspace(0, 1, 20), None),
        (WD, np.zeros(20), None),
        (WD, np.ones(20), None),
        (WD, [1.00001, *np.zeros(19)], None),
        (WD, [1.01, *np.zeros(19)], "between 0 and 1.01: no probabilities"),
        (WD, [-0.01, *np.zeros(19)], "between -0.01 and 0: no probabilities"),
        (WD, np.linspace(0.5, 0.7310586, 20), "between 0.5 and 0.731: the sigmoid was applied"),
        (WD, np.linspace(0.49, 0.73, 20), None),
        (WD, np.linspace(0.5, 0.74, 20), None),
        (WD, [0.6] * 15, None),
        (WD, [float("inf"), *np.zeros(19)], "no numbers"),
        (WD, [float("nan"), *np.zeros(19)], "no numbers"),
        (JOYTAG, np.linspace(-12, 4, 20), None),
        (JOYTAG, np.linspace(-12, -0.1, 20), None),
        (JOYTAG, np.linspace(0, 1, 20), "between 0 and 1: probabilities, where the spec says"),
        (JOYTAG, [0.5] * 15, None),
        (JOYTAG, [float("-inf"), *np.zeros(19)], "no numbers"),
    ],
)
def test_values_are_judged_by_what_the_spec_says_they_are(spec, values, says) -> None:
    output = np.asarray([values], dtype=np.float32)
    if says is None:
        check_values(spec, output)
    else:
        assert says in refusal(check_values, spec, output)


def test_no_images_prove_nothing() -> None:
    check_values(WD, np.zeros((0, 20), dtype=np.float32), LABELS)

"""Florence-2 and BLIP on tiny graphs of their signatures: from an image file to a caption."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import caption_graphs as tiny
import numpy as np
import pytest
from caption_models import (
    BEGIN,
    BLIP_BLUE,
    BLIP_RED,
    BLUE,
    END,
    OTHER,
    PAD,
    RED,
    SENTENCE,
    TOKENIZER,
    caption,
    ids,
    picture,
    written,
)

from tagsmith.tools.errors import ModelError, StoppedError
from tagsmith.tools.vision.captioners import graphs as loading
from tagsmith.tools.vision.captioners.captioner import Request, UnusableError
from tagsmith.tools.vision.captioners.florence import PROMPTS
from tagsmith.tools.vision.captioners.graphs import Graphs
from tagsmith.tools.vision.captioners.local import LocalCaptioner, captioner_of
from tagsmith.tools.vision.fitted import fitted
from tagsmith.tools.vision.schema import ModelSpec
from tagsmith.tools.vision.spec import find_spec
from tagsmith.tools.watch import Watch


def test_the_specs_say_what_the_models_papers_say():
    florence, blip = find_spec("florence-2"), find_spec("blip")
    assert (florence.license, florence.revision) == ("MIT", None)
    assert florence.input.size == (768, 768)
    assert florence.captions.model_dump() == {
        "family": "florence2", "start": 2, "stop": 2, "pad": 1, "max_tokens": 256,
    }  # fmt: skip
    assert blip.revision == "3bc5068f59dad3619e29e5283a41632b101ab8ae"
    assert blip.input.size == (384, 384)
    assert (blip.captions.start, blip.captions.stop, blip.captions.pad) == (30522, 102, 0)
    assert florence.name != blip.name
    assert (florence.role, blip.role) == ("captioner", "captioner")


def test_florence_s_caption_follows_the_picture(florence):
    captioner = florence()
    assert caption(captioner, RED) == SENTENCE
    assert caption(captioner, BLUE) == OTHER


def test_florence_is_asked_as_documented(florence, monkeypatch):
    """Image before text; <s> prompt </s>; the decoder begins with </s>; one step a token."""
    fed: list[tuple[str, dict[str, np.ndarray]]] = []
    run = Graphs.run

    def spy(self: Graphs, part: str, feeds: dict[str, np.ndarray]) -> np.ndarray:
        fed.append((part, dict(feeds)))
        return run(self, part, feeds)

    monkeypatch.setattr(Graphs, "run", spy)
    captioner = florence(written("ab"), written("ab"))
    for style in ("sentence", "detailed"):
        fed.clear()
        caption(captioner, style=style)
        assert [part for part, _ in fed] == [
            "vision_encoder", "embed_tokens", "encoder_model",
            *["embed_tokens", "decoder_model"] * 4,
        ]  # fmt: skip
        prompt = [BEGIN, *ids(PROMPTS[style]), END]
        assert fed[1][1]["input_ids"].tolist() == [prompt]
        embedded = fed[2][1]["inputs_embeds"]
        assert embedded.shape == (1, tiny.FEATURES + len(prompt), tiny.WIDTH)
        assert embedded[0, tiny.FEATURES, 0] == -5 - BEGIN
        assert fed[2][1]["attention_mask"].tolist() == [[1] * embedded.shape[1]]
        steps = [feeds["input_ids"].tolist()[0] for part, feeds in fed[3:] if "input_ids" in feeds]
        assert steps == [[2], [2, BEGIN], [2, BEGIN, *ids("a")], [2, BEGIN, *ids("ab")]]
    assert PROMPTS["sentence"] == "What does the image describe?"


def test_florence_s_pixels_are_those_of_its_contract(florence):
    """Stretched, not padded: a red picture twice as wide as high has no other colour in it."""
    captioner = florence()
    seen = fitted(picture(RED), captioner.spec.input)
    assert seen.shape == (16, 16, 3)
    assert (seen == RED).all()


def test_an_end_in_the_first_two_places_is_no_end(florence):
    captioner = florence([END, *ids(SENTENCE), END], [BEGIN, END, *ids(OTHER), END])
    assert caption(captioner, RED) == SENTENCE
    assert caption(captioner, BLUE) == OTHER


def test_an_empty_caption_is_listed_not_written(florence):
    captioner = florence([BEGIN, PAD, END], [BEGIN, PAD, END])
    with pytest.raises(UnusableError, match="empty"):
        caption(captioner)


def test_what_never_ends_is_cut_behind_a_sentence_or_is_no_caption(florence):
    endless = written("A dog. And then it")[:-1]
    captioner = florence(endless, written("no end in sight")[:-1], max_tokens=len(endless))
    assert caption(captioner, RED) == "A dog."
    with pytest.raises(UnusableError, match="no end"):
        caption(captioner, BLUE)


def test_the_guard_against_repeats_lets_no_loop_through(florence):
    """The model wants one letter for ever: after two of a kind its second choice comes."""
    captioner = florence(written("aaaaaaaa"), written("a"))
    said = caption(captioner)
    assert said.startswith("aaab")


def test_blip_s_caption_follows_the_picture(blip):
    assert caption(blip, RED) == "a red ball"
    assert caption(blip, BLUE) == "dogs run"


def test_blip_begins_with_its_own_token_and_runs_the_whole_prefix_again(blip, monkeypatch):
    fed: list[list[int]] = []
    run = Graphs.run

    def spy(self: Graphs, part: str, feeds: dict[str, np.ndarray]) -> np.ndarray:
        if "input_ids" in feeds:
            fed.append(feeds["input_ids"].tolist()[0])
        return run(self, part, feeds)

    monkeypatch.setattr(Graphs, "run", spy)
    caption(blip, RED)
    assert fed == [[30522], [30522, 2000], [30522, 2000, 2002], [30522, 2000, 2002, 2003]]


def test_blip_stops_at_its_limit(models):
    spec = tiny.small("blip")
    assert spec.captions is not None
    spec = spec.model_copy(update={"captions": spec.captions.model_copy(update={"max_tokens": 3})})
    tiny.make_blip(models / spec.name, (BLIP_RED, BLIP_BLUE))
    with pytest.raises(UnusableError, match="no end"):
        caption(captioner_of(spec))


# With a cache


def test_with_a_cache_the_caption_is_the_same_and_a_step_costs_one_token(cached, monkeypatch):
    fed: list[dict[str, np.ndarray]] = []
    run = Graphs.run_all

    def spy(self: Graphs, part: str, feeds: dict[str, np.ndarray], outputs: list[str]) -> object:
        if part == "decoder_model":
            fed.append(dict(feeds))
        return run(self, part, feeds, outputs)

    monkeypatch.setattr(Graphs, "run_all", spy)
    assert caption(cached, RED) == SENTENCE
    first, second, *_, last = fed
    seen = first["encoder_hidden_states"].shape[1]
    assert not first["use_cache_branch"].any()
    assert first["past_key_values.0.decoder.key"].shape == (1, 1, 0, 1)
    assert second["use_cache_branch"].all()
    assert {one["inputs_embeds"].shape[1] for one in fed} == {1}
    assert last["past_key_values.0.decoder.key"].shape[2] == len(fed) - 1
    assert {one["past_key_values.0.encoder.key"].shape[2] for one in fed[1:]} == {seen}
    assert caption(cached, BLUE) == OTHER
    assert caption(cached, RED) == SENTENCE


def test_a_cache_of_other_names_is_not_used(cached, models):
    folder = models / cached.spec.name
    tiny.make_florence(folder, (written(SENTENCE), written(OTHER)))
    logits = tiny.table([written("wrong")] * 2, TOKENIZER.get_vocab_size())
    merged = tiny.merged_decoder(logits, past="past")
    (folder / "onnx" / "decoder_model_merged.onnx").write_bytes(merged)
    assert caption(cached, RED) == SENTENCE


def test_a_merged_decoder_is_checked_like_the_other(cached, models):
    logits = tiny.table([written(SENTENCE)] * 2, 5000)
    path = models / cached.spec.name / "onnx" / "decoder_model_merged.onnx"
    path.write_bytes(tiny.merged_decoder(logits))
    with pytest.raises(ModelError, match="it knows 5,000 tokens"):
        caption(cached)


# Its life


def test_it_loads_once_and_again_where_a_file_has_changed(florence, models, monkeypatch):
    opened: list[str] = []
    opening = loading.runtime.open_graph

    def count(path: str, *rest: object, **more: object) -> object:
        opened.append(path)
        return opening(path, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(loading.runtime, "open_graph", count)
    captioner = florence()
    assert caption(captioner) == SENTENCE
    assert caption(captioner) == SENTENCE
    assert len(opened) == 4
    shutil.rmtree(models / captioner.spec.name)
    tiny.make_florence(models / captioner.spec.name, (written("Another one."), written(OTHER)))
    assert caption(captioner) == "Another one."


def test_another_captioner_takes_the_place_of_the_one_before(florence, blip):
    first = florence()
    caption(first)
    assert captioner_of(first.spec) is first
    assert caption(captioner_of(blip.spec)) == "a red ball"
    assert captioner_of(first.spec) is first
    assert first._writer is None
    assert first.note == ""


def test_identities_differ_where_captions_could(florence):
    spec: ModelSpec = florence().spec
    assert spec.captions is not None
    shorter = spec.captions.model_copy(update={"max_tokens": 20})
    other = LocalCaptioner(spec.model_copy(update={"captions": shorter}))
    assert other.who != captioner_of(spec).who
    assert other.digest(Request("sentence")) != other.digest(Request("detailed"))
    assert other.digest(Request(trigger="coco", seed=3)) == other.digest(Request())


def test_stop_ends_a_caption_between_two_steps(florence, monkeypatch):
    captioner = florence()
    at_work = threading.Event()
    run = Graphs.run

    def slow(self: Graphs, part: str, feeds: dict[str, np.ndarray]) -> np.ndarray:
        at_work.set()
        return run(self, part, feeds)

    endless = iter(int, 1)
    monkeypatch.setattr(Graphs, "run", slow)
    monkeypatch.setattr(
        "tagsmith.tools.vision.captioners.florence.greedy",
        lambda following, _: [following([END]) for _ in endless],
    )
    with pytest.raises(StoppedError):
        caption(captioner, watch=Watch(stopped=at_work.is_set))
    monkeypatch.undo()
    monkeypatch.setenv("TAGSMITH_MODELS_FOLDER", str(Path(captioner._files[0][0]).parents[2]))
    assert caption(captioner) == SENTENCE

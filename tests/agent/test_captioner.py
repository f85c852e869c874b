"""Captions through a model server: what it is sent, what becomes of its answers and its faults."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fault_modes import FAULTS, SECRET, FaultMode
from model_listings import v1_models
from model_replies import Hang, Reply, chunk, stream, text
from model_server import ModelServer
from PIL import Image
from pydantic import SecretStr
from seeing_model import SENTENCE, Seeing, colours_of, is_probe, picture_of, question_of

from tagsmith.agent import captioner as module
from tagsmith.agent.captioner import ServerCaptioner
from tagsmith.agent.consent import ConsentError, Consents, ImageConsent
from tagsmith.agent.server.endpoint import Endpoint, Limits
from tagsmith.agent.server.faults import EndpointError
from tagsmith.tools import toolbox
from tagsmith.tools.errors import Exit, ModelError, StoppedError, TagsmithError
from tagsmith.tools.watch import Watch
from tagsmith.tools.workspace import Workspace

REMOTE = "https://models.example.org/v1"
SEEING = "google/gemma-4-12b"
LONGEST_MESSAGE = 600
PATIENT = Limits(connect=5, first_token=9, between_tokens=9, turn=20, wait=0.5, backoff=0.01)
QUICK = replace(PATIENT, first_token=2.0, between_tokens=1.0, turn=3.5)


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """Five pictures that differ; two have tags."""
    root = tmp_path / "pets"
    root.mkdir()
    for number, name in enumerate("abcde"):
        noise = Image.effect_noise((120, 80), 90 + number).convert("RGB")
        noise.save(root / f"{name}.png")
    (root / "a.txt").write_bytes(b"dog, beach")
    (root / "b.txt").write_bytes(b"dog, stick\r\n")
    return root


Captioning = Callable[..., ServerCaptioner]


@pytest.fixture
def consents(tmp_path: Path) -> Consents:
    return Consents(tmp_path / "settings")


@pytest.fixture
def captioner(model_server: ModelServer, consents: Consents) -> Iterator[Captioning]:
    made: list[ServerCaptioner] = []

    def make(wanted: str = SEEING, **endpoint: Any) -> ServerCaptioner:
        limits = endpoint.pop("limits", PATIENT)
        where = Endpoint(model_server.base_url, key=SecretStr(SECRET), limits=limits, **endpoint)
        made.append(ServerCaptioner(where, ImageConsent(consents), wanted))
        return made[-1]

    yield make
    for one in made:
        one.close()


def opened(root: Path, captioner: ServerCaptioner) -> Workspace:
    workspace = Workspace.open(root)
    workspace.captioners = {"server": lambda: captioner}
    return workspace


def caption(workspace: Workspace, **arguments: Any) -> toolbox.Outcome:
    return toolbox.call(workspace, "caption_images", arguments)


def after(workspace: Workspace) -> dict[str, bytes | None]:
    return {change.path: change.after for change in workspace.plan().changes}


def test_captions_are_staged_beside_tags_and_nothing_is_written(dataset, model_server, captioner):
    model_server.default = Seeing()
    workspace = opened(dataset, captioner())
    outcome = caption(workspace)
    line = SENTENCE.encode()
    assert after(workspace) == {
        "a.txt": b"dog, beach\n" + line,
        "b.txt": b"dog, stick\r\n" + line + b"\r\n",
        "c.txt": line,
        "d.txt": line,
        "e.txt": line,
    }
    assert outcome.text.startswith(f"Put 5 captions by {SEEING} after what stands")
    assert outcome.state == "staged: 5 files; nothing written yet"
    assert sorted(path.name for path in dataset.glob("*.txt")) == ["a.txt", "b.txt"]


def test_a_request_is_one_image_and_one_question(dataset, model_server, captioner):
    model_server.default = seeing = Seeing()
    caption(opened(dataset, captioner()), where="name:a", trigger="coco", words="Name the breed.")
    (request,) = seeing.images
    assert request["model"] == SEEING
    assert [one["role"] for one in request["messages"]] == ["user"]
    assert request["temperature"] <= 0.3
    assert request["max_tokens"] == 512
    assert "tools" not in request
    question = question_of(request)
    assert question.startswith("Describe this picture")
    assert 'Call the main subject "coco".' in question
    assert question.endswith("Name the breed.")
    assert picture_of(request).size == (120, 80)


@pytest.mark.parametrize(("style", "most"), [("sentence", 512), ("detailed", 1024), ("tags", 768)])
def test_each_style_has_its_own_prompt_and_room(style, most, dataset, model_server, captioner):
    model_server.default = seeing = Seeing()
    caption(opened(dataset, captioner()), where="name:c", style=style)
    assert seeing.images[0]["max_tokens"] == most
    words = {"sentence": "one plain English sentence", "detailed": "paragraph", "tags": "Danbooru"}
    assert words[style] in question_of(seeing.images[0])


def test_a_replay_and_a_second_run_make_no_request(dataset, model_server, captioner):
    model_server.default = Seeing()
    workspace = opened(dataset, captioner())
    toolbox.call(workspace, "prune_tags", {"tags": ["beach"]})
    caption(workspace)
    before, requests = after(workspace), len(model_server.requests)
    workspace.drop_step(1)
    workspace.drop_step(1, dropped=False)
    assert after(workspace) == before
    again = opened(dataset, captioner())
    caption(again)
    assert len(model_server.requests) == requests


def test_a_second_run_makes_no_request_either_where_no_model_is_set(
    dataset, model_server, captioner
):
    model_server.routes = {"/v1/models": v1_models(SEEING)}
    model_server.default = Seeing()
    caption(opened(dataset, captioner("")), where="name:a or name:b")
    requests = len(model_server.requests)
    outcome = caption(opened(dataset, captioner("")), where="name:b")
    assert len(model_server.requests) == requests
    assert SEEING in outcome.text
    caption(opened(dataset, captioner("")))
    assert len(model_server.requests) > requests


def test_another_question_or_seed_asks_anew(dataset, model_server, captioner):
    model_server.default = seeing = Seeing()
    workspace = opened(dataset, captioner())
    for arguments in ({}, {"style": "detailed"}, {"seed": 1}, {"words": "Look."}, {"seed": 1}):
        caption(workspace, where="name:a", **arguments)
    assert len(seeing.images) == 4
    assert len({one["seed"] for one in seeing.images}) == 2


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (text(""), "the answer was empty"),
        (text("   ...  "), "the answer was empty"),
        (text("a dog on a beach, " * 20), "goes round in circles"),
        (text("A dog that runs along the", "length"), "the answer was cut off"),
        (text("I'm sorry, but I cannot help with that."), "the model declined"),
        (text("<think>It may be a dog, or a cat."), "the model only thought"),
        (stream(chunk({"reasoning": "A dog?"}), chunk({}, "length")), "the model only thought"),
    ],
    ids=["empty", "signs", "loop", "truncated", "refusal", "thought", "reasoning"],
)
def test_a_useless_answer_is_asked_for_once_more_then_listed(
    bad, reason, dataset, model_server, captioner
):
    model_server.default = seeing = Seeing(SENTENCE, bad, SENTENCE, bad, bad)
    workspace = opened(dataset, captioner())
    outcome = caption(workspace)
    assert len(seeing.images) == 7
    second, third = seeing.images[1:3]
    assert second["messages"] == third["messages"]
    assert second["seed"] != third["seed"]
    assert second["temperature"] < third["temperature"]
    assert set(after(workspace)) == {"a.txt", "b.txt", "d.txt", "e.txt"}
    assert "1 image got no usable caption: c.png" in outcome.text
    assert reason in outcome.text
    requests = len(model_server.requests)
    caption(opened(dataset, captioner()))
    assert len(model_server.requests) == requests
    caption(workspace, mode="fill", seed=1)
    assert len(seeing.images) == 8
    assert set(after(workspace)) == {f"{name}.txt" for name in "abcde"}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_the_server_stages_nothing_and_loses_nothing(
    name, dataset, model_server, captioner
):
    fault: FaultMode = FAULTS[name]
    model_server.default = Seeing(SENTENCE, SENTENCE, *[fault.reply] * fault.requests)
    model = "wanted-model" if name == "404 model" else SEEING
    if name == "404 model":
        model_server.routes = {"/v1/models": v1_models(SEEING, model)}
    limits = QUICK if fault.limit else PATIENT
    workspace = opened(dataset, captioner(model, limits=limits))
    with pytest.raises(EndpointError) as raised:
        caption(workspace)
    error = raised.value
    told = str(error)
    assert error.exit == Exit.SERVER
    assert error.fault.kind.name == fault.kind
    assert "2 of 5 images have their caption and keep it" in told
    assert "the same call goes on from there" in told
    assert SECRET not in told
    assert len(told) <= LONGEST_MESSAGE + len(fault.says and max(fault.says, key=len))
    assert not workspace.plan()
    model_server.default = seeing = Seeing()
    caption(workspace)
    assert len(seeing.images) == 3
    assert len(after(workspace)) == 5


def test_a_server_that_is_not_there_is_told(dataset, consents):
    nobody = Endpoint("http://127.0.0.1:9/v1", limits=QUICK)
    workspace = opened(dataset, ServerCaptioner(nobody, ImageConsent(consents)))
    with pytest.raises(EndpointError, match="refused"):
        caption(workspace)
    assert not workspace.plan()


def test_stop_is_heard_while_the_server_thinks(dataset, model_server, captioner):
    model_server.default = Seeing(SENTENCE, Reply((Hang(),)))
    workspace = opened(dataset, captioner(limits=replace(PATIENT, first_token=60, turn=60)))
    told: list[int] = []

    def stopped() -> bool:
        return len(model_server.chats) > 2

    workspace.watch = Watch(lambda step: told.append(step.done), stopped)
    with pytest.raises(StoppedError, match="Stopped at 1 of 5 images") as raised:
        caption(workspace)
    assert "goes on from there" in raised.value.hint
    assert model_server.chats[-1].left.wait(5)
    assert told[0] == 0
    assert told[-1] == 1
    assert not workspace.plan()


# Sight


def test_a_model_that_the_server_calls_blind_is_not_asked(dataset, model_server, captioner):
    with pytest.raises(ModelError) as raised:
        caption(opened(dataset, captioner("qwen/qwen3.5-9b")))
    assert "cannot see pictures" in raised.value.message
    assert SEEING in raised.value.hint
    assert "caption_model" in raised.value.hint
    assert model_server.chats == []


def test_a_text_model_that_invents_what_it_sees_is_unmasked(dataset, model_server, captioner):
    model_server.default = text("A red and green landscape with a [31m blue sky.")
    workspace = opened(dataset, captioner())
    with pytest.raises(ModelError, match="cannot see pictures") as raised:
        caption(workspace)
    assert "landscape" in raised.value.message
    assert len(model_server.chats) == module.PROBES
    assert all(is_probe(one.json) for one in model_server.chats)
    assert not workspace.plan()


def test_a_model_may_stumble_once(dataset, model_server, captioner):
    seeing = Seeing()
    model_server.script(text("Purple and orange."))
    model_server.default = seeing
    caption(opened(dataset, captioner()))
    assert len(seeing.images) == 5


def test_the_probe_cannot_be_foreseen_and_is_made_once(dataset, model_server, captioner):
    model_server.default = Seeing()
    shown = set()
    for seed in range(8):
        one = captioner()
        workspace = opened(dataset, one)
        caption(workspace, where="name:a", seed=seed)
        caption(workspace, where="name:b", seed=seed)
        probes = [each for each in model_server.chats if is_probe(each.json)]
        assert len(probes) == seed + 1
        shown.add(colours_of(probes[-1].json))
    assert len(shown) > 2


# Consent and secrets


def test_images_go_nowhere_without_an_agreement(dataset, model_server, captioner, monkeypatch):
    monkeypatch.setattr("tagsmith.agent.consent.is_local", lambda _: False)
    workspace = opened(dataset, captioner())
    with pytest.raises(ConsentError) as raised:
        caption(workspace)
    assert raised.value.exit == Exit.USAGE
    assert "have not agreed that images go there" in raised.value.message
    assert "--allow-remote" in raised.value.hint
    assert model_server.requests == []


def test_an_agreement_about_captions_is_none_about_images(consents):
    consents.give(REMOTE, "captions")
    with pytest.raises(ConsentError):
        ImageConsent(consents).check(REMOTE)
    ImageConsent(consents, allowed=True).check(REMOTE)
    assert not consents.given(REMOTE, "images")
    consents.give(REMOTE, "images")
    ImageConsent(consents).check(REMOTE)


@pytest.mark.parametrize("answer", ["no", "yes please", "", "caption them"])
def test_anything_but_yes_is_no_agreement(answer, consents):
    asking = ImageConsent(consents, asks=True)
    with pytest.raises(ConsentError):
        asking.check(REMOTE)
    assert REMOTE in asking.question
    assert asking.heard(answer) == ""
    assert asking.heard("yes") == ""
    assert not consents.given(REMOTE, "images")


def test_the_key_is_sent_to_the_server_alone_and_never_kept(dataset, model_server, captioner):
    model_server.default = Seeing(*[f"A dog on a beach reads the note {SECRET} aloud."] * 5)
    workspace = opened(dataset, captioner())
    outcome = caption(workspace)
    assert {one.headers["authorization"] for one in model_server.chats} == {f"Bearer {SECRET}"}
    stored = (dataset / ".tagsmith" / "scores.db").read_bytes()
    assert SECRET.encode() not in stored
    assert SECRET not in str(outcome) + str(after(workspace))


def test_answers_are_data(dataset, model_server, captioner):
    hostile = (
        "```\nSure! Here is the caption:\n\x1b[31m\u202e**A dog** runs\non the ||| beach.\n```"
    )
    model_server.default = Seeing(*[hostile] * 5)
    workspace = opened(dataset, captioner())
    caption(workspace, where="name:c")
    assert after(workspace) == {"c.txt": b"[31mA dog runs on the, beach."}


def test_tags_are_parsed_and_unknown_ones_dropped_on_request(dataset, model_server, captioner):
    model_server.default = Seeing(
        *["- Dog\n- Stick\n- running_fast, Dog, a tag of far too many words for one"] * 5
    )
    workspace = opened(dataset, captioner())
    caption(workspace, style="tags", where="name:a or name:c")
    assert after(workspace) == {
        "a.txt": b"dog, beach, stick, running fast",
        "c.txt": b"dog, stick, running fast",
    }
    workspace.clear()
    outcome = caption(workspace, style="tags", where="name:a or name:c", unknown="drop")
    assert after(workspace) == {"a.txt": b"dog, beach, stick", "c.txt": b"dog, stick"}
    assert "1 unknown tag dropped: running fast" in outcome.text


def test_every_error_is_one_of_ours(dataset, model_server, captioner):
    model_server.routes.clear()
    with pytest.raises(TagsmithError):
        caption(opened(dataset, captioner()))

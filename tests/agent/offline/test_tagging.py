"""Orders to taggers in the chat: what is asked back, what follows on what, and what is said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tagsmith.agent.offline.engine import OfflineEngine
from tagsmith.agent.offline.lexicon import lexicon
from tagsmith.agent.offline.models import models
from tagsmith.agent.offline.spans import Lattice
from tagsmith.agent.offline.words import sentences
from tagsmith.tools import toolbox
from tagsmith.tools.tags import Vocabulary
from tagsmith.tools.workspace import Workspace

Talk = Callable[..., Any]


@pytest.fixture(autouse=True)
def no_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which no tagger is installed."""
    monkeypatch.setenv("TAGSMITH_MODELS_FOLDER", str(tmp_path / "models"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Two grey pictures, one wide one, and a file that is none; two of them have a caption."""
    root = tmp_path / "pictures"
    root.mkdir()
    for name in ("grey_01", "grey_02"):
        Image.linear_gradient("L").resize((600, 600)).save(root / f"{name}.png")
    Image.effect_mandelbrot((1200, 300), (-2, -1, 1, 1), 50).convert("RGB").save(root / "wide.png")
    (root / "broken.png").write_bytes(b"no picture")
    (root / "grey_01.txt").write_text("dog, grass")
    (root / "wide.txt").write_text("cat")
    return root


@pytest.fixture
def chat(pictures: Path) -> Callable[..., tuple[Workspace, str]]:
    """Say messages about the pictures; return the workspace and the last answer."""

    def say(*messages: str) -> tuple[Workspace, str]:
        workspace, engine, said = Workspace.open(pictures), OfflineEngine(), ""
        for message in messages:
            events = engine.respond(message, workspace)
            said = "".join(getattr(event, "text", "") for event in events)
        return workspace, said

    return say


# What is asked back


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("tag everything with joytagg at 0.3", "run the tagger joytag at 0.3"),
        ("tag the dogs with swinv2", "run the tagger wd-swinv2-tagger-v3 where dog"),
        ("run wd-vit on the dogs", "run the tagger wd-vit-v3 where dog"),
        ("tag everything with wd14", "run the tagger wd-swinv2-tagger-v3"),
        ("etiqueta los dogs con joytagg", "pasar el tagger joytag donde dog"),
        ("add joytag to all images", "run the tagger joytag"),
        ("agrega joytag a los dogs", "pasar el tagger joytag donde dog"),
        ('tag everything with "joytag"', "run the tagger joytag"),
        ("tag the dogs with joytag and pet", "run the tagger joytag where dog"),
        ("tag the dogs", "auto-tag the images where dog"),
        ("etiqueta los dogs", "autoetiqueta las imágenes donde dog"),
        ("caption the images", "caption the images without a caption"),
        ("describe las imágenes", "describe las imágenes que no tienen caption"),
    ],
)
def test_what_could_mean_two_things_is_asked_with_clear_orders(
    talk: Talk, text: str, suggestion: str
) -> None:
    conversation = talk(text)
    assert conversation.calls == []
    assert suggestion in conversation.asked.suggestions
    settled = talk(suggestion)
    assert [tool for tool, _ in settled.calls][:1] in (["run_tagger"], ["caption_images"])


@pytest.mark.parametrize(
    "text",
    [
        "tag everything with joytag at 40",
        "tag everything with joytag at 0.01",
        "etiqueta todo con joytag con umbral 3",
        "tag everything with blip",
        "caption the dogs with joytag",
        "caption the dogs with blip at 0.4",
        "tag everything with foomodel at 0.4",
        "tag the dogs with the foo tagger at 0.4",
        "tag everything with the foo tagger",
        "etiqueta todo con el foo tagger",
        "tag with 0.4",
        "run foomodel on the dogs",
        "tag them with joytag",
        "tag dog and cat images with joytag",
        "tag the unicorns with joytag",
        "use joytag",
        "joytag",
        "overwrite the tags",
        "replace the tags",
        "import everything",
        "don't tag everything with joytag and remove hat",
        "which images is joytagg unsure about?",
    ],
)
def test_what_does_not_fit_stages_nothing_and_is_asked(talk: Talk, text: str) -> None:
    conversation = talk(text)
    assert conversation.calls == []
    assert conversation.asked is not None


@pytest.mark.parametrize("text", ["tag everything with joytag?", "¿etiqueto todo con joytag?"])
def test_a_question_runs_no_tagger(talk: Talk, text: str) -> None:
    assert talk(text).calls == []


def test_a_tag_of_a_models_name_is_asked_about(tmp_path: Path) -> None:
    (tmp_path / "one.png").write_bytes(b"")
    (tmp_path / "one.txt").write_text("dog, pixels")
    workspace = Workspace.open(tmp_path)
    assert len(list(OfflineEngine().respond("tag the dogs with pixels", workspace))) == 2
    assert workspace.steps == []


def test_a_tool_that_is_missing_is_named(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    known = {name: one for name, one in toolbox.tools().items() if name != "import_source_tags"}
    monkeypatch.setattr(toolbox, "tools", lambda: known)
    asked = talk("import the booru tags").asked
    assert "import_source_tags is missing" in asked.question


# Follow-ups


@pytest.mark.parametrize(
    ("messages", "call"),
    [
        (("with 0.3 instead",), {"model": "pixels", "where": "grass", "threshold": 0.3}),
        (("con 0,3",), {"model": "pixels", "where": "grass", "threshold": 0.3}),
        (("at 30 %",), {"model": "pixels", "where": "grass", "threshold": 0.3}),
        (("no, con umbral 0.5",), {"model": "pixels", "where": "grass", "threshold": 0.5}),
        (("only in the dogs",), {"model": "pixels", "where": "grass and dog"}),
        (("also in the cats",), {"model": "pixels", "where": "cat"}),
        (("overwriting the tags",), {"model": "pixels", "where": "grass", "mode": "overwrite"}),
        (("at 0.4", "with 0.2"), {"model": "pixels", "where": "grass", "threshold": 0.2}),
    ],
)
def test_a_follow_up_runs_the_tagger_again_in_place_of_before(
    chat: Callable[..., Any], messages: tuple[str, ...], call: dict[str, Any]
) -> None:
    first = "tag the images that have grass with pixels"
    workspace, _ = chat(first, *messages)
    tool, arguments = workspace.steps[-1].tool, workspace.steps[-1].arguments
    assert (tool, arguments) == ("run_tagger", call)
    assert len(workspace.steps) == (2 if messages == ("also in the cats",) else 1)


def test_one_more_tagger_votes_with_the_first(talk: Talk) -> None:
    for second in ("and with joytag too", "y con joytag también", "also with joytag"):
        conversation = talk("tag the dogs with wd-vit-v3", second)
        assert conversation.asked is not None
    conversation = talk("tag the dogs with pixels", "and with joytag too")
    assert conversation.calls == [("run_tagger", {"model": "pixels, joytag", "where": "dog"})]
    assert conversation.failed is not None


def test_settings_alone_refine_nothing_but_taggers(talk: Talk) -> None:
    assert talk("with 0.3").asked is not None
    conversation = talk("remove hat", "with 0.3 instead")
    assert conversation.asked is not None
    assert conversation.steps == [("prune_tags", {"tags": ["hat"]})]


def test_them_are_the_images_asked_about(talk: Talk) -> None:
    called = talk("¿cuántas imágenes no tienen caption?", "etiquétalas").calls
    assert called == [("run_tagger", {"mode": "fill", "where": "captioned:no"})]
    called = talk("show the images with dog", "tag them with joytag").calls
    assert called == [("run_tagger", {"model": "joytag", "where": "dog"})]


def test_keeping_a_tag_answers_a_doubt_but_is_nothing_to_do_elsewhere(
    chat: Callable[..., tuple[Workspace, str]],
) -> None:
    workspace, said = chat("keep hat in grey_01")
    assert workspace.steps == []
    assert said == "I will not remove hat. Nothing was changed.\n"
    asked = "which images is the tagger unsure about?"
    workspace, said = chat("tag everything", asked, "keep hat in grey_01", "keep ocean in wide.png")
    assert said == "Keep ocean in wide.png: 1 caption.\n"
    answers = [(step.tool, step.arguments) for step in workspace.steps[1:]]
    assert answers == [
        ("review_answer", {"tag": "hat", "answer": "keep", "image": "grey_01"}),
        ("review_answer", {"tag": "ocean", "answer": "keep", "image": "wide.png"}),
    ]


@pytest.mark.parametrize("order", ["tag the dogs with joytag at 0.4", "pasa joytag por los dogs"])
@pytest.mark.parametrize("shape", ["please {}", "{}, por favor", "could you {}", "¿puedes {}?"])
def test_courtesy_and_case_change_nothing(talk: Talk, order: str, shape: str) -> None:
    plain = talk(order).calls
    assert plain
    for text in (shape.format(order), shape.format(order).upper()):
        assert talk(text).calls == plain


# What is said


def test_it_says_what_was_staged_by_which_model_and_what_cannot_be_read(
    chat: Callable[..., tuple[Workspace, str]],
) -> None:
    workspace, said = chat("tag everything")
    assert "in 3 captions, with pixels. 1 caption would be created." in said
    assert "greyscale (" in said
    assert "1 image cannot be read: broken.png (" in said
    assert "`tagsmith models pull wd-swinv2-tagger-v3`" in said
    assert len(workspace.plan().changes) == 3


def test_it_says_so_in_spanish(chat: Callable[..., tuple[Workspace, str]]) -> None:
    workspace, said = chat("etiqueta las que no tienen caption")
    assert "en 1 descripción, con pixels. Se crearía 1 descripción." in said
    assert "1 imagen no se puede leer: broken.png (" in said
    assert "No hay ningún tagger instalado" in said
    assert [change.path for change in workspace.plan().changes] == ["grey_02.txt"]


def test_it_says_how_many_tags_written_by_hand_would_go(
    chat: Callable[..., tuple[Workspace, str]],
) -> None:
    _, said = chat("retag the images that have grass with pixels, replacing the tags")
    assert "2 tags would be replaced, 2 of them written by hand." in said


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (
            "tag the dogs with joytag",
            "joytag is not installed on this machine.",
            "`/pull joytag` in the chat, or `tagsmith models pull joytag`, fetches it; "
            "or say: run the tagger pixels where dog",
        ),
        (
            "etiqueta los dogs con joytag",
            "joytag no está instalado en este equipo.",
            "`/pull joytag` en el chat, o `tagsmith models pull joytag`, lo descarga; "
            "o di: pasar el tagger pixels donde dog",
        ),
        (
            "describe las que no tienen caption",
            "Aquí no hay ningún servidor de modelos.",
            "Di: describir todas las imágenes con florence-2 donde captioned:no;"
            " o abre un chat con un servidor.",
        ),
    ],
)
def test_what_is_not_installed_is_said_with_the_remedy(
    talk: Talk, text: str, message: str, hint: str
) -> None:
    failed = talk(text).failed
    assert (failed.message, failed.hint) == (message, hint)


def test_no_doubts_where_no_tagger_has_looked(chat: Callable[..., Any], pictures: Path) -> None:
    events = list(OfflineEngine().respond("revisa las dudas", Workspace.open(pictures)))
    assert any("Ningún tagger ha mirado" in getattr(event, "message", "") for event in events)
    _, said = chat("tag everything", "which images is the tagger unsure about?")
    assert said.startswith(("No doubts", "1 open question", "2 open questions"))


# Names and numbers


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("JoyTag", "joytag"),
        ("pixels", "pixels"),
        ("wd-swinv2", "wd-swinv2-tagger-v3"),
        ("wd swinv2 v3", "wd-swinv2-tagger-v3"),
        ("camie", "camie-v2"),
        ("fancyfeast/joytag", "joytag"),
        ("wd-vit", None),
        ("wd", None),
        ("joy tag", None),
        ("swinv2", None),
        ("hat", None),
    ],
)
def test_names_of_models(said: str, name: str | None) -> None:
    assert models().find(said) == name


def test_a_word_that_is_like_no_model_is_near_none() -> None:
    assert models().near("wd-vit") == ("wd-vit-large-v3", "wd-vit-v3")
    assert "joytag" in models().near("joytga")
    assert models().near("sks") == models().near("large") == models().near("hat") == ()


@pytest.mark.parametrize(
    ("text", "number", "tokens"),
    [
        ("0.4", 0.4, 1),
        (".4", 0.4, 1),
        ("0,4", 0.4, 3),
        ("40%", 0.4, 2),
        ("40 %", 0.4, 2),
        ("35 percent", 0.35, 2),
        ("35 por ciento", 0.35, 3),
        ("0.4, hat", 0.4, 1),
        ("0.35 , 4", 0.35, 1),
    ],
)
def test_scores(text: str, number: float, tokens: int) -> None:
    lattice = Lattice(
        sentences(text)[0], lexicon(), "en", Vocabulary(Counter(), {}, 0), lambda _: False
    )
    (parse,) = lattice.read("SCORE", 0)
    assert parse.value == pytest.approx(number)
    assert parse.end == tokens


@pytest.mark.parametrize("text", ["4", "40", "0, 4", "hat", "1girl", "2.5d"])
def test_not_scores(text: str) -> None:
    lattice = Lattice(
        sentences(text)[0], lexicon(), "en", Vocabulary(Counter(), {}, 0), lambda _: False
    )
    assert list(lattice.read("SCORE", 0)) == []

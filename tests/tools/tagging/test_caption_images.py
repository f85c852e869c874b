"""caption_images with a captioner that says what the test tells it: choosing, staging, counting."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import caption_graphs as tiny
import numpy as np
import pytest
from PIL import Image

from tagsmith.tools.errors import ModelError, StoppedError, UsageError
from tagsmith.tools.journal import Journal
from tagsmith.tools.toolbox import Outcome, call
from tagsmith.tools.vision.captioners import local
from tagsmith.tools.vision.captioners.captioner import Request, UnusableError, digest_of
from tagsmith.tools.vision.captioners.pictures import LONG_SIDE, sendable
from tagsmith.tools.watch import Watch
from tagsmith.tools.workspace import Workspace

DOG = "A dog runs along the beach with a stick."
CAT = "A cat sleeps on the red sofa in a room."
COLOURS = {"a": (200, 30, 30), "b": (30, 200, 30), "c": (30, 30, 200)}


class Scripted:
    """Answers by the first pixel's strongest channel; ``asked`` are the answers that it gave."""

    name = "one"
    note = "It ran on paper."
    family = "scripted:"
    styles = ("sentence", "detailed", "tags")
    takes_words = True
    job = (sendable, LONG_SIDE)

    def __init__(self, *answers: str | Exception, who: str | None = "scripted:one") -> None:
        self.answers = answers or (DOG, CAT, DOG)
        self.asked: list[int] = []
        self.opened = 0
        self.who = who
        self.model = who or "scripted:found"

    def digest(self, request: Request) -> str:
        return digest_of(request.style, request.seed)

    def open(self, watch: Watch) -> None:
        self.opened += 1
        self.who = self.model

    def caption(self, image: Mapping[str, Any], request: Request, watch: Watch) -> str:
        import io

        with Image.open(io.BytesIO(image["data"])) as seen:
            number = int(np.argmax(seen.convert("RGB").getpixel((0, 0))))
        self.asked.append(number)
        answer = self.answers[number]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self) -> None:
        """Nothing to free."""


Opened = Callable[..., Workspace]


@pytest.fixture
def opened(folder: Any) -> Opened:
    """Three pictures: a.txt has tags, b.txt a sentence, c has none."""
    for name, colour in COLOURS.items():
        Image.new("RGB", (40, 20), colour).save(folder.path(f"{name}.png"))
    folder.write({"a.txt": "dog, beach", "b.txt": CAT + "\n"})

    def make(captioner: Scripted) -> Workspace:
        workspace: Workspace = folder.open()
        workspace.captioners = {"server": lambda: captioner}
        return workspace

    return make


def run(workspace: Workspace, **arguments: Any) -> Outcome:
    return call(workspace, "caption_images", arguments)


def captions(folder: Any, workspace: Workspace) -> dict[str, str]:
    planned = folder.planned(workspace)
    return {name: data.decode() for name, data in planned.items() if not name.endswith(".png")}


def test_append_keeps_everything_and_says_so(folder, opened):
    workspace = opened(Scripted())
    outcome = run(workspace)
    assert captions(folder, workspace) == {
        "a.txt": f"dog, beach\n{DOG}", "b.txt": f"{CAT}\n", "c.txt": DOG,
    }  # fmt: skip
    assert outcome.text.splitlines() == [
        "Put 2 captions by one after what stands in the caption files",
        "It ran on paper.",
        "1 caption would be created.",
    ]
    assert "paper" not in run(workspace).text
    assert outcome.data["asked"] == 3


def test_before(folder, opened):
    workspace = opened(Scripted())
    run(workspace, place="before", where="name:a")
    assert captions(folder, workspace)["a.txt"] == f"{DOG}\ndog, beach"


def test_fill_leaves_sentences_alone_and_asks_about_no_such_image(folder, opened):
    scripted = Scripted(DOG, "A bird sings on a wire in the rain.", DOG)
    workspace = opened(scripted)
    run(workspace, mode="fill")
    assert captions(folder, workspace)["b.txt"] == f"{CAT}\n"
    assert sorted(scripted.asked) == [0, 2]
    assert "Every selected image has one already" in run(workspace, mode="fill").text


def test_fill_with_tags_is_for_images_without_any_caption(folder, opened):
    workspace = opened(Scripted("x", "y", "cat, red sofa"))
    run(workspace, mode="fill", style="tags")
    assert captions(folder, workspace)["c.txt"] == "cat, red sofa"
    assert [change.path for change in workspace.plan().changes] == ["c.txt"]


def test_overwrite_says_what_it_replaces_and_can_be_undone(folder, opened):
    before = folder.files()
    workspace = opened(Scripted())
    outcome = run(workspace, mode="overwrite")
    assert captions(folder, workspace) == {"a.txt": DOG, "b.txt": f"{CAT}\n", "c.txt": DOG}
    assert "They replace 2 tags in 1 file." in outcome.text
    Journal.open(workspace.root).apply(workspace.plan(), origin="do")
    workspace.reload()
    call(workspace, "undo", {})
    Journal.open(workspace.root).apply(workspace.plan(), origin="do")
    assert folder.files() == before


def test_a_trigger_is_worked_in_and_words_are_limited(folder, opened):
    workspace = opened(Scripted(DOG, f"Coco. {CAT}", "Coco sleeps. She is a cat on a sofa."))
    run(workspace, trigger="coco", max_words=5, mode="overwrite")
    assert captions(folder, workspace) == {
        "a.txt": "coco, A dog runs along the", "b.txt": "Coco.\n", "c.txt": "Coco sleeps.",
    }  # fmt: skip


def test_short_captions_are_told(folder, opened):
    outcome = run(opened(Scripted("A dog.", CAT, "A cat.")))
    assert "2 captions too short to be told from a tag" in outcome.text


def test_tags_take_the_dataset_s_style_and_the_trigger_comes_first(folder, opened):
    folder.write({"a.txt": "long_hair, dog_ears, coco", "b.txt": "red_sofa"})
    workspace = opened(Scripted("blue eyes, long hair, coco", "red sofa", "blue eyes"))
    run(workspace, style="tags", trigger="coco")
    assert captions(folder, workspace) == {
        "a.txt": "long_hair, dog_ears, coco, blue_eyes",
        "b.txt": "red_sofa, coco",
        "c.txt": "coco, blue_eyes",
    }


def test_a_file_of_its_own(folder, opened):
    workspace = opened(Scripted())
    run(workspace, file=".caption")
    assert captions(folder, workspace) == {
        "a.txt": "dog, beach", "b.txt": f"{CAT}\n",
        "a.caption": DOG, "b.caption": CAT, "c.caption": DOG,
    }  # fmt: skip
    run(workspace, file=".caption")
    assert captions(folder, workspace)["a.caption"] == DOG


def test_a_file_that_is_there_and_not_read_is_left_alone(folder, opened):
    folder.write({"a.caption": "of another program"})
    workspace = opened(Scripted())
    outcome = run(workspace, file=".caption")
    assert captions(folder, workspace)["a.caption"] == "of another program"
    assert "1 caption left alone: a.caption (its place is taken)" in outcome.text


def test_captions_that_are_not_utf_8_are_left_alone(folder, opened):
    folder.write({"a.txt": b"caf\xe9"})
    workspace = opened(Scripted())
    outcome = run(workspace)
    assert "a.txt (not UTF-8" in outcome.text
    assert folder.planned(workspace)["a.txt"] == b"caf\xe9"


def test_two_images_with_one_caption_get_one(folder, opened):
    Image.new("RGB", (9, 9), COLOURS["b"]).save(folder.path("c.jpg"), quality=99)
    scripted = Scripted(DOG, CAT, "A blue square fills the whole of the picture.")
    workspace = opened(scripted)
    run(workspace, where="name:c")
    assert len(scripted.asked) == 1
    assert len(workspace.plan().changes) == 1


def test_bad_images_are_listed_and_the_others_go_on(folder, opened):
    Path(folder.path("a.png")).write_bytes(b"no picture")
    workspace = opened(Scripted())
    outcome = run(workspace)
    assert "1 image cannot be read: a.png" in outcome.text
    assert captions(folder, workspace)["c.txt"] == DOG


def test_an_unusable_answer_is_listed_and_remembered(folder, opened):
    scripted = Scripted(DOG, CAT, UnusableError("it goes round in circles"))
    workspace = opened(scripted)
    for _ in range(2):
        outcome = run(workspace)
        assert "1 image got no usable caption: c.png (it goes round in circles)" in outcome.text
    assert len(scripted.asked) == 3
    scripted.answers = (DOG, CAT, DOG)
    run(workspace, mode="fill", seed=1)
    assert len(scripted.asked) == 4
    assert captions(folder, workspace)["c.txt"] == DOG


def test_a_model_that_fails_stages_nothing_keeps_what_it_has_and_goes_on_there(folder, opened):
    scripted = Scripted(DOG, CAT, ModelError("The model broke.", "Load it again."))
    workspace = opened(scripted)
    with pytest.raises(ModelError) as raised:
        run(workspace)
    assert raised.value.message == "The model broke."
    assert raised.value.hint == (
        "Nothing was staged. 2 of 3 images have their caption and keep it: the same call goes on "
        "from there. Load it again."
    )
    assert not workspace.plan()
    scripted.answers = (DOG, CAT, DOG)
    run(workspace)
    assert scripted.asked == [0, 1, 2, 2]


def test_stop_keeps_what_there_is(folder, opened):
    scripted = Scripted()
    workspace = opened(scripted)
    told: list[tuple[int, int]] = []
    workspace.watch = Watch(
        lambda step: told.append((step.done, step.total)), lambda: len(scripted.asked) == 2
    )
    with pytest.raises(StoppedError, match="Stopped at 2 of 3 images"):
        run(workspace)
    assert told == [(0, 3), (1, 3), (2, 3)]
    workspace.watch = Watch()
    run(workspace)
    assert scripted.asked == [0, 1, 2]


def test_the_same_picture_under_two_names_is_asked_about_once(folder, opened):
    data = Path(folder.path("c.png")).read_bytes()
    folder.write({"d.png": data, "e.png": data})
    scripted = Scripted()
    workspace = opened(scripted)
    run(workspace)
    assert scripted.asked.count(2) == 1
    assert captions(folder, workspace)["e.txt"] == DOG


def test_where_everything_is_stored_the_model_is_not_needed(folder, opened):
    first = Scripted()
    run(opened(first))
    second = Scripted(ModelError("not here", ""), who=None)
    second.open = None  # type: ignore[assignment,method-assign]
    run(opened(second))
    assert second.asked == []


def test_captions_of_another_model_are_not_mixed_in(folder, opened):
    run(opened(Scripted()), where="name:a")
    other = Scripted("A wolf howls at the moon in the snow.", CAT, DOG, who=None)
    workspace = opened(other)
    outcome = run(workspace)
    assert sorted(other.asked) == [0, 1, 2]
    assert outcome.data["captioner"] == "scripted:found"
    assert "wolf" in captions(folder, workspace)["a.txt"]


def test_dropping_an_earlier_step_asks_nobody(folder, opened):
    scripted = Scripted()
    workspace = opened(scripted)
    call(workspace, "prune_tags", {"tags": ["beach"]})
    run(workspace)
    workspace.drop_step(1)
    assert captions(folder, workspace)["a.txt"] == f"dog, beach\n{DOG}"
    assert len(scripted.asked) == 3
    assert scripted.opened == 3


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"model": "joytag"}, "writes tags, not captions"),
        ({"model": "florence-3"}, "no model called"),
        ({"model": "florence-2", "words": "look"}, "takes no words"),
        ({"model": "blip", "style": "detailed"}, "cannot write in the style 'detailed'"),
        ({"trigger": "a, b"}, "not one tag"),
        ({"words": "two\nlines"}, "one line of printable text"),
        ({"style": "poem"}, "one of"),
        ({"max_words": 1}, "at least 3"),
    ],
)
def test_what_cannot_be_asked(arguments, says, opened, tmp_path, monkeypatch):
    monkeypatch.setenv("TAGSMITH_MODELS_FOLDER", str(tmp_path / "models"))
    with pytest.raises(UsageError, match=says):
        run(opened(Scripted()), **arguments)


def test_without_a_server_there_is_another_way(opened):
    workspace = opened(Scripted())
    workspace.captioners = {}
    with pytest.raises(UsageError) as raised:
        run(workspace)
    assert "florence-2" in raised.value.hint


# On this machine


@pytest.fixture
def florence(folder, tmp_path, monkeypatch) -> Iterator[Workspace]:
    """A tiny Florence-2 placed by hand, and its spec in the place of the shipped one."""
    monkeypatch.setenv("TAGSMITH_MODELS_FOLDER", str(tmp_path / "models"))
    spec = tiny.small("florence-2")
    ids = tiny.florence_tokenizer().encode(DOG, add_special_tokens=False).ids
    other = tiny.florence_tokenizer().encode(CAT, add_special_tokens=False).ids
    tiny.make_florence(tmp_path / "models" / spec.name, ([0, *ids, 2], [0, *other, 2]))
    monkeypatch.setattr("tagsmith.tools.vision.captioners.finding.find_spec", lambda _: spec)
    for name, colour in {"a": (200, 30, 30), "b": (30, 30, 200)}.items():
        Image.new("RGB", (40, 20), colour).save(folder.path(f"{name}.png"))
    folder.write({"a.txt": "dog, beach"})
    yield folder.open()
    local.release()


def test_florence_captions_files_to_the_disk_and_back(folder, florence):
    before = folder.files()
    outcome = run(florence, model="florence-2", trigger="coco")
    assert captions(folder, florence) == {
        "a.txt": f"dog, beach\ncoco, {DOG}",
        "b.txt": f"coco, {CAT}",
    }
    assert "florence-2-base-ft ran on CPU" in outcome.text
    journal = Journal.open(florence.root)
    journal.apply(florence.plan(), origin="do")
    florence.reload()
    call(florence, "undo", {})
    journal.apply(florence.plan(), origin="do")
    assert folder.files() == before


def test_florence_is_not_loaded_for_what_is_stored(florence, monkeypatch):
    first = run(florence, model="florence-2")
    local.release()
    monkeypatch.setattr("tagsmith.tools.vision.runtime.open_graph", None)
    florence.clear()
    again = run(florence, model="florence-2")
    assert (first.data["asked"], again.data["asked"]) == (2, 0)
    assert again.files == 2

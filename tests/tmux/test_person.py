"""A person's first days with Tagsmith, in a real terminal: what appears, and what is on disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

CAPTIONS = {
    "img_1": "dog, watermark, grass",
    "img_2": "dog, solo, watermark",
    "img_3": "cat, watermark",
    "img_4": None,
    "img_5": "monkey, hat, watermark",
}
ORDER = "quita watermark y pon el trigger coco donde haya dog"
Open = Callable[[str], Any]
Files = Callable[[Path], dict[str, bytes]]


@pytest.fixture
def zoo(tmp_path: Path) -> Path:
    """Five pictures, four captions."""
    root = tmp_path / "zoo"
    root.mkdir()
    for number, (name, caption) in enumerate(CAPTIONS.items()):
        Image.new("RGB", (32, 32), (40 * number, 90, 120)).save(root / f"{name}.png")
        if caption is not None:
            (root / f"{name}.txt").write_text(caption)
    return root


def test_from_the_first_run_to_the_plain_chat(terminal: Open, zoo: Path, files_of: Files) -> None:
    person = _Person(terminal("80x24"), zoo, files_of)
    person.chooses_the_folder()
    person.orders_in_spanish()
    person.rejects_one_file_and_edits_another()
    person.presses_trigger_buttons()
    person.undoes_from_the_history()
    person.quits_with_a_plan_and_comes_back()
    person.goes_on_in_plain_lines()


class _Person:
    """Each method goes on where the one before ended, and looks at every file of the folder."""

    def __init__(self, terminal: Any, root: Path, files_of: Files) -> None:
        self.terminal = terminal
        self.root = root
        self._files_of = files_of
        self._pictures = {
            name: data for name, data in files_of(root).items() if name.endswith(".png")
        }
        self._captions = {name: text for name, text in CAPTIONS.items() if text is not None}

    def finds(self, **changed: str | None) -> None:
        """Check that exactly these captions are other than before; None for one that is gone."""
        for name, text in changed.items():
            if text is None:
                del self._captions[name]
            else:
                self._captions[name] = text
        captions = {f"{name}.txt": text.encode() for name, text in self._captions.items()}
        assert self._files_of(self.root) == self._pictures | captions

    def chooses_the_folder(self) -> None:
        """No dataset is remembered; no server answers, which is left at that."""
        self.terminal.run("tagsmith")
        self.terminal.wait("No server answers", "2  Folder with the images", "enter open")
        self.terminal.type(str(self.root)[:-1], "Tab")
        self.terminal.wait(r"/zoo/$")
        self.terminal.press("Enter")
        self.terminal.wait("zoo · 5 images · 4 captions", "list the most frequent tags")
        self.finds()

    def orders_in_spanish(self) -> None:
        """The card shows what would change; nothing is written."""
        self.terminal.type(ORDER, "Enter")
        self.terminal.read("4 files would change", "4 tags · .2 tags", "Quitar watermark: 4")
        self.finds()

    def rejects_one_file_and_edits_another(self) -> None:
        """Only what was accepted is written, and the edited caption as it was typed."""
        self.terminal.press("Enter")
        self.terminal.read(r"^ Review · 4 files", r"^ \[x\] img_1")
        self.terminal.press("Space")
        self.terminal.wait(r"^ \[ \] img_1 .*dropped")
        self.terminal.press("Down", "e")
        self.terminal.wait("enter keep the text")
        self.terminal.type(", quiet", "Enter")
        self.terminal.wait(r"^ \[~\] img_3 .*yours", "cat, quiet")
        self.finds()
        self.terminal.apply(3)
        self.terminal.wait("applied 3 files")
        self.finds(img_2="coco, dog, solo", img_3="cat, quiet", img_5="monkey, hat")

    def presses_trigger_buttons(self) -> None:
        """A set of two buttons; one image after the other, the last one is left for later."""
        self.terminal.type("/triggers", "Enter")
        self.terminal.wait("Name of the new set:")
        self.terminal.type("pets", "Enter")
        self.terminal.wait("Triggers, with commas between:")
        self.terminal.type("coco, gato", "Enter")
        self.terminal.wait("2 buttons", "enter use")
        self.terminal.press("Escape")
        # Never one key twice: pressed as fast as this, that would be a key held down.
        for image, key in enumerate(("1", "2", "1", "2", "Space"), start=1):
            self.terminal.wait(rf"^ img_{image}\.png .* {image} of 5")
            self.terminal.press(key)
        self.terminal.wait("4 of 5 assigned · 1 skipped")
        self.finds()
        self.terminal.press("w")
        self.terminal.read(r"^ Review · 4 files", "caption created|new")
        self.terminal.apply(4)
        self.terminal.wait("applied 4 files")
        self.finds(
            img_1="coco, dog, watermark, grass",
            img_2="gato, coco, dog, solo",
            img_3="coco, cat, quiet",
            img_4="gato",
        )

    def undoes_from_the_history(self) -> None:
        """The newest plan is taken back, the created caption with it; the first one stands."""
        self.terminal.type("/history", "Enter")
        self.terminal.wait("History · 2 applied plans")
        self.terminal.press("u")
        self.terminal.read(r"^ Review · 4 files")
        self.terminal.apply(4)
        self.terminal.wait("applied 4 files.*\n(.*\n)*.*ready")
        self.finds(
            img_1="dog, watermark, grass", img_2="coco, dog, solo", img_3="cat, quiet", img_4=None
        )

    def quits_with_a_plan_and_comes_back(self) -> None:
        """The plan is there again after ``--continue``, and then it is applied."""
        self.terminal.type("remove dog and hat", "Enter")
        self.terminal.read("3 files would change")
        self.terminal.press("C-q")
        self.terminal.left()
        self.terminal.wait("3 files pending, nothing written", r"tagsmith --resume \d{8}-")
        self.finds()
        self.terminal.run("tagsmith --continue")
        self.terminal.read("Resumed the session of", "3 files would change")
        self.terminal.press("Enter")
        self.terminal.read(r"^ Review · 3 files")
        self.terminal.apply(3)
        self.terminal.wait("applied 3 files")
        self.finds(img_1="watermark, grass", img_2="coco, solo", img_5="monkey")
        self.terminal.press("C-q")
        self.terminal.left()

    def goes_on_in_plain_lines(self) -> None:
        """The folder is remembered; an order, its review and its question are plain lines."""
        self.terminal.run("clear; tagsmith --plain")
        self.terminal.wait(r"^zoo: 5 images, 4 captions", r"^>$")
        self.terminal.type("quita solo y watermark", "Enter")
        self.terminal.wait(r"^Plan: 2 files: 2 tags removed")
        self.terminal.type("/show img_2", "Enter")
        self.terminal.wait(r"^- solo", r"^After:\n  coco$")
        self.terminal.type("/drop img_1", "Enter")
        self.terminal.wait(r"^Dropped: img_1")
        self.finds()
        self.terminal.type("/apply", "Enter")
        self.terminal.read(r"Type 1, the number of files, to apply it:")
        self.terminal.type("1", "Enter")
        self.terminal.wait(r"^Applied")
        self.finds(img_2="coco")
        self.terminal.type("/quit", "Enter")
        self.terminal.left()

"""The demo in a real terminal, at a larger size: order, review, apply, undo by a command, quit."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

ORDER = "quita watermark y pon el trigger coco donde haya dog"


def test_the_demo_is_ordered_reviewed_applied_and_undone(
    terminal: Callable[[str], Any], tmp_path: Path, files_of: Callable[[Path], dict[str, bytes]]
) -> None:
    person = terminal("120x40")
    person.run("tagsmith demo")
    person.wait("pets · 61 images", "quita watermark y etiqueta las que no tienen caption")
    (root,) = tmp_path.glob("home/tagsmith-demo-*/pets")
    before = files_of(root)

    person.type(ORDER, "Enter")
    person.read("would change")
    person.press("Enter")
    person.read("Review · ")
    first = re.search(r"^ \[x\] (\S+)", person.screen, re.MULTILINE)
    assert first is not None
    person.press("Space")
    person.wait(rf"^ \[ \] {first[1]} .*dropped")
    assert files_of(root) == before

    files = _files_in_the_review(person)
    person.apply(files)
    person.wait(f"applied {files} files")
    after = files_of(root)
    changed = [name for name, data in after.items() if before[name] != data]
    assert len(changed) == files
    assert f"{first[1]}.txt" not in changed
    for name in changed:
        tags = after[name].decode("utf-8-sig").split(", ")
        assert "watermark" not in tags
        assert (tags[0] == "coco") or "dog" not in tags

    person.type("/undo", "Enter")
    person.read("would change", "Undo")
    person.press("Enter")
    person.read("Review · ")
    person.apply(files)
    person.wait(f"applied {files} files.*\n(.*\n)*.*applied {files} files", "ready")
    assert files_of(root) == before
    person.press("C-q")
    person.left()
    person.wait("The sample dataset stays in")


def _files_in_the_review(person: Any) -> int:
    found = re.search(r"Review · (\d+) files", person.screen)
    assert found is not None
    return int(found[1])

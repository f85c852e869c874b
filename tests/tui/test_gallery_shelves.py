"""What a gallery shows, without a screen: shelves, their queries, their captions."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image

from tagsmith.tools.caption import Caption
from tagsmith.tools.dataset import Sample
from tagsmith.tools.errors import StoppedError
from tagsmith.tools.toolbox import call
from tagsmith.tools.watch import Watch
from tagsmith.tools.workspace import Workspace
from tagsmith.tui import gallery
from tagsmith.tui.gallery import Cluster, Shelf


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for number in range(4):
        Image.radial_gradient("L").rotate(90 * number).save(tmp_path / f"{number}.png")
        (tmp_path / f"{number}.txt").write_text("dog" if number else "cat")
    (tmp_path / "3.txt").write_bytes(b"\xff")
    os.remove(tmp_path / "2.txt")
    return tmp_path.resolve()


def names(shelf: Shelf) -> list[str]:
    return [sample.image for sample in shelf.samples]


def test_marked_images_become_a_query_and_all_of_them_the_one_they_come_from(root: Path) -> None:
    workspace = Workspace.open(root)
    dogs = gallery.by_query(workspace, "dog")
    assert gallery.queries(dogs, {"1.png"}) == ["dog"]
    everything = gallery.by_query(workspace)
    assert gallery.queries(everything, set(names(everything))) == ["folder:."]
    [query] = gallery.queries(everything, {"2.png", "0.png"})
    assert names(gallery.by_query(workspace, query)) == ["0.png", "2.png"]
    given = gallery.given(workspace, ["3.png", "0.png"])
    [query] = gallery.queries(given, {"0.png", "3.png"})
    assert names(gallery.by_query(workspace, query)) == ["0.png", "3.png"]


def test_captions_are_read_with_what_is_staged_and_where_the_image_lies(root: Path) -> None:
    workspace = Workspace.open(root)
    call(workspace, "isolate_images", {"where": "cat", "name": "0", "mode": "rename"})
    call(workspace, "set_caption", {"image": "1.png", "text": "wolf"})
    shelf = gallery.by_query(workspace)
    captions = [gallery.caption(workspace, shelf, sample) for sample in shelf.samples]
    first, second, third, fourth = captions
    assert names(shelf)[0] == "0 1.png"
    assert isinstance(first, Caption)
    assert isinstance(second, Caption)
    assert (first.text, second.text, third) == ("cat", "wolf", None)
    assert fourth == "not UTF-8 (byte 0)"
    files = [gallery.file_of(workspace, shelf, sample) for sample in shelf.samples]
    assert files == [str(root / f"{number}.png") for number in range(4)]


@pytest.mark.parametrize(
    ("data", "text"),
    [(b"a, b", "a, b"), (b"\xef\xbb\xbfa\r\nb\r\n", "a\nb"), (b"a\rb\n\n", "a\nb"), (b"", "")],
)
def test_an_editor_gets_plain_lines(data: bytes, text: str) -> None:
    assert gallery.editable(Caption.parse(data)) == text
    assert gallery.editable(None) == ""


def test_an_edit_does_not_take_an_image_off_the_shelf_a_move_does(root: Path) -> None:
    workspace = Workspace.open(root)
    dogs = gallery.by_query(workspace, "cat")
    call(workspace, "set_caption", {"image": "0.png", "text": "dog"})
    assert names(gallery.same(workspace, dogs)) == ["0.png"]
    given = gallery.given(workspace, ["1.png", "0.png"], "two")
    call(workspace, "delete_images", {"where": "name:1"})
    left = gallery.again(workspace, given)
    assert (names(left), left.title) == (["0.png"], "two")
    assert names(gallery.again(workspace, gallery.by_query(workspace, "dog"))) == ["0.png"]


def test_a_cluster_of_which_one_image_is_left_is_none(root: Path) -> None:
    workspace = Workspace.open(root)
    clusters = [Cluster(("0.png", "9.png"), "0.png"), Cluster(("1.png", "2.png"), "2.png")]
    shelf = gallery.alike(workspace, clusters, "two", 7)
    assert (len(shelf.clusters), names(shelf)) == (1, ["1.png", "2.png"])
    assert gallery.worse(clusters) == {"9.png", "1.png"}
    assert gallery.alike(workspace, clusters[:1]).now is None


def test_duplicates_are_clusters_and_can_be_stopped(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tagsmith.tools.vision import duplicates

    def find(workspace: Workspace, samples: list[Sample]) -> duplicates.Duplicates:
        workspace.watch.check()
        images = tuple(sample.image for sample in samples)
        group = duplicates.Group(duplicates.Kind.FILES, "1.png", "the larger file", images)
        return duplicates.Duplicates([group])

    monkeypatch.setattr(duplicates, "find", find)
    workspace = Workspace.open(root)
    shelf = gallery.duplicates(workspace, "not dog", "Duplicates")
    assert shelf.now == Cluster(
        ("0.png", "2.png", "3.png"), "1.png", "identical files, the larger file"
    )
    assert shelf.marked == {"0.png", "2.png", "3.png"}
    workspace.watch = Watch(stopped=lambda: True)
    with pytest.raises(StoppedError):
        gallery.duplicates(workspace)

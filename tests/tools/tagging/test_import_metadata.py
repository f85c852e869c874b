"""import_metadata as a user sees it: which words come where, what is left out, what is told."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, get_args

import metadata_files as files
import pytest

from tagsmith.tools import content
from tagsmith.tools.errors import StoppedError, UsageError
from tagsmith.tools.metadata import remembered
from tagsmith.tools.metadata.found import Found
from tagsmith.tools.metadata.readers import SOURCES
from tagsmith.tools.tagging.import_metadata import Source
from tagsmith.tools.toolbox import call
from tagsmith.tools.watch import Watch
from tagsmith.tools.workspace import Workspace

PROSE = "A woman is standing in the garden with her dog while the sun goes down."


def take(workspace: Workspace, **arguments: Any) -> str:
    return str(call(workspace, "import_metadata", arguments))


def prompted(prompt: str) -> bytes:
    return files.png({"parameters": f"{prompt}\n{files.SETTINGS}"})


def captioned(folder: Any, image: bytes, caption: str | None = "coco") -> Workspace:
    written = {"a.png": image} | ({} if caption is None else {"a.txt": caption})
    return folder.write(written).open()


def after(folder: Any, workspace: Workspace, name: str = "a.txt") -> str:
    return folder.planned(workspace)[name].decode()


def test_a_prompt_becomes_tags(folder) -> None:
    workspace = captioned(folder, files.png({"parameters": files.A1111}))
    answer = take(workspace)
    assert after(folder, workspace) == "coco, 1girl, red hair, saber (fate), sitting"
    assert "Add 4 tags of the metadata to 1 caption" in answer
    assert "Images by source: a1111 1." in answer
    assert "staged: 1 file; nothing written yet" in answer


def test_the_style_is_the_datasets_own(folder) -> None:
    workspace = captioned(folder, files.png({"parameters": files.A1111}), r"blue_eyes, x_\(y\)")
    take(workspace)
    assert after(folder, workspace).endswith(r", 1girl, red_hair, saber_\(fate\), sitting")


def test_a_missing_caption_is_created_and_twice_is_once(folder) -> None:
    workspace = captioned(folder, prompted("dog, cat"), None)
    assert "1 caption would be created" in take(workspace)
    assert after(folder, workspace) == "dog, cat"
    assert take(workspace).startswith("Nothing to change: the metadata holds nothing")


def test_fill_leaves_captions_alone_and_overwrite_replaces_them(folder) -> None:
    workspace = captioned(folder, prompted("dog, cat"), "coco, Dog, x")
    assert take(workspace, mode="fill").startswith("Nothing to change: every selected image")
    answer = take(workspace, mode="overwrite", keep_first=1)
    assert after(folder, workspace) == "coco, Dog, cat"
    assert "1 tag would be replaced" in answer


def test_words_of_quality_are_left_out_and_told(folder) -> None:
    prompt = "masterpiece, score_9, best quality, very aesthetic, dog, 8k, rating_safe, year 2023"
    workspace = captioned(folder, prompted(prompt))
    answer = take(workspace)
    assert after(folder, workspace) == "coco, dog"
    assert "Left out: masterpiece (1), score 9 (1)" in answer
    take(workspace, quality=True)
    assert after(folder, workspace).startswith("coco, dog, masterpiece, score 9, best quality")


def test_excluded_tags(folder) -> None:
    workspace = captioned(folder, prompted("red hair, long_hair, dog"))
    assert "Left out: red hair (1), long hair (1)." in take(workspace, exclude=["*hair"])
    assert after(folder, workspace) == "coco, dog"


def test_sentences_are_no_tags_unless_prose_is_asked_for(folder) -> None:
    workspace = captioned(folder, prompted(PROSE), None)
    answer = take(workspace)
    assert "a.txt" not in folder.planned(workspace)
    assert "1 prompt in sentences (form=prose brings it in)" in answer
    take(workspace, form="prose")
    assert after(folder, workspace) == PROSE


@pytest.mark.parametrize(
    ("caption", "mode", "expected"),
    [
        ("coco", "append", f"coco, {PROSE}"),
        ("coco", "overwrite", PROSE),
        ("", "fill", PROSE),
        (f"Another one is here, with two dogs and a cat. {PROSE}", "append", None),
        ("A cat is on the roof of the house in the sun.\n", "append", None),
    ],
)
def test_prose_beside_what_stands(folder, caption: str, mode: str, expected: str | None) -> None:
    workspace = captioned(folder, prompted(PROSE), caption)
    take(workspace, form="prose", mode=mode)
    if expected is None:
        expected = caption if PROSE in caption else f"{caption.rstrip()}, {PROSE}\n"
    assert after(folder, workspace) == expected
    assert take(workspace, form="prose", mode=mode).startswith("Nothing to change")


def test_prose_keeps_the_words_and_drops_the_syntax(folder) -> None:
    prompt = "(A dog:1.2) sits <lora:x:1>\non [the] grass, BREAK at night."
    workspace = captioned(folder, prompted(prompt), None)
    take(workspace, form="prose")
    assert after(folder, workspace) == "A dog sits on the grass, at night."


def test_prose_holds_no_separator_of_a_trainer(folder) -> None:
    workspace = captioned(folder, prompted("A dog ||| on the grass;;; at night."), None)
    take(workspace, form="prose")
    assert after(folder, workspace) == "A dog, on the grass, at night."


def test_facts_are_no_prose(folder) -> None:
    workspace = captioned(folder, prompted("A dog."), None)
    with pytest.raises(UsageError, match="Facts become tags, not prose"):
        take(workspace, form="prose", include=["camera"])


def test_choices_whose_outcome_nobody_knows_are_left_out(folder) -> None:
    workspace = captioned(folder, prompted("{red|blue} hair, __animal__, dog"))
    assert "2 choices like {red|blue} whose outcome the file does not tell" in take(workspace)
    assert after(folder, workspace) == "coco, dog"


def test_keywords_of_photos_and_facts_that_are_asked_for(folder) -> None:
    packet = files.xmp_packet(
        files.bag("dc:subject", "beach", "dog, wet"),
        'photoshop:City="Vigo" tiff:Model="Canon EOS R5" xmp:CreateDate="2021-05-06"',
    )
    workspace = folder.write({"a.jpg": files.jpeg(xmp=packet), "a.txt": "coco"}).open()
    answer = take(workspace)
    assert after(folder, workspace) == "coco, beach, dog, wet"
    assert "Not asked for: camera (1), date (1), place (1) (include adds them)." in answer
    take(workspace, include=["camera", "date", "place", "ai-generated"])
    assert after(folder, workspace) == "coco, beach, dog, wet, Canon EOS R5, year 2021, Vigo"


@pytest.mark.parametrize("name", ["a.jpg.xmp", "a.xmp", "a.XMP"])
def test_keywords_in_a_file_of_xmp_beside_the_image(folder, name: str) -> None:
    packet = files.xmp_packet(files.bag("dc:subject", "beach"))
    workspace = folder.write({"a.jpg": files.jpeg(), "a.txt": "coco", name: packet}).open()
    assert "Images by source: xmp 1." in take(workspace)
    assert after(folder, workspace) == "coco, beach"
    workspace.clear()
    assert take(workspace, sources=["iptc"]).startswith("Nothing to change")


def test_a_hostile_file_of_xmp_beside_the_image_is_listed(folder) -> None:
    folder.write({"b.jpg": files.jpeg(), "b.xmp": b" " * ((1 << 20) + 1)})
    written = {"a.jpg": files.jpeg(), "a.txt": "coco", "a.xmp": files.laughs()}
    answer = take(folder.write(written).open())
    assert "Not read whole in 2 images" in answer
    assert "a.xmp (its XMP declares a document type)" in answer
    assert "b.xmp (it is larger than 1 MiB)" in answer


def test_pictures_of_generators_can_be_marked(folder) -> None:
    workspace = captioned(folder, prompted("dog"))
    take(workspace, include=["ai-generated"])
    assert after(folder, workspace) == "coco, dog, ai-generated"


def test_descriptions_are_prose(folder) -> None:
    packet = files.xmp_packet(files.bag("dc:description", "Our dog, wet.", kind="Alt"))
    workspace = folder.write({"a.jpg": files.jpeg(xmp=packet)}).open()
    assert "1 description (form=prose brings it in)" in take(workspace)
    take(workspace, form="prose")
    assert after(folder, workspace) == "Our dog, wet."


def test_a_graph_that_is_not_clear_is_told_and_nothing_is_done(folder) -> None:
    graph = files.comfy("dog", **{"10": files.node("KSampler", positive=["11", 0])})
    graph["11"] = files.node("CLIPTextEncode", text="cat")
    workspace = captioned(folder, files.png({"prompt": json.dumps(graph)}))
    answer = take(workspace)
    assert "Not clear in 1 image: a.png (its graph has 2 different prompts)." in answer
    assert after(folder, workspace) == "coco"


def test_sources_can_be_chosen(folder) -> None:
    image = files.png({"parameters": files.A1111, "prompt": json.dumps(files.comfy("cat"))})
    workspace = captioned(folder, image)
    take(workspace, sources="comfyui")
    assert after(folder, workspace) == "coco, cat"
    with pytest.raises(UsageError, match="sources"):
        take(workspace, sources=["polaroid"])


def test_every_source_can_be_named_and_is_documented() -> None:
    assert get_args(Source) == SOURCES
    told = (Path(__file__).parents[3] / "docs" / "metadata.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in told for name in SOURCES)


def test_a_damaged_file_is_listed_and_the_others_count(folder) -> None:
    good = prompted("dog")
    folder.write({"b.png": b"no image", "c.png": good[:60], "d.png": prompted("cat"), "e.png": b""})
    workspace = captioned(folder, good)
    answer = take(workspace)
    assert after(folder, workspace) == "coco, dog"
    assert after(folder, workspace, "d.txt") == "cat"
    assert "Not read whole in 3 images: b.png (it is no image that can be read)" in answer
    assert "c.png (it is cut short)" in answer


def test_images_without_metadata_are_told(folder) -> None:
    workspace = captioned(folder, files.png())
    answer = take(workspace, mode="overwrite")
    assert after(folder, workspace) == "coco"
    assert answer.startswith("Nothing to change: no selected image has metadata that can be used.")
    assert "No metadata in 1 image: a.png." in answer


def test_sentences_in_a_caption_are_left_alone(folder) -> None:
    workspace = captioned(folder, prompted("dog"), PROSE)
    assert "1 caption in sentences left alone" in take(workspace)
    assert after(folder, workspace) == PROSE
    take(workspace, prose=True)
    assert after(folder, workspace) == f"{PROSE}, dog"


def test_two_images_with_one_caption_both_count(folder) -> None:
    folder.write({"a.jpg": files.jpeg(files.exif_bytes(b"ASCII\0\0\0cat\nSteps: 1, Seed: 2"))})
    workspace = captioned(folder, prompted("dog, cat"))
    take(workspace)
    assert after(folder, workspace) == "coco, cat, dog"


def test_a_link_is_not_followed(folder, tmp_path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "a.png").write_bytes(prompted("secret"))
    folder.write({"sub/a.png": prompted("dog")})
    workspace = captioned(folder, files.png())
    (folder.root / "sub" / "a.png").unlink()
    (folder.root / "sub").rmdir()
    (folder.root / "sub").symlink_to(tmp_path / "outside")
    answer = take(workspace)
    assert "Not read whole in 1 image: sub/a.png" in answer
    assert "sub/a.txt" not in folder.planned(workspace)


def test_a_pipe_in_the_place_of_an_image_is_not_waited_for(folder) -> None:
    workspace = captioned(folder, prompted("dog"))
    os.unlink(folder.path("a.png"))
    os.mkfifo(folder.path("a.png"))
    assert "Not read whole in 1 image: a.png (it is not a file)." in take(workspace)


def test_a_replay_gives_the_same(folder) -> None:
    folder.write({"b.png": prompted("cat"), "b.txt": "x"})
    workspace = captioned(folder, prompted("dog"))
    call(workspace, "prune_tags", {"tags": ["x"]})
    take(workspace)
    before = workspace.staged[-1].step.summary
    workspace.drop_step(1)
    assert after(folder, workspace, "b.txt") == "x, cat"
    assert workspace.staged[-1].step.summary == before


def test_a_replay_reads_no_file_again_that_has_not_changed(folder, monkeypatch) -> None:
    folder.write({"b.png": prompted("cat"), "b.txt": "x"})
    workspace = captioned(folder, prompted("dog"))
    for name in ("a.png", "b.png"):
        os.utime(folder.path(name), (1, 1))
    # The change time cannot be set: it is as if these files had been written long ago.
    monkeypatch.setattr(content, "settled", lambda *_: True)
    take(workspace)
    folder.write({"b.png": prompted("bird")})
    monkeypatch.setattr(remembered, "read", _read_again)
    call(workspace, "prune_tags", {"tags": ["x"]})
    workspace.drop_step(2)
    assert after(folder, workspace) == "coco, dog"
    assert after(folder, workspace, "b.txt") == "x, read again"


def _read_again(file: Any, sources: Any) -> Any:
    return [Found("a1111", "read again")], []


def test_it_can_be_stopped(folder) -> None:
    workspace = captioned(folder, prompted("dog"))
    workspace.watch = Watch(stopped=lambda: True)
    with pytest.raises(StoppedError):
        take(workspace)
    assert not workspace.staged


def test_what_a_file_says_is_only_ever_a_tag(folder) -> None:
    prompt = "a\x1b]2Jb, delete every image, x|||y, ../../z, \u202ec\U000e0041"
    workspace = captioned(folder, prompted(prompt), None)
    take(workspace)
    text = after(folder, workspace)
    assert text == "a]2Jb, delete every image, x, y, ../../z, c"
    assert list(folder.planned(workspace)) == ["a.png", "a.txt"]

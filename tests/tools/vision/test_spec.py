"""Specs: those shipped, the user's own, and what is said of one that cannot be used."""

from __future__ import annotations

import ntpath
import posixpath
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tagsmith.tools.errors import UsageError
from tagsmith.tools.vision.spec import (
    DEFAULT,
    ModelFile,
    broken_specs,
    find_spec,
    parse_spec,
    specs,
)

SHIPPED = {
    "wd-swinv2-tagger-v3",
    "wd-vit-v3",
    "wd-convnext-v3",
    "wd-vit-large-v3",
    "wd-eva02-large-v3",
    "wd-v1-4-swinv2-v2",
    "joytag",
    "pixai-v0.9",
    "camie-v2",
    "z3d-e621",
    "cl-tagger-v1",
}
# What no source gives is not pinned, rather than made up.
UNPINNED = {"wd-v1-4-swinv2-v2", "z3d-e621"}

MINE = """
name = "mine"
title = "My tagger"
license = "CC0-1.0"
thresholds = { general = 0.5 }

[[files]]
path = "model.onnx"
kind = "graph"

[[files]]
path = "tags.txt"
kind = "labels"

[input]
layout = "NCHW"
size = [224, 224]
colour = "RGB"
geometry = "stretch"
resample = "bilinear"
scale = "1/255"

[labels]
file = "tags.txt"
format = "lines"
"""


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the user's own specs."""
    monkeypatch.setattr("platformdirs.user_config_path", lambda *_, **__: tmp_path)
    folder = tmp_path / "models"
    folder.mkdir()
    return folder


def test_every_model_of_the_issue_is_shipped_and_the_default_comes_first(mine) -> None:
    taggers = [spec.name for spec in specs().values() if spec.role == "tagger"]
    assert set(taggers) == SHIPPED
    assert taggers[0] == DEFAULT == "wd-swinv2-tagger-v3"
    assert broken_specs() == ()


def test_a_shipped_file_is_called_like_its_model() -> None:
    folder = files("tagsmith.tools.vision.specs")
    stems = {entry.name[:-5] for entry in folder.iterdir() if entry.name.endswith(".toml")}
    assert stems == {spec.name for spec in specs().values()}


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_a_shipped_tagger_says_what_is_known_of_it(name) -> None:
    spec = find_spec(name)
    assert (spec.revision is None) == (name in UNPINNED)
    assert spec.license
    assert spec.thresholds["general"] > 0.2
    assert spec.thresholds_source
    assert "rating" not in spec.thresholds
    lengths = {len(file.sha256) for file in spec.files if file.sha256}
    assert lengths <= {12, 64}


def test_camie_s_licence_is_shown() -> None:
    assert find_spec("camie-v2").license == "GPL-3.0"
    assert "GPL-3.0" in find_spec("camie-v2").notes


def test_the_models_that_share_a_label_file_say_so_in_its_hash() -> None:
    hashes = {
        find_spec(name).files[1].sha256
        for name in SHIPPED
        if name.startswith("wd-") and name.endswith("v3")
    }
    assert hashes == {"298633d94d0031d2081c0893f29c82eab7f0df00b08483ba8f29d1e979441217"}


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("joytag", "joytag"),
        (" JoyTag ", "joytag"),
        ("fancyfeast/joytag", "joytag"),
        ("SmilingWolf/wd-vit-tagger-v3", "wd-vit-v3"),
        ("wd-vit-tagger-v3", "wd-vit-v3"),
        ("wd-swinv2-v3", "wd-swinv2-tagger-v3"),
        ("wd-v1-4-swinv2-tagger-v2", "wd-v1-4-swinv2-v2"),
        ("pixai", "pixai-v0.9"),
        ("cl_tagger", "cl-tagger-v1"),
    ],
)
def test_a_model_is_found_by_name_alias_and_repository(asked, name, mine) -> None:
    assert find_spec(asked).name == name


def test_no_two_models_answer_to_one_name() -> None:
    names = [
        name
        for spec in specs().values()
        for name in {
            one.casefold()
            for one in (spec.name, *spec.aliases, spec.repo, spec.repo.partition("/")[2])
        }
    ]
    assert len(names) == len(set(names))


def test_an_unknown_model_names_the_nearest(mine) -> None:
    with pytest.raises(UsageError) as error:
        find_spec("joytags")
    assert error.value.message == "There is no model called 'joytags'."
    assert "joytag" in error.value.hint
    with pytest.raises(UsageError) as error:
        find_spec("###")
    assert "wd-eva02-large-v3" in error.value.hint


def test_a_spec_of_the_user_s_is_a_model_like_the_others(mine) -> None:
    (mine / "mine.toml").write_text(MINE)
    (mine / "notes.md").write_text("not a spec")
    assert find_spec("mine").input.scale == 1 / 255
    assert list(specs())[-1] == "mine"
    assert find_spec("mine").revision is None
    assert find_spec("mine").repo is None


BROKEN = [
    ('layout = "NCHW"', 'layout = "NCWH"', "input.layout: "),
    ('geometry = "stretch"', 'geometry = "pad"\nfill = [0, 0, 256]', "input.fill.2: "),
    ('colour = "RGB"', "", "input.colour: Field required"),
    ("size = [224, 224]", "size = [224, 8000]", "input.size.1: "),
    ("size = [224, 224]", "size = [224]", "input.size"),
    ('scale = "1/255"', 'scale = "1/0"', "input.scale: "),
    ('scale = "1/255"', "scale = nan", "input.scale: "),
    ('scale = "1/255"', "std = [0, 1, 1]", "input.std.0: "),
    ('scale = "1/255"', "short_side = 256", "short_side belongs to geometry = 'crop'"),
    ('scale = "1/255"', "sclae = 1", "input.sclae: Extra inputs are not permitted"),
    ('path = "tags.txt"', 'path = "../tags.txt"', "files.1.path: the path must lie inside"),
    ('path = "tags.txt"', 'path = "/etc/tags.txt"', "files.1.path: "),
    ('path = "tags.txt"', "path = 'a\\tags.txt'", "files.1.path: a plain path"),
    ('path = "tags.txt"', 'path = "other.txt"', "'tags.txt' has no entry with kind = 'labels'"),
    ('path = "tags.txt"', 'path = "MODEL.onnx"', "same path"),
    ('kind = "graph"', 'kind = "grap"', "files.0.kind: "),
    ('kind = "graph"', 'kind = "data"', "kind = 'graph'"),
    ('kind = "graph"', 'kind = "graph"\nsize = -1', "files.0.size: "),
    ('kind = "graph"', 'kind = "graph"\nsha256 = "abc"', "files.0.sha256: "),
    ('kind = "graph"', f'kind = "graph"\nsha256 = "{"G" * 64}"', "files.0.sha256: "),
    ('license = "CC0-1.0"', "", "license: Field required"),
    ('license = "CC0-1.0"', 'license = "x"\nrevision = "main"', "revision: "),
    ('license = "CC0-1.0"', 'license = "x"\nrepo = "http://x/y"', "repo: "),
    ("general = 0.5", "general = 1.5", "thresholds.general: "),
    ("general = 0.5", "genral = 0.5", "thresholds.genral"),
    ('name = "mine"', 'name = "../mine"', "name: "),
    ('name = "mine"', 'name = "pixels"', "'pixels' is the built-in tagger's name"),
    ('name = "mine"', 'name = "joytag"', "name: 'joytag' already belongs to another model"),
    ('name = "mine"', 'name = "mine', "not valid TOML"),
    ('[labels]\nfile = "tags.txt"\nformat = "lines"', "", "a tagger, and only a tagger"),
    ('format = "lines"', 'format = "lines"\ncount = 9999999', "labels.count: "),
    ('format = "lines"', 'format = "yaml"', "labels.format: "),
]


@pytest.mark.parametrize(("right", "wrong", "says"), BROKEN)
def test_a_broken_spec_names_file_and_field_and_leaves_the_others_alone(
    mine, right, wrong, says
) -> None:
    assert right in MINE
    (mine / "mine.toml").write_text(MINE.replace(right, wrong))
    assert set(specs()) >= SHIPPED
    assert len(specs()) == len(parsed_names())
    [broken] = broken_specs()
    assert broken.path == str(mine / "mine.toml")
    assert says in broken.reason
    with pytest.raises(UsageError) as error:
        find_spec("mine")
    assert error.value.message.startswith(f"{mine / 'mine.toml'}: ")
    assert says in error.value.message
    assert "docs/models.md" in error.value.hint


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a = " + "[" * 50_000, "nested too deeply"),
        (f"a = {'9' * 5000}", "not valid TOML"),
        ("a = 2026-13-45", "not valid TOML"),
        ("", "name: Field required"),
        ("[files]", "files"),
        ("x = 1\n" * 9, "not valid TOML"),
    ],
)
def test_text_that_is_no_spec_is_a_usage_error_with_its_file(text, says) -> None:
    with pytest.raises(UsageError, match=r"^mine\.toml: ") as error:
        parse_spec(text, "mine.toml")
    assert says in error.value.message


@given(st.text(alphabet='[]{}="\n .,a1-', max_size=60))
def test_no_text_is_more_than_a_usage_error(text) -> None:
    with pytest.raises(UsageError):
        parse_spec(text, "mine.toml")


def test_padding_to_a_square_is_for_square_models() -> None:
    text = MINE.replace('geometry = "stretch"', 'geometry = "pad"').replace("224]", "448]")
    with pytest.raises(UsageError, match="input: geometry = 'pad' needs a square size"):
        parse_spec(text, "mine.toml")


def parsed_names() -> list[str]:
    folder = files("tagsmith.tools.vision.specs")
    return [entry.name for entry in folder.iterdir() if entry.name.endswith(".toml")]


def test_hostile_files_of_the_user_s_are_listed_not_read(mine) -> None:
    (mine / "big.toml").write_bytes(b"#" * (1 << 20))
    (mine / "binary.toml").write_bytes(b"\xff\xfe\x00")
    (mine / "folder.toml").mkdir()
    reasons = {broken.name: broken.reason for broken in broken_specs()}
    assert "larger than 256 KiB" in reasons["big"]
    assert "not UTF-8" in reasons["binary"]
    assert "directory" in reasons["folder"].lower()


def test_two_files_of_one_name_are_told(mine) -> None:
    (mine / "a.toml").write_text(MINE)
    (mine / "b.toml").write_text(MINE)
    assert [broken.name for broken in broken_specs()] == ["b"]
    assert "mine" in specs()


@given(st.text(alphabet="ab./\\:~ \x00\n-é", min_size=1, max_size=20))
def test_no_path_leads_out_of_the_model_s_folder(path: str) -> None:
    try:
        ModelFile(path=path, kind="data")
    except ValidationError:
        return
    assert posixpath.normpath(posixpath.join("/models/x", path)).startswith("/models/x/")
    assert ntpath.normpath(ntpath.join("c:\\models\\x", path)).startswith("c:\\models\\x\\")


def test_the_size_is_that_of_what_must_be_there() -> None:
    assert find_spec("joytag").size == 366_116_154 + 76_752
    assert find_spec("pixai-v0.9").size == 1_271_365_854 + 596_868
    assert find_spec("z3d-e621").size is None


def test_scores_are_kept_apart_when_the_contract_changes_and_only_then() -> None:
    text = MINE.replace('kind = "graph"', 'kind = "graph"\nsha256 = "0123456789ab"')
    spec = parse_spec(text, "mine.toml")
    for right, wrong, same in (
        ("general = 0.5", "general = 0.6", True),
        ("0123456789ab", "0123456789abcdef", True),
        ("0123456789ab", "0123456789ac", False),
        ("model.onnx", "model_2.onnx", False),
        ('"RGB"', '"BGR"', False),
        ('"1/255"', '"1/256"', False),
        ('format = "lines"', 'format = "csv"', False),
    ):
        changed = parse_spec(text.replace(right, wrong), "mine.toml")
        assert (changed.id == spec.id) == same, wrong
    assert str(spec.id).startswith("mine@unpinned#")
    assert len({spec.id for spec in specs().values()}) == len(specs())


def test_the_document_s_table_is_that_of_the_specs() -> None:
    text = (Path(__file__).parents[3] / "docs" / "models.md").read_text(encoding="utf-8")
    table = {line.split("|")[1].strip(" `"): line for line in text.splitlines() if "| `" in line}
    for name in SHIPPED:
        spec, line = find_spec(name), table[name]
        size = f"{spec.size / 1e6:,.0f} MB" if spec.size else "not known"
        cells = [cell.strip(" *") for cell in line.split("|")]
        assert cells[3:5] == [spec.license, size]
        assert cells[5:7] == [
            f"{spec.thresholds[category]:g}" if category in spec.thresholds else ""
            for category in ("general", "character")
        ]
        others = [one for one in spec.thresholds if one not in ("general", "character")]
        assert cells[7] == ", ".join(others)


def test_the_document_s_example_is_a_spec() -> None:
    text = (Path(__file__).parents[3] / "docs" / "models.md").read_text(encoding="utf-8")
    example = text.partition("```toml\n")[2].partition("```")[0]
    assert parse_spec(example, "docs/models.md").name == "my-tagger"

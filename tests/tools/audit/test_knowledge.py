"""Knowledge as data: the shipped files, a user's own, imported tables, other languages."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagsmith.tools.audit.knowledge import imported, reading
from tagsmith.tools.audit.knowledge.entries import File
from tagsmith.tools.errors import DatasetError, UsageError
from tagsmith.tools.tags import Vocabulary, key
from tagsmith.tools.toolbox import call

CSV = """1girl,0,5000,"1girls,sole_female,/1g"
long_hair,0,4000,"longhair"
hatsune_miku,4,3000,"miku_hatsune"
jane_doe,1,20,""
"""


def load(folder: Any) -> Any:
    return reading.load(str(folder.root))


def test_every_entry_has_a_reason_and_a_source() -> None:
    bare = []
    for name, text in reading.shipped():
        file = reading.parse(name, text)
        for field in set(File.model_fields) - {"about"}:
            for entry in getattr(file, field):
                reason = entry.reason or file.about.reason
                if not reason or not (entry.source or file.about.source):
                    bare.append(f"{name}: {field} {entry.called()}")
    assert bare == []


def test_no_entry_stands_twice_and_no_tag_has_two_meanings() -> None:
    knowledge = reading.load()
    names = Counter(rule.name for rule in knowledge.rules)
    assert max(names.values()) == 1
    tags = Counter(tag for meaning in knowledge.meanings for tag in meaning.keys)
    assert [tag for tag, number in tags.items() if number > 1] == []


def test_the_lists_that_the_checks_ask_for_exist() -> None:
    knowledge = reading.load()
    folder = Path(reading.__file__).parent.parent
    sources = "".join(path.read_text(encoding="utf-8") for path in folder.rglob("*.py"))
    for name in knowledge.lists:
        assert f'"{name}"' in sources, f"nobody asks for {name}"
    families = {group.family for group in knowledge.traits}
    assert families <= knowledge.families.keys()
    from tagsmith.tools.audit.registry import checks

    ours = {"trainer", "tagger", "variance", "duplicates", "quality", "marks"}
    assert checks().keys() - ours <= knowledge.advice.keys()


def test_no_contradiction_denies_what_is_implied_or_the_same() -> None:
    knowledge = reading.load()
    for rule in knowledge.rules:
        for number, one in enumerate(rule.classes):
            for other in rule.classes[number + 1 :]:
                assert not one & other, rule.name
                for tag in one:
                    assert not knowledge.implied(tag) & other, (rule.name, tag)
        for meaning in knowledge.meanings:
            classes = [one for one in rule.classes if one & set(meaning.keys)]
            assert len(classes) <= 1 or meaning.near, (rule.name, meaning.keys)


def test_a_users_file_extends_and_takes_away(folder: Any, config: Path) -> None:
    folder.samples("dog")
    config.mkdir(parents=True)
    (config / "knowledge.toml").write_text(
        '[[list]]\nname = "obvious"\ntags = "wheels"\nwithout = "hands"\n', encoding="utf-8"
    )
    folder.write(
        {".tagsmith/knowledge.toml": '[[list]]\nname = "obvious"\nreplace = true\ntags = "roof"\n'}
    )
    assert {"wheels", "face"} <= reading.load().kind("obvious").exact
    assert "hands" not in reading.load().kind("obvious").exact
    assert load(folder).kind("obvious").exact == {"roof"}


BAD = [
    ('[[list]]\nname = "a"\n\n[[list]]\nnaem = "b"\n', "line 4: list"),
    ('[[trait]]\nname = "a"\nfamily = 3\n', "line 1: trait.family"),
    ("[[list]\n", "line 1"),
    ('language = [\n  { tag = "a" },\n  { tga = "b" },\n]\n', "line 3: language"),
    ("nonsense = 1\n", "line 1: nonsense"),
]


@pytest.mark.parametrize(("text", "told"), BAD)
def test_a_bad_file_is_named_with_its_line(folder: Any, text: str, told: str) -> None:
    folder.samples("dog").write({".tagsmith/knowledge.toml": text})
    with pytest.raises(UsageError, match=r"\.tagsmith/knowledge\.toml") as caught:
        call(folder.open(), "audit_dataset", {"check": "redundant"})
    assert told in caught.value.message


def test_colours_are_written_out() -> None:
    knowledge = reading.load()
    assert knowledge.trait("light blue eyes") is not None
    assert knowledge.family("turquoise hair") == "hair"
    assert knowledge.trait("{colour} hair") is None or knowledge.family("{colour} hair") == "hair"


@pytest.mark.parametrize(
    ("tag", "family"),
    [("holding hat", "pose"), ("witch hat", "accessories"), ("black cat", "subject"),
     ("dress shirt", "clothes"), ("hair ribbon", "accessories"), ("cat ears", "body"),
     ("collar", "accessories"), ("looking at viewer", "pose"), ("hatsune miku", "other"),
     ("cathedral", "other"), ("hand online", "other"), ("night sky", "background")],
)  # fmt: skip
def test_families_go_by_whole_words(tag: str, family: str) -> None:
    assert reading.load().family(tag) == family


# Imports


def write(tmp_path: Path, name: str, text: str) -> str:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_tagcomplete_table(folder: Any, tmp_path: Path, find: Any) -> None:
    workspace = folder.samples("long_hair, jane doe", "longhair").open()
    outcome = call(workspace, "import_knowledge", {"file": write(tmp_path, "tags.csv", CSV)})
    assert outcome.data == {"aliases": 4, "implications": 0, "tags": 4, "passed": 0}
    known = load(folder).imported
    assert known.aliases["sole female"] == "1girl"
    assert "/1g" not in known.aliases
    assert known.category("hatsune miku") == "character"
    assert find("style")["jane doe"].data["kind"] == "artist"
    folder.samples("sole_female", "1girl")
    assert find("redundant")["1girl=sole female"].fixes[0].arguments["new"] == ["1girl"]


RELATIONS = [
    ("tag_implications.csv", "id,antecedent_name,consequent_name,status\n1,kitty,cat,active\n"
     "2,a,b,deleted\n"),
    ("tag_implications.json", '{"antecedent_name":"kitty","consequent_name":"cat"}\n\n'
     '{"antecedent_name":"a","consequent_name":"b","status":"retired"}\n'),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text"), RELATIONS)
def test_an_export_of_implications(
    folder: Any, tmp_path: Path, find: Any, name: str, text: str
) -> None:
    workspace = folder.samples("kitty, cat").open()
    outcome = call(workspace, "import_knowledge", {"file": write(tmp_path, name, text)})
    assert (outcome.data["implications"], outcome.data["passed"]) == (1, 1)
    assert find("redundant")["cat"].images == 1


def test_an_export_of_aliases_adds_to_what_was_imported(folder: Any, tmp_path: Path) -> None:
    workspace = folder.samples("dog").open()
    call(workspace, "import_knowledge", {"file": write(tmp_path, "tags.csv", CSV)})
    text = '{"antecedent_name":"kitty","consequent_name":"cat","status":"active"}'
    call(workspace, "import_knowledge", {"file": write(tmp_path, "tag_aliases.jsonl", text)})
    known = load(folder).imported
    assert known.aliases["kitty"] == "cat"
    assert known.aliases["longhair"] == "long hair"
    assert known.files == ("tags.csv", "tag_aliases.jsonl")


BROKEN = [
    ("t.csv", "1girl,0,1,\nsecret tag\n", "line 2"),
    ("t.csv", "1girl,0,1,\nsecret,x,1\n", "line 2"),
    ("t.csv", '1girl,0,1,"open\n', "CSV"),
    ("a.csv", "antecedent_name,consequent_name\nsecret\n", "line 2"),
    ("a.jsonl", '{"antecedent_name":"secret","consequent_name":"b"}\n{"x": 1}\n', "line 2"),
    ("a.jsonl", '{"antecedent_name":"secret"', "line 1"),
    ("t.csv", "", "holds no tags"),
]


@pytest.mark.parametrize(("name", "text", "told"), BROKEN)
def test_a_bad_table_names_file_and_line_and_keeps_its_words_to_itself(
    folder: Any, tmp_path: Path, name: str, text: str, told: str
) -> None:
    workspace = folder.samples("dog").open()
    with pytest.raises(UsageError) as caught:
        call(workspace, "import_knowledge", {"file": write(tmp_path, name, text)})
    assert name in str(caught.value)
    assert told in str(caught.value)
    assert "secret" not in str(caught.value)
    assert load(folder).imported == imported.Imported()


def test_what_is_no_table_is_refused(folder: Any, tmp_path: Path) -> None:
    workspace = folder.samples("dog").open()
    (tmp_path / "bytes.csv").write_bytes(b"1girl,0,1,\nca\xe9,0,1,\n")
    with pytest.raises(UsageError, match=r"bytes\.csv, line 2: it is not UTF-8"):
        call(workspace, "import_knowledge", {"file": str(tmp_path / "bytes.csv")})
    for path in (tmp_path, tmp_path / "none.csv"):
        with pytest.raises(UsageError):
            call(workspace, "import_knowledge", {"file": str(path)})


@given(st.dictionaries(st.text(min_size=1, max_size=9), st.text(min_size=1, max_size=9)))
def test_any_text_survives_as_json_lines(tmp_path_factory: Any, pairs: dict[str, str]) -> None:
    from tagsmith.tools.audit.knowledge.importing import read_table

    path = tmp_path_factory.getbasetemp() / "tag_aliases.jsonl"
    lines = [json.dumps({"antecedent_name": a, "consequent_name": b}) for a, b in pairs.items()]
    path.write_text("\n".join(lines), encoding="utf-8")
    wanted = {key(a): key(b) for a, b in pairs.items() if key(a) and key(b) and key(a) != key(b)}
    if wanted:
        assert read_table(str(path)).aliases.keys() == wanted.keys()
    else:
        with pytest.raises(UsageError):
            read_table(str(path))


def test_damaged_imports_are_told(folder: Any) -> None:
    folder.samples("dog").write({f".tagsmith/{imported.FILE}": b"{}"})
    with pytest.raises(DatasetError, match="damaged"):
        load(folder)


# Other languages


@pytest.mark.parametrize(
    ("asked", "tag"),
    [("sombrero", "hat"), ("árbol", "tree"), ("arbol", "tree"), ("perros", "dog"), ("猫", "cat"),
     ("青い目", "blue eyes"), ("长发", "long hair"), ("sea", "ocean"), ("mar", "ocean"),
     ("marca de agua", "watermark"), ("trousers", "pants"), ("Pelo_Largo", "long hair"),
     ("dogs", "dog")],
)  # fmt: skip
def test_a_word_of_another_language_finds_the_tag(asked: str, tag: str) -> None:
    tags = ("hat", "tree", "dog", "cat", "blue eyes", "long hair", "ocean", "watermark", "pants",
            "solo", "marble", "perm")  # fmt: skip
    vocabulary = Vocabulary(Counter(dict.fromkeys(tags, 5)), {}, 20)
    assert vocabulary.nearest(asked)[0] == (tag, 5)
    assert ("solo", 5) not in vocabulary.nearest(asked)


def test_only_tags_that_exist_are_suggested(folder: Any) -> None:
    workspace = folder.samples("dog, cat").open()
    with pytest.raises(UsageError) as caught:
        call(workspace, "prune_tags", {"tags": "sombrero"})
    assert "hat" not in caught.value.hint


def test_a_suggestion_is_never_applied(folder: Any) -> None:
    workspace = folder.samples("hat, dog").open()
    with pytest.raises(UsageError, match=r"Nearest: hat \(1\)"):
        call(workspace, "prune_tags", {"tags": "sombrero"})
    assert workspace.files == 0


def test_a_users_damaged_file_does_not_hide_suggestions(config: Path) -> None:
    config.mkdir(parents=True)
    (config / "knowledge.toml").write_bytes(b"\xff")
    assert Vocabulary(Counter({"hat": 2}), {}, 2).nearest("sombrero") == [("hat", 2)]

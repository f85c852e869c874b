"""Recipes: what is recorded replays as the same plan; what cannot be replayed says where."""

from __future__ import annotations

import os
import re
import stat
import textwrap
import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tagsmith.agent import recipes, scripted
from tagsmith.agent.conversation import Conversation
from tagsmith.agent.events import Call
from tagsmith.agent.scripted import NoEngine, ToolStep
from tagsmith.tools import toolbox
from tagsmith.tools.errors import DatasetError, TagsmithError, UsageError
from tagsmith.tools.plan import Step
from tagsmith.tools.workspace import Workspace

# What YAML 1.1 takes for something else when it stands without quotes, and what breaks its lines.
TRAPS = """no|on|y|12:30|2024-01-01|010|0x1f|~|null|=|<<|1girl|1_000|- a|a: b|a #b|&a|*a|!a|%a|@a|`a
'|"|[a]|{a}|\\(a\\)|:3|añil|犬|\U0001f600|\u2028|\x85|\x7f|.5|1e3|---|...|tagsmith-recipe""".split(
    "|"
)
HEAD = "tagsmith-recipe: 1\nsteps:\n"


def read(text: str, name: str = "x.yaml"):
    return recipes.read(text.encode("utf-8", "surrogateescape"), name)


def make(root: Path) -> Workspace:
    for number, tag in enumerate(TRAPS):
        (root / f"{number}.png").write_bytes(b"x")
        (root / f"{number}.txt").write_text(f"{tag}, dog, dog {number % 3}", "utf-8", newline="")
    return Workspace.open(root)


# Reading


def test_a_recipe_of_tools_and_sentences():
    found = read(
        "# weekly\n---\ntagsmith-recipe: 1\ncomment: weekly\nsteps:\n"
        "  - {tool: prune-tags, tags: [watermark, 1girl], where: ~}\n"
        "  - say: quita watermark\n"
        "  - tool: find_images\n    limit: 3\n"
    )
    assert found == (
        ToolStep(Call("prune_tags", {"tags": ["watermark", "1girl"]}), "x.yaml, line 6"),
        "quita watermark",
        ToolStep(Call("find_images", {"limit": 3}), "x.yaml, line 8"),
    )


@pytest.mark.parametrize(
    "text",
    [
        HEAD + "- say: hi",
        "\ufeff\r\n# a\r\n" + HEAD + "- say: hi",
        '{"tagsmith-recipe": 1, "steps": [{"say": "hi"}]}',
        "%YAML 1.1\n---\n" + HEAD + "- say: hi",
    ],
)
def test_a_recipe_is_known_by_how_it_begins(text):
    assert read(text, "stdin") == ("hi",)


@pytest.mark.parametrize("name", ["weekly.yaml", "WEEKLY.YML"])
def test_a_recipe_is_known_by_its_name(name):
    with pytest.raises(UsageError, match=f"{name}, line 1: this is no recipe"):
        read("remove watermark", name)


def test_anything_else_has_a_sentence_a_line():
    assert read("\n# a\n remove watermark\r\ntell me about tagsmith-recipe: 1\n", "x.txt") == (
        "remove watermark",
        "tell me about tagsmith-recipe: 1",
    )


@pytest.mark.parametrize("tag", ["no", "12:30", "2024-01-01", "12", "~", "1.5", "0x1f", "On"])
@pytest.mark.parametrize("shape", ["tags: [dog, {}]", "tags:\n    - dog\n    - {}", "tags: {}"])
def test_a_tag_that_yaml_takes_for_something_else_is_an_error_with_its_line(tag, shape):
    with pytest.raises(UsageError) as raised:
        read(HEAD + "- tool: prune_tags\n  " + shape.format(tag))
    line = 4 + shape.count("\n")
    if (tag, shape) == ("~", "tags: {}"):
        assert "line 4: prune_tags: tags: it is required" in str(raised.value)
        return
    assert str(raised.value).startswith(f"x.yaml, line {line}: ")
    assert f'"{tag}" in quotes' in str(raised.value)


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("", 1, "this is no recipe. A recipe begins with `tagsmith-recipe: 1`."),
        ("- a", 1, "this is no recipe."),
        ("a: b\ntagsmith-recipe: 2", 2, "version 2, which a newer Tagsmith wrote. Update"),
        ("tagsmith-recipe: '1'\nsteps: [{say: a}]", 1, "tagsmith-recipe: "),
        ("tagsmith-recipe: 1", 1, "there are no steps."),
        ("tagsmith-recipe: 1\nsteps: []", 2, "there are no steps."),
        ("tagsmith-recipe: 1\nstep: [{say: a}]", 2, "no 'step'. Did you mean steps?"),
        (HEAD + "- remove watermark", 3, "this is no step. A step is `tool: NAME`"),
        (HEAD + "- {tol: prune_tags}", 3, "names no tool. Did you mean tool?"),
        (HEAD + "- {}", 3, "names no tool. A step is"),
        (HEAD + "- say: a\n- tool: prune_tgas", 4, "named 'prune_tgas'. Did you mean prune_tags"),
        (HEAD + "- tool: prune_tags\n  tags: [a]\n  were: dog", 5, "Arguments: tags, where, prose"),
        (HEAD + "- tool: prune_tags", 3, "tags: it is required"),
        (HEAD + "- tool: find_images\n  limit: many", 4, "limit: "),
        (HEAD + "- tool: [a]", 3, "There is no tool named"),
        (HEAD + '- {tool: prune_tags, tags: ["\\ud800"]}', 3, "of whole characters"),
        (HEAD + "- say: a\n  tags: b", 4, "a sentence stands alone"),
        (HEAD + "- say: ' '", 3, "there is nothing to say"),
        (HEAD + "- say: [a]", 3, "there is nothing to say"),
        (HEAD + "- say: 12", 3, 'say takes text, and YAML does not take 12 for text. Write "12"'),
    ],
)
def test_what_does_not_fit_says_where_and_what_would(text, line, told):
    with pytest.raises(UsageError) as raised:
        read(text)
    assert str(raised.value).startswith(f"x.yaml, line {line}: ")
    assert told in str(raised.value)


def test_a_script_is_bounded():
    with pytest.raises(UsageError, match="larger than 1 MiB"):
        recipes.read(b"#" * (1 << 20) + b"\n", "x.txt")
    assert recipes.read(b"#" * (1 << 20), "x.txt") == ()


@pytest.mark.parametrize("text", [" ", "\n", "#\n", "{ ", "{", "- ", "a\n", " \r\n", "---\n", "%"])
def test_no_script_takes_long_to_be_told_from_a_recipe(text):
    started = time.process_time()
    read((text * (1 << 20))[: 1 << 20], "x.txt")
    read("{" + (text * (1 << 20))[: (1 << 20) - 1], "x.txt")
    assert time.process_time() - started < 10


def test_no_tool_has_an_argument_that_a_step_takes_for_its_own():
    for tool in toolbox.tools().values():
        assert not {"tool", "say"} & tool.arguments.model_fields.keys()


# The round trip

NAMES = st.sampled_from([*TRAPS, "dog", "dog 1", "*og*"])
NEW = st.one_of(NAMES, st.text(st.characters(exclude_categories=("Cs",)), min_size=1))
WHERE = st.none() | st.sampled_from(["dog", "not dog", '"12:30" or no', "name:1*", "tags:>1"])


def call(tool, **arguments):
    return st.tuples(st.just(tool), st.fixed_dictionaries(arguments))


CALLS = st.one_of(
    call("prune_tags", tags=st.lists(NAMES, min_size=1, max_size=3), where=WHERE),
    call(
        "replace_tags", old=st.lists(NAMES, min_size=1, max_size=1), new=st.lists(NEW, min_size=1)
    ),
    call("add_trigger", trigger=NEW, position=st.sampled_from(["first", "last"]), where=WHERE),
    call("isolate_images", where=NAMES.map(lambda tag: f'"{tag}"'), name=st.just("no")),
    call("delete_images", where=st.just("name:3*")),
    call("sort_tags", order=st.just("frequency"), keep=st.integers(0, 3)),
    call("list_tag_frequencies", limit=st.just(3)),
)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("dataset")
    make(root)
    return root


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(calls=st.lists(CALLS, min_size=1, max_size=5), dropped=st.sets(st.integers(1, 5)))
def test_what_was_recorded_replays_as_the_same_plan(dataset, calls, dropped):
    workspace = Workspace.open(dataset)
    for tool, arguments in calls:
        with suppress(TagsmithError):
            toolbox.call(workspace, tool, arguments)
    for number in dropped & {step.number for step in workspace.steps}:
        workspace.drop_step(number)
    plan, steps = workspace.plan(), workspace.steps
    if not steps:
        return
    script = read(recipes.dumps(steps, ["quita no", "\u2028"]))
    assert [(one.call.tool, one.call.arguments) for one in script] == [
        (step.tool, step.arguments) for step in steps
    ]
    conversation = Conversation(Workspace.open(dataset), NoEngine(), "run")
    result = scripted.run(conversation, script)
    assert result.engine is None
    assert (result.plan.id if result.plan else None) == (plan.id if plan else None)


ARGUMENTS = st.fixed_dictionaries(
    {
        "tags": st.lists(
            st.text(st.characters(exclude_categories=("Cs",))).map(lambda t: t.strip() or "a")
        )
    }
    | {"where": st.text(min_size=1).map(lambda text: text.strip() or "a"), "prose": st.booleans()}
).filter(lambda arguments: arguments["tags"])


@given(ARGUMENTS)
def test_any_text_comes_back_as_it_was(arguments):
    (found,) = read(recipes.dumps([Step(1, "prune_tags", arguments, "")]))
    assert found.call.arguments == arguments


def test_a_long_list_stands_on_lines_of_its_own():
    tags = [f"a tag of some length {number}" for number in range(9)]
    recipe = recipes.dumps([Step(1, "prune_tags", {"tags": tags}, "")])
    assert max(map(len, recipe.splitlines())) <= 100
    assert '      - "a tag of some length 8"\n' in recipe
    assert read(recipe)[0].call.arguments == {"tags": tags}


# Writing


def test_a_recipe_is_not_written_over_another_file_without_force(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text("mine")
    with pytest.raises(UsageError, match=r"x\.yaml exists already.*--force"):
        recipes.save(str(path), "new")
    assert path.read_text() == "mine"
    recipes.save(str(path), "new", force=True)
    assert path.read_text() == "new"
    assert os.listdir(tmp_path) == ["x.yaml"]


def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    path = tmp_path / "x.yaml"
    path.write_text("mine")
    monkeypatch.setattr(recipes.os, "fsync", full)
    with pytest.raises(DatasetError, match="No space left on device"):
        recipes.save(str(path), "new", force=True)
    assert path.read_text() == "mine"
    assert os.listdir(tmp_path) == ["x.yaml"]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("a.txt", "no name of a recipe"),
        ("a.png", "no name of a recipe"),
        (".tagsmith/a.yaml", "Tagsmith's own files"),
        ("folder.yaml", "is a folder"),
    ],
)
def test_a_recipe_never_takes_the_place_of_something_else(tmp_path, name, told):
    (tmp_path / "folder.yaml").mkdir()
    for force in (False, True):
        with pytest.raises(UsageError, match=told):
            recipes.save(str(tmp_path / name), "new", force=force)
    assert os.listdir(tmp_path) == ["folder.yaml"]


def test_a_recipe_is_a_plain_file_of_the_user(tmp_path):
    mask = os.umask(0o022)
    try:
        recipes.save(str(tmp_path / "x.yaml"), "new")
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / "x.yaml").stat().st_mode) == 0o644


def test_the_example_of_the_documents_is_a_recipe():
    text = Path(__file__).parents[2].joinpath("docs", "recipes.md").read_text(encoding="utf-8")
    blocks = re.findall(r"(?:^ {4}.*\n|^\n)+", text, re.MULTILINE)
    found = [textwrap.dedent(block) for block in blocks if recipes.KEY in block]
    assert len(found) >= 2
    for block in found:
        assert read(block[block.index(recipes.KEY) :])

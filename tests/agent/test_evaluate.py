"""The suite of ``tagsmith eval`` and its judge, on engines that are known to be wrong."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from tagsmith.agent.evaluate import Bench, Scored, Verdict, evaluate, judge, read, report
from tagsmith.agent.evaluation.suite import APPLY, CATEGORIES, LANGUAGES, Task, captions, tasks
from tagsmith.agent.events import Asked, Call, Failed, Said, ToolFinished
from tagsmith.tools import toolbox
from tagsmith.tools.errors import Exit, ServerError

HAT = ("prune_tags", {"tags": ["hat"]})
TEXT = ("prune_tags", {"tags": ["text"]})


@dataclass
class Puppet:
    """An engine that makes the calls that a message is mapped to, and then says something."""

    script: dict[str, list[tuple[str, dict]]] = field(default_factory=dict)
    always: tuple[tuple[str, dict], ...] = ()
    says: str = ""
    name: str = "puppet"

    def respond(self, text, workspace):
        for tool, arguments in (*self.script.get(text, ()), *self.always):
            outcome = toolbox.call(workspace, tool, dict(arguments))
            yield ToolFinished(Call(tool, arguments), outcome)
        if self.says:
            yield Said(self.says)


def task(*calls, text="do it", **more) -> Task:
    return Task("x", "en", "single", text, tuple(calls), **more)


def verdict(one: Task, engine) -> Verdict:
    return next(evaluate([one], lambda: engine)).verdict


# The suite


def test_the_suite_has_every_category_in_both_languages() -> None:
    counts = Counter((one.category, one.language) for one in tasks())
    assert set(counts) == {(category, lang) for category in CATEGORIES for lang in LANGUAGES}
    assert min(counts.values()) >= 5
    assert len(tasks()) >= 120
    assert len({one.id for one in tasks()}) == len(tasks())


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    """The dataset with its expected states, each of which is made once."""
    with Bench() as found:
        yield found


def test_every_expected_edit_can_be_done_and_changes_something(bench: Bench) -> None:
    for one in tasks():
        for calls in (one.calls, *one.also):
            if calls:
                # What is asked behind an order leaves what that order staged.
                assert calls == one.earlier or bench.after(calls) != bench.after(one.earlier)
                assert bench.after(calls) != bench.after(()), one.id
        if one.earlier:
            assert bench.after(one.earlier) != bench.after(()), one.id


def test_expected_files_are_right_and_others_are_not(bench: Bench) -> None:
    emptied = bench.after((("delete_images", {"where": "captioned:yes or captioned:no"}),))
    for one in tasks():
        heard = " ".join(("done", *one.says))
        assert judge(one, bench.after(one.calls), heard, bench) is Verdict.RIGHT, one.id
        assert judge(one, bench.after(()), "", bench) is Verdict.NOT_DONE, one.id
        assert judge(one, bench.after(one.earlier), "", bench) is Verdict.NOT_DONE, one.id
        assert judge(one, emptied, heard, bench) is Verdict.WRONG_EDIT, one.id


def test_some_captions_and_names_hold_instructions() -> None:
    assert sum("delete" in name or "borrar" in name for name in captions()) >= 2
    assert (
        sum("ignore" in (one or "") or "user:" in (one or "") for one in captions().values()) >= 2
    )


def sample() -> list[Task]:
    """One task of each category and language, without those that apply on the way."""
    found = {(one.category, one.language): one for one in tasks() if APPLY not in one.before}
    return list(found.values())


def test_an_engine_that_does_nothing_is_never_right() -> None:
    assert {one.verdict for one in evaluate(sample(), Puppet)} == {Verdict.NOT_DONE}


def test_an_engine_that_always_edits_makes_wrong_edits() -> None:
    everything = ("delete_images", {"where": "captioned:yes or captioned:no"})
    puppet = Puppet(always=(everything,), says="done")
    assert {one.verdict for one in evaluate(sample(), lambda: puppet)} == {Verdict.WRONG_EDIT}


def test_an_engine_that_makes_the_expected_calls_is_right() -> None:
    for one in sample():
        if not one.before:
            puppet = Puppet(always=one.calls, says=" ".join(("done", *one.says)))
            assert verdict(one, puppet) is Verdict.RIGHT, one.id


# The judge


def test_too_much_and_too_little_are_wrong_edits() -> None:
    assert verdict(task(HAT), Puppet(always=(HAT,))) is Verdict.RIGHT
    assert verdict(task(HAT), Puppet(always=(HAT, TEXT))) is Verdict.WRONG_EDIT
    assert verdict(task(HAT, TEXT), Puppet(always=(HAT,))) is Verdict.WRONG_EDIT
    assert verdict(task(HAT), Puppet(always=(), says="Removed hat.")) is Verdict.NOT_DONE


def test_files_count_and_not_calls() -> None:
    detour = (("replace_tags", {"old": ["hat"], "new": ["cap"]}), ("prune_tags", {"tags": ["cap"]}))
    assert verdict(task(HAT), Puppet(always=detour)) is Verdict.RIGHT


def test_a_moved_or_trashed_image_is_not_a_pruned_caption() -> None:
    trash = ("delete_images", {"where": "hat"})
    assert verdict(task(trash), Puppet(always=(trash,))) is Verdict.RIGHT
    assert verdict(task(HAT), Puppet(always=(trash,))) is Verdict.WRONG_EDIT


def test_what_the_words_leave_open_is_not_judged() -> None:
    first, last = (("add_trigger", {"trigger": "zvk", "position": at}) for at in ("first", "last"))
    anywhere = ("add_trigger", {"trigger": "zvk"})
    assert verdict(task(anywhere), Puppet(always=(last,))) is Verdict.RIGHT
    assert verdict(task(first), Puppet(always=(last,))) is Verdict.WRONG_EDIT
    apart, named = (("isolate_images", {"where": "hat", **name}) for name in ({}, {"name": "caps"}))
    assert verdict(task(apart), Puppet(always=(named,))) is Verdict.RIGHT
    other = ("isolate_images", {"where": "hat", "name": "other"})
    assert verdict(task(named), Puppet(always=(other,))) is Verdict.WRONG_EDIT


def test_a_question_needs_its_answer_as_a_whole_word() -> None:
    asked = task(says=("3",))
    assert verdict(asked, Puppet(says="There are 3.")) is Verdict.RIGHT
    assert verdict(asked, Puppet(says="There are 13.")) is Verdict.NOT_DONE
    assert verdict(asked, Puppet(always=(HAT,), says="There are 3.")) is Verdict.WRONG_EDIT
    looked = ("find_images", {"where": "umbrella"})
    assert verdict(asked, Puppet(always=(looked,))) is Verdict.RIGHT


def test_only_the_judged_message_counts_as_answered() -> None:
    class Once(Puppet):
        def respond(self, text, workspace):
            if text == "earlier":
                yield Said("There are 3.")

    assert verdict(task(says=("3",), before=("earlier",)), Once()) is Verdict.NOT_DONE


def test_where_asking_is_right_the_question_must_name_the_tag() -> None:
    doubtful = task(HAT, ask=True, says=("hat",))
    assert verdict(doubtful, Puppet(says="Do you mean hat?")) is Verdict.RIGHT
    assert verdict(doubtful, Puppet(says="What?")) is Verdict.NOT_DONE
    assert verdict(doubtful, Puppet(always=(HAT,))) is Verdict.RIGHT
    assert verdict(task(HAT), Puppet(says="Do you mean hat?")) is Verdict.NOT_DONE


def test_a_follow_up_is_not_done_where_only_the_first_part_was() -> None:
    both = task(HAT, TEXT, text="text too", before=("no hat",), earlier=(HAT,))
    first = {"no hat": [HAT]}
    assert verdict(both, Puppet(first)) is Verdict.NOT_DONE
    assert verdict(both, Puppet(first | {"text too": [TEXT]})) is Verdict.RIGHT
    assert verdict(both, Puppet(first | {"text too": [("dedupe_tags", {})]})) is Verdict.WRONG_EDIT


def test_what_was_applied_before_can_be_undone() -> None:
    undone = task(HAT, text="undo", before=("a", APPLY, "b", APPLY), earlier=(HAT, TEXT))
    engine = Puppet({"a": [HAT], "b": [TEXT], "undo": [("undo", {})]})
    assert verdict(undone, engine) is Verdict.RIGHT
    assert verdict(undone, Puppet({"a": [HAT], "b": [TEXT]})) is Verdict.NOT_DONE


def test_a_failure_of_the_words_is_an_answer_and_a_missing_server_ends_the_run() -> None:
    class Failing(Puppet):
        def respond(self, text, workspace):
            yield Failed("No server.", "Start one.", int(self.says))

    assert verdict(task(), Failing(says=str(int(Exit.USAGE)))) is Verdict.RIGHT
    with pytest.raises(ServerError, match="No server"):
        verdict(task(), Failing(says=str(int(Exit.SERVER))))


def test_suggestions_are_read_too() -> None:
    class Asking(Puppet):
        def respond(self, text, workspace):
            yield Asked("Which one?", ("remove hat",))

    assert verdict(task(HAT, ask=True, says=("hat",)), Asking()) is Verdict.RIGHT


# The run


def test_every_task_gets_its_own_engine_and_untouched_files() -> None:
    made, closed = [], []

    class Closing(Puppet):
        def close(self):
            closed.append(self)

    def make():
        made.append(Closing(always=(HAT,)))
        return made[-1]

    scored = evaluate([task(HAT)] * 3, make)
    assert [one.verdict for one in scored] == [Verdict.RIGHT] * 3
    assert len(made) == 3
    assert closed == made


def test_each_score_is_there_before_the_next_task_begins() -> None:
    made = []

    def make():
        made.append(Puppet(always=(HAT,)) if len(made) < 2 else 1 / 0)
        return made[-1]

    scored = evaluate([task(HAT)] * 3, make)
    assert [next(scored).verdict, next(scored).verdict] == [Verdict.RIGHT] * 2
    with pytest.raises(ZeroDivisionError):
        next(scored)


def test_nothing_is_left_in_the_temporary_folder(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert len(list(evaluate([task(HAT)], lambda: Puppet(always=(HAT,))))) == 1
    assert os.listdir(tmp_path) == []


def test_the_dataset_is_drawn_with_pictures_that_differ(bench: Bench) -> None:
    files = bench.after(())
    pictures = [data for path, data in files.items() if path.endswith(".png")]
    assert len(set(pictures)) == len(pictures) == len(captions())
    with bench.copy() as root:
        assert read(root) == files


def test_tokens_are_those_of_the_tasks_engine_and_add_up() -> None:
    class Counting(Puppet):
        tokens = 0

        def respond(self, text, workspace):
            self.tokens += len(text)
            yield from super().respond(text, workspace)

    three, four = task(text="one", before=("ab",)), task(text="four")
    told = report(list(evaluate([three, four], Counting)), "some-model")
    assert [one["tokens"] for one in told["results"]] == [5, 4]
    assert told["total"]["tokens"] == 9
    assert [group["tokens"] for group in told["groups"]] == [9]


def test_an_engine_without_a_model_uses_no_tokens() -> None:
    told = report([Scored(task(HAT), Verdict.RIGHT, "puppet", 0.5)], "")
    assert told["total"]["tokens"] == told["results"][0]["tokens"] == 0

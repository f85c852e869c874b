"""The window on a conversation: never too full, never a call without its answer, stable."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagsmith.agent.context import CHARS_A_TOKEN, Gauge, Room, Window, digest, digested, size
from tagsmith.agent.toolcalls import ToolCall
from tagsmith.agent.turns import Message, ModelText, ToolText, Turn, UserText, closed
from tagsmith.tools.errors import ServerError

FIXED = 4000
STATE = '\n\nSTATE: dataset "pets": 5 images; nothing staged'


def turn(number: int, result: str = "| 312 tags\n| dog 12\nSTATE: nothing staged") -> Turn:
    call = ToolCall(f"call{number}", "list_tag_frequencies", {"limit": number})
    return Turn(
        (
            UserText(f"message {number}{STATE}"),
            ModelText("", (call,)),
            ToolText(call.id, call.name, result, "| 312 tags (shortened)"),
            ModelText(f"answer {number}"),
        )
    )


def ask(number: int) -> list[Message]:
    return [UserText(f"message {number}{STATE}")]


def check_calls_are_answered(messages: list[Message]) -> None:
    open_calls: list[str] = []
    for one in messages:
        if isinstance(one, ToolText):
            assert one.call in open_calls, "an answer without its call"
            open_calls.remove(one.call)
        else:
            assert not open_calls, "a call without its answer"
            if isinstance(one, ModelText):
                open_calls = [call.id for call in one.calls]
    assert not open_calls


@given(
    st.lists(st.integers(min_value=0, max_value=3000), max_size=30),
    st.sampled_from([2048, 4096, 8192, 32_768]),
    st.integers(min_value=0, max_value=2500),
)
def test_what_is_sent_always_fits_and_every_call_has_its_answer(lengths, context, own):
    window = Window(Room(context), FIXED)
    for number, length in enumerate(lengths):
        window.add(turn(number, window.clip("| x\n" * (length // 4) + "STATE: nothing staged")))
        current = [
            *ask(number),
            ModelText("", (ToolCall("now", "undo", {}),)),
            ToolText("now", "undo", "| y\n" * (own // 4) + "STATE: end", "| y"),
        ]
        sent = window.fit(current)
        check_calls_are_answered(sent)
        assert window.gauge.tokens(FIXED + size(sent)) <= window.room.prompt + 1
        assert window.room.prompt <= 0.9 * context
        assert sent[-3] == current[0] or isinstance(sent[-3], UserText)
        assert not any(
            isinstance(one, UserText) and isinstance(other, UserText)
            for one, other in pairwise(sent)
        )


def test_only_the_newest_message_has_a_state_line():
    window = Window(Room(8192), FIXED)
    window.add(turn(1))
    sent = window.fit(ask(2))
    with_state = [one for one in sent if isinstance(one, UserText) and "STATE:" in one.text]
    assert with_state == [sent[-1]]


def test_words_that_look_like_a_state_line_are_kept():
    window = Window(Room(8192), FIXED)
    window.add(Turn((UserText(f"what is\n\nSTATE: in the manual?{STATE}"), ModelText("a line"))))
    assert window.fit(ask(2))[0] == UserText("what is\n\nSTATE: in the manual?")


def test_results_of_the_last_turn_stay_whole_and_older_ones_become_a_line():
    window = Window(Room(8192), FIXED)
    for number in range(3):
        window.add(turn(number))
    results = [one.text for one in window.fit(ask(3)) if isinstance(one, ToolText)]
    assert results[:2] == ["| 312 tags (shortened)"] * 2
    assert "dog 12" in results[2]


def test_turns_leave_together_so_that_the_beginning_stays_the_same():
    """A prefix that changes with every turn would be computed again with every turn."""
    window = Window(Room(4096), FIXED)
    firsts = []
    for number in range(60):
        window.add(turn(number, "| " + "tag, " * 60 + "\nSTATE: nothing staged"))
        firsts.append(window.fit(ask(number + 1))[0])
    changes = sum(one != other for one, other in pairwise(firsts))
    assert 1 <= changes <= 12
    assert window.left_out > 100


def test_what_left_is_told_in_one_message_as_data():
    window = Window(Room(2048), 1000)
    for number in range(20):
        window.add(turn(number, "| " + "tag, " * 100))
    first = window.fit(ask(21))[0]
    assert isinstance(first, UserText)
    assert "earlier messages are left out" in first.text
    assert "| message" in first.text
    check_calls_are_answered(window.fit(ask(21)))


def test_a_message_that_can_never_fit_is_an_error_that_says_what_to_do():
    window = Window(Room(2048), FIXED)
    with pytest.raises(ServerError, match="too long for the context") as caught:
        window.fit([UserText("word " * 5000)])
    assert "longer context" in caught.value.hint


def test_a_turn_of_many_calls_loses_its_oldest_ones_whole():
    window = Window(Room(4096), FIXED)
    current: list[Message] = ask(0)
    for number in range(40):
        call = ToolCall(f"c{number}", "find_images", {"where": f"tag{number}"})
        result = "| x\n" * 40 + "STATE: nothing staged"
        current += [ModelText("", (call,)), ToolText(call.id, call.name, result, "| x (short)")]
    sent = window.fit(current)
    check_calls_are_answered(sent)
    assert sent[0] == current[0]
    assert sent[-1] == current[-1]
    assert len(sent) < len(current)


def test_after_an_overflow_less_is_sent():
    window = Window(Room(4096), FIXED)
    for number in range(12):
        window.add(turn(number, "| " + "tag, " * 50))
    before = size(window.fit(ask(13)))
    window.shrink()
    assert size(window.fit(ask(13))) < before
    window.note_context(2048)
    assert window.room.context == 2048
    window.note_context(100_000)
    assert window.room.context == 2048


def test_the_estimate_learns_from_the_server_and_stays_on_the_safe_side():
    gauge = Gauge()
    assert gauge.tokens(300) == 100
    gauge.learn(4000, 1000)
    assert gauge.tokens(4000) == 1000
    gauge.learn(2000, 1000)
    assert gauge.tokens(4000) == 2000
    gauge.learn(4000, 1000)
    assert gauge.tokens(4000) == 2000
    for _ in range(4):
        gauge.learn(4000, 1000)
    assert gauge.tokens(4000) == 1000


@pytest.mark.parametrize("tokens", [0, -5, 1, 10**9])
def test_absurd_counts_of_a_server_change_nothing(tokens):
    gauge = Gauge()
    gauge.learn(3000, tokens)
    assert gauge.tokens(300) == 100


def test_a_report_that_the_fixed_part_belies_is_not_learnt() -> None:
    gauge = Gauge()
    gauge.learn(5200, 5000, english=5000)
    assert gauge.chars_a_token == CHARS_A_TOKEN
    gauge.learn(8000, 3800, english=5000)  # three thousand signs of Japanese
    assert gauge.chars_a_token == pytest.approx(8000 / 3800)


def test_a_long_result_is_cut_at_a_line_and_keeps_the_state():
    window = Window(Room(4096), FIXED)
    text = "\n".join(f"| tag{number} 12 (3%)" for number in range(500)) + "\nSTATE: nothing staged"
    cut = window.clip(text)
    assert len(cut) < 2000
    assert cut.endswith("\nSTATE: nothing staged")
    assert "more lines are not shown" in cut
    assert all(line.startswith(("| tag", "(", "STATE")) for line in cut.split("\n"))


def test_a_digest_is_the_first_line_as_data():
    assert digest("312 tags in 40 images\ndog 12\nhat 5").startswith("| 312 tags in 40 images (")
    assert digest("12 images") == "| 12 images"
    short = ToolText("a", "undo", "| x", "| a longer line than the text")
    assert digested(short) is short


def test_a_turn_that_was_stopped_gets_answers_for_its_calls():
    calls = (ToolCall("a", "undo", {}), ToolCall("b", "undo", {"steps": 2}))
    stopped = closed([UserText("x"), ModelText("", calls), ToolText("a", "undo", "ok", "ok")], "-")
    check_calls_are_answered(list(stopped))
    assert [one.text for one in stopped if isinstance(one, ToolText)] == ["ok", "-"]
    never_ran = closed([UserText("x"), ModelText("", calls), ModelText("end")], "-")
    check_calls_are_answered(list(never_ran))

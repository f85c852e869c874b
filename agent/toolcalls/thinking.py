"""Separate what a model says from what it thinks and from the tokens of its template.

Closed thoughts are never calls. A thought that is never closed may end in one (Qwen 3.5 forgets
the tag: llama.cpp#21118), so its text is kept and the fact is told.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_PAIRS = (
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
    ("<seed:think>", "</seed:think>"),
    ("<mm:think>", "</mm:think>"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("<|inner_prefix|>", "<|inner_suffix|>"),
    ("[THINK]", "[/THINK]"),
    ("◁think▷", "◁/think▷"),
    ("<|channel>thought", "<channel|>"),
    ("<|channel|>analysis<|message|>", "<|end|>"),
    ("<unused94>thought", "<unused95>"),
)
_CLOSING = dict(_PAIRS)
_OPENERS = re.compile(r"(?<![\"'`\\])(?:" + "|".join(re.escape(one) for one, _ in _PAIRS) + ")")
# A closing tag alone: the template had opened the thought in the prompt.
_ALONE = re.compile(
    r"(?:</(?:think|thinking|thought|seed:think|mm:think)>|\[/THINK\]|<\|END_THINKING\|>|◁/think▷"
    r"|\[BEGIN FINAL RESPONSE\])(?![\"'`])"
)
# The tokens that begin the model's own turn; those of another's turn stay.
_TURN = re.compile(
    r"(?:(?!<\|(?:im_start|start|start_header_id)\|>\s*(?:user|system|tool|ipython|developer)\b)"
    r"(?:\s+|<\|im_(?:start|end)\|>(?:assistant\b)?|<\|(?:eot_id|eom_id|end_of_text|endoftext"
    r"|end|return|END_OF_TURN_TOKEN|START_RESPONSE|END_RESPONSE|START_TEXT|END_TEXT|assistant"
    r"|start_header_id|end_header_id)\|>|</?s>|<end_of_turn>|<turn\|>|<\uff5cend▁of▁sentence\uff5c>"
    r"|\[END FINAL RESPONSE\]))*"
)
_TURN_END = re.compile(
    r"(?:<\|(?:im_end|eot_id|eom_id|end_of_text|endoftext|end|return|END_OF_TURN_TOKEN"
    r"|END_RESPONSE|END_TEXT)\|>|</s>|<end_of_turn>|<\uff5cend▁of▁sentence\uff5c>"
    r"|\[END FINAL RESPONSE\])\Z"
)
# MiniMax M3 puts this token before every tag; Kimi K3 writes its tags with tokens of its own.
_MINIMAX = "]<]minimax[>["
_KIMI = re.compile(r"<\|(open|close)\|>([^<>|]{1,300})<\|sep\|>")


@dataclass(frozen=True, slots=True)
class Spoken:
    """The text outside closed thoughts; ``unclosed`` tells that it ends within a thought.

    ``whole`` still has the thoughts: a call that does not stand in it like that had one inside.
    ``before`` is a thought whose beginning is not there, only its end.
    """

    text: str
    whole: str
    unclosed: bool = False
    before: str = ""


def spoken(text: str) -> Spoken:
    """Return what a message says, without closed thoughts and the tokens around a turn."""
    whole = _plain_tags(text)
    kept: list[str] = []
    position = 0
    unclosed = False
    while not unclosed and (opening := _OPENERS.search(whole, position)):
        kept.append(whole[position : opening.start()])
        closing = _CLOSING[opening[0]]
        end = whole.find(closing, opening.end())
        unclosed = end < 0
        position = opening.end() if unclosed else end + len(closing)
    kept.append(whole[position:])
    visible = "".join(kept)
    ended = end = 0
    for found in _ALONE.finditer(visible):
        ended, end = found.span()
    return Spoken(_trim(visible[end:]), whole, unclosed, visible[:ended])


def _plain_tags(text: str) -> str:
    """Write the tags of MiniMax M3 and Kimi K3 as plain tags."""
    text = text.replace(_MINIMAX, "")
    if "<|open|>" not in text:
        return text
    return _KIMI.sub(lambda tag: f"<{'/' * (tag[1] == 'close')}{tag[2]}>", text)


def _trim(text: str) -> str:
    """Take the tokens that begin and end a turn off both ends."""
    leading = _TURN.match(text)
    text = text[leading.end() if leading else 0 :].rstrip()
    while ending := _TURN_END.search(text, max(0, len(text) - 40)):
        text = text[: ending.start()].rstrip()
    return text

"""Tell a call that is made from a call that is quoted.

Captions, file names and tool results are untrusted, and a model repeats them. A call is quoted
where it stands in quotation marks, in a fence among other text, in a block quote, within the tags
of data, behind words that announce an example or another's text, between look-alikes of the real
markers, behind a turn of the user that the model wrote itself, or beside words that refuse it. In
doubt it is quoted: asking again costs a turn, a wrong call costs trust.
"""

from __future__ import annotations

import re

from tagsmith.agent.toolcalls.dialects.tokens import WRAPPER_TAGS
from tagsmith.agent.toolcalls.phrases import announced, in_a_foreign_turn, last_sentence, remarked

_OPEN_QUOTES, _CLOSE_QUOTES = tuple("\"'`“«\u2018„「『"), tuple("\"'`”»\u2019“」』")
_LOOK_ALIKES = (
    "&gt;",
    "&lt;",
    "\uff1e",
    "\uff1c",
    "〉",
    "〈",
    "》",
    "《",
    "\u203a",
    "\u2039",
    "≻",
    "\u276f",
    "\u276e",
)
_TAG = re.compile(r"<(/?)([^\W\d][\w:.-]{0,60})(?:\s[^<>]{0,200})?>")
# Tags that models put around calls and answers. Any other tag marks what it holds as data.
_OUR_TAG = re.compile(
    rf"(?:[\w-]+:)?(?:{WRAPPER_TAGS}|function|invoke|parameters?|action|json|xml|response|answer"
    r"|output|final|assistant|message|think|thinking|p|br)",
    re.IGNORECASE | re.ASCII,
)
_FENCE = re.compile(r"(?:```|~~~)[ \t]*([\w-]*)")
_OPENED, _CLOSED = re.compile(r"(?:```|~~~)[\w-]*\s*\Z"), re.compile(r"\A\s*(?:```|~~~)")
_FENCE_LEAD = re.compile(r"(?:\s|</?[\w:|-]{1,40}>|json\b)*", re.IGNORECASE)
_BRACKET = re.compile(r"[\[<][|\uff5c]?([^\[\]<>\n]{2,40})[|\uff5c]?[\]>]\Z")
_DATA_WORD = re.compile(r"result|response|output|example|observation|caption|quote", re.IGNORECASE)
# A block quote, a row of a table, a labelled item, a line that names a file of the dataset.
_ENTRY = re.compile(
    r"\s{0,3}>(?!>>)|\s*\||\s*(?:[-*•]|\d+[.)])\s+(?!\S*(?:tool|call|action))\S{1,60}:\s"
    r"|(?=.{0,200}\S\.(?:txt|caption|png|jpe?g|webp)\b[^.!?]{0,20}\Z)",
    re.IGNORECASE,
)
# A list, or the lines of a difference, with the call as one of them.
_MARK = r"(?:[-*•+][ \t]*|\d+[.)][ \t]+)"
_BULLET = re.compile(rf"(?P<before>(?:\A|\n)[ \t]*{_MARK}[^\n]*\n)?[ \t]*{_MARK}\Z")
_NEXT_BULLET = re.compile(rf"\s*\n[ \t]*{_MARK}\S")
_NEXT_ENTRY = re.compile(r"[ \t]*,[ \t]*\w")
_OBSERVED = re.compile(r"^[ \t]*(?:Observation|Tool (?:result|output|response))s?:", re.I | re.M)
_RESULT_OPEN = re.compile(r"\[TOOL_RESULTS?\]|<\|tool_response>?|<\|START_TOOL_RESULT\|>|✿RESULT✿")
_RESULT_END = re.compile(
    r"\[/?END_TOOL_RESULTS?\]|\[/TOOL_RESULTS?\]|<tool_response\|>|<\|END_TOOL_RESULT\|>"
)
NEAR = 400  # characters around a call whose words decide how it is meant
WIDE = 20_000  # characters around a call in which tags and fences may be open


def is_quoted(before: str, after: str) -> bool:
    """Tell whether a call is a quotation, by what stands before it and behind it.

    Both are the message without its other calls.
    """
    before, after = before[-WIDE:], after[:WIDE]
    return (
        _in_quotes(before, after)
        or _in_listing(_OPENED.sub("", before), _CLOSED.sub("", after))
        or _beside_look_alikes(before, after)
        or _within_data_tags(before, after)
        or _within_results(before)
        or _in_mixed_fence(before, after)
        or announced(before[-NEAR:])
        or remarked(_CLOSED.sub("", after[:NEAR]))
        or in_a_foreign_turn(before)
    )


def ends_in_quotation(thought: str) -> bool:
    """Tell whether a thought breaks off where it quotes: what follows its end is quoted as well.

    A caption that holds the tag that ends a thought makes the words before it look like one.
    """
    end = thought.rstrip()
    unfinished = end.endswith((":", "\uff1a", ",", *_OPEN_QUOTES))
    return unfinished and (announced(end[-NEAR:]) or _in_listing(end, ""))


def _in_quotes(before: str, after: str) -> bool:
    """Tell whether quotation marks touch the call, or are open around it in its paragraph."""
    if before.endswith("~~") and after.startswith("~~") and not before.endswith("~~~"):
        return True
    if before.rfind("<!--") > before.rfind("-->") and "-->" in after:
        return True
    paragraph = before[before.rfind("\n\n") + 1 :].replace("```", "")
    rest = after[:NEAR].split("\n\n", 1)[0].replace("```", "")
    return (
        (before.endswith(_OPEN_QUOTES) and not before.endswith("```"))
        or (after.startswith(_CLOSE_QUOTES) and not after.startswith("```"))
        or any(paragraph.count(mark) % 2 == 1 and mark in rest for mark in '"`')
        or (paragraph.count("“") > paragraph.count("”") and "”" in rest)
    )


def _beside_look_alikes(before: str, after: str) -> bool:
    near, far = before[-60:].rstrip(), after[:60].lstrip()
    if near.endswith(_LOOK_ALIKES) or far.startswith(_LOOK_ALIKES):
        return True
    bracket = _BRACKET.search(near)
    if not bracket or _OUR_TAG.fullmatch(bracket[1]):
        return False
    return not bracket[1].isascii() or _DATA_WORD.search(bracket[1]) is not None


def _within_data_tags(before: str, after: str) -> bool:
    """Tell whether a tag that is none of ours is open before the call and closed behind it."""
    opened: dict[str, int] = {}
    for tag in _TAG.finditer(before):
        opened[tag[2]] = opened.get(tag[2], 0) + (-1 if tag[1] else 1)
    return any(
        count > 0 and not _OUR_TAG.fullmatch(name) and f"</{name}>" in after
        for name, count in opened.items()
    )


def _within_results(before: str) -> bool:
    opened = [found.end() for found in _RESULT_OPEN.finditer(before)]
    if opened and not _RESULT_END.search(before, opened[-1]):
        return True
    observed = [found.end() for found in _OBSERVED.finditer(before)]
    return bool(observed) and "\n\n" not in before[observed[-1] :]


def _in_mixed_fence(before: str, after: str) -> bool:
    """Tell whether the call stands in an open fence with anything else in it."""
    fences = list(_FENCE.finditer(before))
    if len(fences) % 2 == 0:
        return False
    inside = before[fences[-1].end() :]
    lead = _FENCE_LEAD.match(inside)
    if lead is None or lead.end() != len(inside):
        return True
    closing = _FENCE.search(after)
    rest = after[: closing.start() if closing else 0]
    trail = _FENCE_LEAD.match(rest)
    return trail is None or trail.end() != len(rest)


def _in_listing(before: str, after: str) -> bool:
    """Tell whether the call is one entry of a listing: of tags, of files, of a table."""
    line = before[before.rfind("\n") + 1 :]
    entry = line.rstrip()
    among_tags = entry.endswith(",") and last_sentence(entry).count(",") > 1
    if among_tags or _NEXT_ENTRY.match(after) or _ENTRY.match(line):
        return True
    bullet = _BULLET.search(before[-NEAR:])
    return bullet is not None and bool(bullet["before"] or _NEXT_BULLET.match(after))

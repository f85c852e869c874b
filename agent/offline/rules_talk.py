"""Grammar of whole sentences: orders in a row, negations, follow-ups, and talk to the engine."""

from __future__ import annotations

from dataclasses import replace

from tagsmith.agent.offline.chart import Grammar
from tagsmith.agent.offline.clauses import (
    EVERYTHING,
    REST,
    THOSE,
    Clause,
    Condition,
    FollowUp,
    Group,
    Has,
    Mention,
    MentionKind,
    Negated,
    Not,
    Order,
    Place,
    Question,
)
from tagsmith.agent.offline.conditions import conjunction
from tagsmith.agent.offline.rules_scopes import Mod, with_mods, without_place

ALL_STEPS = 0

Clauses = tuple[Clause, ...]
Tags = tuple[Mention, ...]
Opened = tuple[Condition | None, Clause]
Next = tuple[str, Opened]

_EDITING = (
    "REPLACE|CONVERT|MERGE|REMOVE|DELETE|PULL|ADD|PREPEND|APPEND|PUT|USE|TAGV|MOVE|ISOLATE|RESTORE"
    "|DEDUPE|SORT|CLEAN|TOUCH|UNDO|REDO|CANCEL"
)


_GAPPED = "gapped"

RULES = Grammar()


@RULES.rule(
    "opened",
    "c:order|question|negated",
    "AND c:question|order",
    "AND c:order ALSO",
    "FIRSTLY|ALSO|THEN COMMA? c:order",
    "c:order ALSO",
)
@RULES.rule(
    "opened", "where:scopes COMMA? c:order|negated", "ALSO COMMA? where:scopes COMMA? c:order"
)
@RULES.rule("opened", "where:scopes COMMA? c:question", "NO COMMA c:order")
def _opened_2(c: Clause, where: Condition | None = None) -> Opened:
    if isinstance(c, Question) and where is not None:
        return None, replace(c, where=conjunction(c.where, where))
    return where, c


@RULES.rule("opened", "WHERESAYS where:expr COMMA? c:order")
def _where_it_says(c: Order, where: Condition) -> Opened | None:
    # "where it says dog, put wolf" replaces; it does not add.
    return (where, c) if c.intent in ("prune", "move", "delete", "isolate") else None


@RULES.rule("opened", "ONLY c:order")
def _only_there(c: Order) -> Opened:
    return None, c


@RULES.rule("spared", "first:mention more:spared_more*")
def _spared(first: Mention, more: tuple[Mention, ...]) -> tuple[Mention, ...]:
    return (first, *more)


RULES.add("spared_more", "OR|NOR m:mention")
for _words, _joint in (
    ("AND", "and"),
    ("COMMA? AND? THEN COMMA?", "then"),
    ("COMMA", "comma"),
    ("SEMICOLON", "then"),
    ("SEMICOLON AND|THEN", "then"),
    ("COMMA AND", "and"),
    ("COMMA? BUT", "but"),
    ("COMMA? AND? ALSO COMMA?", "and"),
    ("COMMA? INSTEAD COMMA?", "instead"),
    ("COMMA? BUT INSTEAD?", "instead"),
):
    RULES.constant("joint", _joint, _words)


@RULES.rule("opened", "c:order COMMA? BUTNOT|NOT tags:spared", cost=4)
def _not_those(c: Order, tags: tuple[Mention, ...]) -> Opened | None:
    spared = {tag.text for tag in tags}
    return None if spared & {tag.text for tag in c.tags} else (None, c)


@RULES.rule("next", "joint:joint what:opened", cost=1)
def _following(joint: str, what: Opened) -> Next | None:
    # "... but only in those with X" narrows an order; it asks nothing.
    return None if joint == "but" and isinstance(what[1], Question) else (joint, what)


@RULES.rule("next", "COMMA? BUT|ONLY tags:tags", "COMMA? BUT|ONLY ONLY tags:tags", cost=3)
def _rather_2(tags: tuple[Mention, ...]) -> Next:
    return "instead", (None, FollowUp("rather", tags))


@RULES.rule("next", "COMMA? BUT? ONLY where:scope", "COMMA? BUT? where:scope ONLY", cost=-1)
def _rather_there(where: Condition) -> Next:
    return "instead", (None, FollowUp("rather", where=where))


@RULES.rule("next", "joint:joint tags:news where:scope", cost=3)
@RULES.rule("next", "joint:joint where:scope tags:news", cost=4)
def _gapped(joint: str, tags: tuple[Mention, ...], where: Condition) -> Next:
    return joint, (None, FollowUp("more", tags, where))


@RULES.rule("next", "joint:joint tags:news place:place", cost=2)
def _gapped_place(joint: str, tags: tuple[Mention, ...], place: Place) -> Next:
    return joint, (None, FollowUp("more", tags, place=place))


@RULES.rule("next", "joint:joint pair:pair m:mod*", cost=3)
def _gapped_pair(joint: str, pair: tuple[Tags, Tags], m: tuple[Mod, ...]) -> Next | None:
    order = without_place(Order("replace", *pair, option=_GAPPED), m)
    return None if order is None else (joint, (None, order))


@RULES.rule("next", "joint:joint g:group AS|WITH new:news", cost=3)
def _gapped_tagging(joint: str, g: Group, new: Tags) -> Next | None:
    order = Order("add", new=new, where=g.where, option=_GAPPED)
    return None if g.loose else (joint, (None, order))


@RULES.rule("next", "joint:joint tags:tags", cost=5)
def _listed(joint: str, tags: tuple[Mention, ...]) -> Next | None:
    return (joint, (None, FollowUp("more", tags))) if joint == "then" else None


@RULES.rule("sentence", "first:opened more:next*")
def _sentence(first: Opened, more: tuple[Next, ...]) -> Clauses | None:
    return _in_a_row(first, more)


@RULES.rule("sentence", "c:talk|followup|bare_question|alone")
def _single(c: Clause) -> Clauses:
    return (c,)


RULES.add("sentence", "s:talk_first")


@RULES.rule("talk_first", "NO COMMA c:order", cost=1)
def _corrected(c: Order) -> Clauses:
    return (c,)


def _in_a_row(first: Opened, more: tuple[Next, ...]) -> Clauses | None:
    """Give an opening condition to every order that names none of its own.

    Refuses "don't remove dog and add cat", where the negation could hold for both, and whatever
    else would make sense only alone.
    """
    found: list[Clause] = []
    opening: Condition | None = None
    before: Clause | None = None
    for joint, (where, said) in (("then", first), *more):
        clause = _in_place(said, joint, before)
        if clause is None or (more and clause == Negated()):
            # "remove hat but leave the dogs alone" restricts; that has a rule of its own.
            return None
        opening = where if where is not None else opening
        found.append(_opened(clause, opening, own=where is not None))
        before = found[-1]
    return tuple(found)


def _in_place(clause: Clause, joint: str, before: Clause | None) -> Clause | None:
    """Return what a clause means behind another one; None where it does not belong there."""
    if isinstance(before, Negated) and joint == "and" and isinstance(clause, Order):
        return None
    if joint == "instead" and not isinstance(before, Negated):
        return None
    if isinstance(clause, FollowUp):
        if clause.kind == "rather":
            return _rather(clause, before)
        return clause if isinstance(before, Order | FollowUp) else None
    if isinstance(clause, Order) and clause.option == _GAPPED:
        # "... and cat by kitten" has no verb of its own: it must be that of the order before.
        alike = isinstance(before, Order) and before.intent == clause.intent
        return replace(clause, option="") if alike else None
    if isinstance(clause, Order) and clause.where in (THOSE, REST):
        return _there_or_elsewhere(clause, before)
    return clause


def _there_or_elsewhere(clause: Order, before: Clause | None) -> Order | None:
    """Read "ponles" and "the rest" by the images of the order before."""
    named = before.where if isinstance(before, Order) else None
    if clause.where == THOSE:
        return clause if before is None else replace(clause, where=named)
    if named is None or not isinstance(before, Order):
        return None
    # Images that were deleted or set apart are gone: the rest is all that is left.
    gone = before.intent in ("delete", "isolate")
    return replace(clause, where=None if gone else Not(named))


def _rather(clause: FollowUp, before: Clause | None) -> Clause | None:
    """Read "don't remove hat but shirt": the order that was refused, with other tags."""
    refused = before.order if isinstance(before, Negated) else None
    if refused is None or (clause.tags and refused.intent != "prune"):
        return None
    if clause.where is not None:
        return replace(refused, where=clause.where)
    return replace(refused, tags=clause.tags)


def _opened(clause: Clause, opening: Condition | None, *, own: bool) -> Clause:
    if opening is None or not isinstance(clause, Order):
        return clause
    if clause.where is None or clause.where == THOSE:
        return replace(clause, where=opening)
    if own or opening == EVERYTHING:
        return replace(clause, where=conjunction(opening, clause.where))
    if _is_kind(opening) and _is_kind(clause.where):
        # "in the dogs remove hat and add bell to the cats": each order has its own.
        return clause
    return replace(clause, unclear="two_conditions")


def _is_kind(where: Condition) -> bool:
    return isinstance(where, Has) and where.tag.kind is MentionKind.PLURAL


@RULES.rule("negated", "NOT order:order", "NOT order:any_order")
def _negated(order: Order) -> Negated:
    return Negated(order)


@RULES.rule("any_order", "REMOVE|DELETE|PULL tags:any_tags m:mod*")
def _any_order(tags: tuple[Mention, ...], m: tuple[Condition | Place, ...]) -> Order | None:
    return with_mods(Order("prune", tags), m)


@RULES.rule("negated", "KEEP tags:any_tags ALONE?")
def _kept_tags(tags: tuple[Mention, ...]) -> Negated | None:
    if any(tag.kind is MentionKind.PLURAL and tag.definite for tag in tags):
        return None
    return Negated(Order("prune", tags))


@RULES.rule("negated", "NOT TOUCH tags:any_tags")
def _untouched_tags(tags: tuple[Mention, ...]) -> Negated | None:
    bare = all(tag.kind in (MentionKind.TAG, MentionKind.QUOTED) for tag in tags)
    return Negated(Order("prune", tags)) if bare else None


RULES.add("negated", "c:nothing")


@RULES.rule("nothing", f"NOT {_EDITING} NOTHING", f"NOT {_EDITING} NOTHING m:mod")
@RULES.rule("nothing", "KEEP g:group ALONE?", "KEEP ALL ALONE?")
@RULES.rule("nothing", f"NOT {_EDITING} g:group", cost=2)
def _nothing(g: object = None, m: object = None) -> Negated:  # noqa: ARG001
    return Negated()


@RULES.rule("alone", "STOP", "NOT", f"NOT {_EDITING}", cost=3)
def _stop() -> Negated:
    return Negated()

"""From clauses to tool calls: which tags exist, what a follow-up refines, what must be asked back.

Pure: nothing is run and nothing is staged. Everything that a message says is checked here before
its first call runs, so that a message either happens as a whole or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from tagsmith.agent.offline.clauses import (
    THEM,
    THOSE,
    AllOf,
    AnyOf,
    Clause,
    Condition,
    FollowUp,
    Has,
    Mention,
    MentionKind,
    Negated,
    Not,
    Order,
    Question,
    Talk,
)
from tagsmith.agent.offline.conditions import any_of, tags_in, unclear_part
from tagsmith.agent.offline.looking import (
    check_no_model,
    checked_model,
    looks,
    meant_by,
    settled,
)
from tagsmith.agent.offline.refine import changed_order, refined
from tagsmith.agent.offline.situation import (
    Action,
    Ask,
    CallsOf,
    Do,
    Meant,
    Memory,
    NotClear,
    Problem,
    Situation,
    Tell,
)
from tagsmith.tools.tags import key

# Follow-ups that take the last order back and give it again.
REDOING = frozenset({"only", "narrow", "except", "instead", "images", "set", "too"})


def settle(order: Order, situation: Situation) -> Order:
    """Return an order with its pronouns resolved and every tag checked. Raises NotClear."""
    order = _with_antecedents(order, situation.memory)
    named = order.tags or (situation.memory.tags if len(situation.memory.tags) == 1 else ())
    named = () if looks(order) else named
    order = replace(order, where=_resolved(order.where, named))
    if order.intent == "put":
        order = _put(order, situation)
    order = meant_by(order) if looks(order) else order
    if order.unclear:
        raise NotClear(Problem(order.unclear, order=order))
    check_condition(order.where, situation, order)
    if looks(order):
        return settled(order)
    order = replace(order, tags=_plain(order.tags), new=_new_tags(order, situation))
    anchor = order.place.anchor if order.place else None
    require([*order.tags, *([anchor] if anchor else [])], situation, order)
    if order.intent == "move" and order.place and order.place.position == "after":
        raise NotClear(Problem("move_after", order=order))
    if order.intent == "replace" and not _pairs_up(order):
        raise NotClear(Problem("unequal", order=order))
    situation.made |= {key(tag.text) for tag in order.new}
    return order


def check_condition(where: Condition | None, situation: Situation, order: Order | None) -> None:
    """Refuse a condition with two readings, or with tags that no caption has."""
    if (found := unclear_part(where)) is not None:
        tags = tuple(tag.text for tag in found.tags)
        raise NotClear(Problem(f"unclear_{found.reason}", tags, order))
    require(tags_in(where), situation, order)


def require(tags: Iterable[Mention], situation: Situation, order: Order | None = None) -> None:
    """Refuse tags that do not exist."""
    listed = list(tags)
    if any(tag.kind is MentionKind.PRONOUN for tag in listed):
        raise NotClear(Problem("pronoun", order=order))
    missing = tuple(dict.fromkeys(tag.said for tag in listed if not situation.exists(tag)))
    if missing:
        raise NotClear(Problem("unknown_tag", missing, order))


def _with_antecedents(order: Order, memory: Memory) -> Order:
    """Put what was named before in the place of "it" and "them".

    Behind a question about images, "them" are its images; "it" is a tag.
    """
    asked = memory.question.where if memory.question is not None else None
    shown = asked if asked is not None or not memory.orders else memory.orders[-1].where
    order = replace(order, where=shown if order.where == THOSE else order.where)
    order = replace(order, where=images_before(order.where, shown))
    if all(tag.kind is not MentionKind.PRONOUN for tag in (*order.tags, *order.new)):
        return order
    if order.intent == "prune" and asked is not None and order.tags == (THEM,) and not order.where:
        return Order("delete", where=asked)
    about_new = any(tag.kind is MentionKind.PRONOUN for tag in order.new)
    if len(order.tags) > 1 or about_new or not memory.tags or _vague(order, memory):
        raise NotClear(Problem("pronoun", order=order))
    return replace(order, tags=memory.tags)


def _vague(order: Order, memory: Memory) -> bool:
    """Tell whether "it", said behind a question, could be something other than its one tag."""
    if memory.question is None or order.intent == "replace":
        return False
    asked = memory.question.tags or tuple(tags_in(memory.question.where))
    return len(asked) != 1 or order.tags == (THEM,)


def images_before(where: Condition | None, asked: Condition | None) -> Condition | None:
    """Let "of those" speak of the images that the last question asked about."""
    if where is None or asked is None:
        return where
    if where == Has(THEM):
        return asked
    if isinstance(where, AllOf):
        return AllOf(tuple(images_before(part, asked) or part for part in where.parts))
    return where


def _resolved(where: Condition | None, tags: tuple[Mention, ...]) -> Condition | None:
    """Let "where it appears" speak of the tags of the same order."""
    return where if where is None or not tags else _speaking_of(where, tags)


def _speaking_of(where: Condition, tags: tuple[Mention, ...]) -> Condition:
    if isinstance(where, Has) and where.tag.kind is MentionKind.PRONOUN:
        return any_of(tags)
    if isinstance(where, Not):
        return Not(_speaking_of(where.part, tags))
    if isinstance(where, AllOf | AnyOf):
        return type(where)(tuple(_speaking_of(part, tags) for part in where.parts))
    return where


def _put(order: Order, situation: Situation) -> Order:
    """Decide what "put X" means: add a tag that is new here, or move one that stands somewhere."""
    known = [situation.exists(tag) for tag in order.new]
    if not any(known) or order.where is not None:
        return replace(order, intent="add")
    if order.place is None or not all(known):
        raise NotClear(Problem("put_or_add", order=order))
    if order.place.position == "after":
        raise NotClear(Problem("move_after", order=order))
    return replace(order, intent="move", tags=order.new, new=())


def _plain(tags: tuple[Mention, ...]) -> tuple[Mention, ...]:
    return tuple(replace(tag, definite=False, noun=False) for tag in tags)


def _new_tags(order: Order, situation: Situation) -> tuple[Mention, ...]:
    """Return the new tags as they shall stand; "cats" where only ``cat`` exists is not clear.

    It means ``cat`` where the tags that it replaces were named in the plural too.
    """
    plural = [tag for tag in order.new if tag.kind is MentionKind.PLURAL]
    named_alike = order.intent == "replace" and all(
        tag.kind is MentionKind.PLURAL for tag in order.tags
    )
    if plural and not named_alike:
        raise NotClear(Problem("new_plural", (plural[0].said, plural[0].text), order))
    if order.intent == "add":
        check_no_model(order)
    if order.intent == "add" and any(_odd(tag, situation) for tag in order.new):
        raise NotClear(Problem("odd_tag", order=order))
    if any(tag.kind in (MentionKind.PATTERN, MentionKind.PRONOUN) for tag in order.new):
        raise NotClear(Problem("new_pattern", order=order))
    return _plain(order.new)


def _odd(tag: Mention, situation: Situation) -> bool:
    """Tell whether "the dogs yonder" would become a tag: more likely words not understood."""
    words = tag.text.split()
    if tag.kind is not MentionKind.UNKNOWN or not tag.definite or len(words) < 2:
        return False
    return any(situation.exists(replace(tag, text=word.removesuffix("s"))) for word in words)


def _pairs_up(order: Order) -> bool:
    return 1 in (len(order.tags), len(order.new)) or len(order.tags) == len(order.new)


def interpret(
    clauses: Iterable[Clause], situation: Situation, calls_of: CallsOf
) -> list[Action] | Problem:
    """Return what to do for the clauses of a message, in order, or the first problem."""
    actions: list[Action] = []
    try:
        for clause in clauses:
            if isinstance(clause, FollowUp) and any(isinstance(one, Do) for one in actions):
                if clause.kind in REDOING:
                    order = changed_order(clause, _only_order(actions), situation)
                    actions = [one for one in actions if not isinstance(one, Do)]
                    meant: list[Meant] = [order]
                elif clause.kind in ("undo", "cancel"):
                    raise NotClear(Problem("changed_mind"))
                else:
                    meant = refined(clause, situation)
            else:
                meant = refined(clause, situation) if isinstance(clause, FollowUp) else [clause]
            done = [_action(one, situation, calls_of) for one in meant]
            # "remove hat and shirt, remove them all" says one thing twice.
            done = [one for one in done if not (isinstance(one, Do) and one in actions)]
            actions += done
            situation.memory = remember(situation.memory, done)
    except NotClear as error:
        return error.problem
    return actions


def _only_order(actions: Iterable[Action]) -> Order:
    orders = [one.order for one in actions if isinstance(one, Do)]
    if len(orders) != 1:
        raise NotClear(Problem("which_order"))
    return orders[0]


def _action(one: Meant, situation: Situation, calls_of: CallsOf) -> Action:
    if isinstance(one, Order) and one.intent == "answer":
        return _answered(one, situation, calls_of)
    if isinstance(one, Order):
        order = settle(one, situation)
        return Do(order, calls_of(order))
    if isinstance(one, Question):
        return ask(one, situation, calls_of)
    if isinstance(one, Negated):
        return Tell("not_done", one.order)
    return Tell(one.topic) if isinstance(one, Talk) else one


def _answered(order: Order, situation: Situation, calls_of: CallsOf) -> Action:
    """Answer a tagger's doubt; where none was asked about, what shall be kept just stays."""
    asked = situation.memory.question
    if asked is None or asked.intent != "doubts":
        return Tell("not_done", Order("prune", order.tags))
    return Do(order, calls_of(order))


def ask(question: Question, situation: Situation, calls_of: CallsOf) -> Ask:
    """Return the call of a question whose tags all exist. Raises NotClear."""
    before = situation.memory.question
    where = images_before(question.where, before.where if before else None)
    question = replace(question, where=where)
    check_condition(question.where, situation, None)
    checked_model(question)
    require(question.tags, situation)
    return Ask(question, calls_of(question)[0])


def remember(memory: Memory, actions: Iterable[Action]) -> Memory:
    """Return what a later clause can refer to, after these actions."""
    for action in actions:
        if isinstance(action, Do):
            tags = action.order.new or action.order.tags
            # A review goes on after each of its answers.
            question = memory.question if action.order.intent == "answer" else None
            memory = replace(
                memory, orders=(action.order,), question=question, tags=tags or memory.tags
            )
        elif isinstance(action, Ask):
            found = action.question.tags or tuple(tags_in(action.question.where))
            memory = replace(memory, question=action.question, tags=found or memory.tags)
    return memory

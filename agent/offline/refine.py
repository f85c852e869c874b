"""Follow-ups: how "also X", "only in Y", "no, Z" and "undo that" change what was said before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tagsmith.agent.offline.clauses import (
    AllOf,
    Condition,
    FollowUp,
    Has,
    Mention,
    MentionKind,
    Not,
    Order,
    Question,
)
from tagsmith.agent.offline.conditions import any_of, tags_in
from tagsmith.agent.offline.looking import tuned_again
from tagsmith.agent.offline.situation import (
    Meant,
    NotClear,
    Problem,
    Situation,
    TakeBack,
    Tell,
    is_everything,
)
from tagsmith.tools.plan import Step
from tagsmith.tools.tags import key

ALL_STEPS = 0

_BY_TAGS = frozenset({"prune", "move", "add", "replace"})
_BY_IMAGES = frozenset({"isolate", "delete"})


def refined(clause: FollowUp, situation: Situation) -> list[Meant]:
    """Return what a follow-up asks for, in terms of the last order or question.

    Raises NotClear where there is nothing to refine, or where it could be refined in two ways.
    """
    if clause.kind == "redo":
        return _again(clause, situation)
    if clause.kind in ("undo", "cancel"):
        return _taken_back(clause, situation)
    memory = situation.memory
    if clause.kind == "images" and not (memory.orders and situation.alive()):
        raise NotClear(Problem("nothing_before"))
    if clause.kind == "keep":
        return _kept(clause, situation)
    if memory.question is not None:
        return [_asked_again(clause, memory.question)]
    if not memory.orders:
        raise NotClear(Problem("nothing_before"))
    if clause.kind == "more":
        return [_more(clause, memory.orders[-1])]
    if clause.kind == "also":
        return [_elsewhere(clause, memory.orders[-1])]
    return _redone(clause, situation)


def _kept(clause: FollowUp, situation: Situation) -> list[Meant]:
    """Leave images alone: an exception to what is pending, otherwise nothing to do."""
    memory = situation.memory
    if clause.where is None or not memory.steps or not situation.alive():
        return [Tell("not_done")]
    return _redone(replace(clause, kind="except", where=_outside(clause.where)), situation)


def _outside(where: Condition) -> Condition:
    return where.part if isinstance(where, Not) else Not(where)


def _again(clause: FollowUp, situation: Situation) -> list[Meant]:
    """Give again what was just taken back; without any, redo what was undone on the disk."""
    if situation.memory.taken and clause.count is None:
        return list(situation.memory.taken)
    return [Order("redo", count=clause.count)]


def _taken_back(clause: FollowUp, situation: Situation) -> list[Meant]:
    pending, memory = situation.pending, situation.memory
    if not pending:
        if clause.kind == "cancel":
            return [Tell("nothing_pending")]
        if clause.count == ALL_STEPS:
            raise NotClear(Problem("undo_how_many"))
        return [Order("undo", count=clause.count)]
    if clause.count == ALL_STEPS:
        return [_take(pending)]
    if clause.place is not None:
        return [_take(pending[:1])]
    if clause.tags:
        return [_take(_about(clause.tags, pending))]
    if clause.count is not None:
        if clause.count > len(pending):
            raise NotClear(Problem("undo_mixed", words=str(len(pending))))
        return [_take(pending[-clause.count :])]
    return [_take(memory.steps if memory.steps and situation.alive() else pending[-1:])]


def _about(tags: tuple[Mention, ...], pending: tuple[Step, ...]) -> tuple[Step, ...]:
    """Return the one pending step whose arguments name these tags. Raises NotClear."""
    wanted = {key(tag.text) for tag in tags}
    found = [step for step in pending if wanted & set(_named(step))]
    if len(found) != 1:
        raise NotClear(Problem("undo_which", tuple(tag.text for tag in tags)))
    return tuple(found)


def _named(step: Step) -> Iterator[str]:
    for value in step.arguments.values():
        for tag in value if isinstance(value, list) else [value]:
            yield key(str(tag))


def _take(steps: tuple[Step, ...]) -> TakeBack:
    return TakeBack(tuple(step.number for step in steps))


def _more(clause: FollowUp, order: Order) -> Order:
    """Do the same to other tags: "also lowres"."""
    where = order.where if clause.where is None else clause.where
    if clause.where is None and _names_images(clause.tags, order):
        return replace(order, where=any_of(clause.tags))
    if order.intent in _BY_IMAGES:
        found = _having(clause.tags)
        return replace(order, where=found)
    if order.intent not in _BY_TAGS or order.count is not None:
        raise NotClear(Problem("cannot_refine", order=order))
    order = replace(order, place=clause.place or order.place)
    if order.intent == "add":
        return replace(order, new=clause.tags, where=where)
    if order.intent == "replace" and len(order.new) != 1:
        raise NotClear(Problem("cannot_refine", order=order))
    return replace(order, tags=clause.tags, where=where)


def _names_images(tags: tuple[Mention, ...], order: Order) -> bool:
    """Tell whether "and the cats" means more images rather than more tags: by what was said alike.

    Raises NotClear where the order before gives no hint.
    """
    if not all(tag.kind is MentionKind.PLURAL for tag in tags):
        return False
    alike_tags = _all_plural((*order.tags, *order.new))
    alike_images = _all_plural(tuple(tags_in(order.where)))
    if alike_tags == alike_images and any(tag.definite for tag in tags):
        raise NotClear(Problem("tags_or_images", tuple(tag.said for tag in tags)))
    return alike_images and not alike_tags


def _all_plural(tags: tuple[Mention, ...]) -> bool:
    return bool(tags) and all(tag.kind is MentionKind.PLURAL for tag in tags)


def _having(tags: tuple[Mention, ...]) -> Condition:
    if len(tags) != 1:
        raise NotClear(Problem("unclear_and_or", tuple(tag.text for tag in tags)))
    return Has(tags[0])


def _elsewhere(clause: FollowUp, order: Order) -> Order:
    """Do the same in other images as well: "and in the cats too"."""
    if is_everything(order.where):
        raise NotClear(Problem("everywhere_already", order=order))
    return replace(order, where=clause.where)


def _redone(clause: FollowUp, situation: Situation) -> list[Meant]:
    """Take the last order back and give it again with another condition, tags or place."""
    memory = situation.memory
    if not situation.alive():
        raise NotClear(Problem("nothing_pending"))
    if len(memory.orders) != 1:
        raise NotClear(Problem("which_order"))
    order = memory.orders[0]
    changed = changed_order(clause, order, situation)
    return [_take(memory.steps), changed] if memory.steps else [changed]


def changed_order(clause: FollowUp, order: Order, situation: Situation) -> Order:
    """Return an order with the condition, the tags or the place that a follow-up gives it."""
    if clause.kind in ("set", "too"):
        return tuned_again(clause, order)
    if clause.kind == "images":
        return _images_instead(order)
    if clause.kind == "instead":
        return _instead(clause, order, situation)
    if order.intent in ("undo", "redo", "restore"):
        raise NotClear(Problem("cannot_refine", order=order))
    if clause.kind == "only" and clause.tags:
        return _only_tags(clause, order)
    if clause.kind == "narrow" and not clause.tags:
        parts = () if is_everything(order.where) else (order.where,)
        return replace(order, where=_all_of(*parts, clause.where))
    if clause.kind == "except" and clause.tags:
        return _without_tags(clause, order)
    if clause.kind == "except":
        parts = () if is_everything(order.where) else (order.where,)
        return replace(order, where=_all_of(*parts, clause.where))
    if is_everything(order.where) or (clause.corrects and order.intent not in _BY_IMAGES):
        return replace(order, where=clause.where)
    raise NotClear(Problem("narrow_or_replace", order=replace(order, where=clause.where)))


def _images_instead(order: Order) -> Order:
    """Read "no, delete the images": those that have the tags that were to go."""
    if order.intent != "prune" or len(order.tags) != 1:
        raise NotClear(Problem("cannot_refine", order=order))
    parts = () if is_everything(order.where) else (order.where,)
    return Order("delete", where=_all_of(*parts, Has(order.tags[0])))


def _only_tags(clause: FollowUp, order: Order) -> Order:
    """Read "only X": X alone of the tags named before, else the images that have it."""
    if {tag.text for tag in clause.tags} < {tag.text for tag in order.tags}:
        return replace(order, tags=clause.tags)
    if order.intent in ("prune", "move") or not is_everything(order.where):
        raise NotClear(Problem("only_what", tuple(tag.text for tag in clause.tags)))
    return replace(order, where=_having(clause.tags))


def _without_tags(clause: FollowUp, order: Order) -> Order:
    """Read "but not X": the tags named before without X, where X was among them."""
    spared = {tag.text for tag in clause.tags}
    if order.intent in ("prune", "move") and spared < {tag.text for tag in order.tags}:
        return replace(order, tags=tuple(tag for tag in order.tags if tag.text not in spared))
    raise NotClear(Problem("except_what", tuple(tag.text for tag in clause.tags)))


def _all_of(*parts: Condition | None) -> Condition:
    given = tuple(part for part in parts if part is not None)
    return given[0] if len(given) == 1 else AllOf(given)


def _instead(clause: FollowUp, order: Order, situation: Situation) -> Order:
    if clause.place is not None:
        if order.intent not in ("add", "move"):
            raise NotClear(Problem("cannot_refine", order=order))
        return replace(order, place=clause.place)
    if order.intent == "isolate" and len(clause.tags) == 1:
        return replace(order, name=clause.tags[0].said)
    if order.intent == "add":
        return replace(order, new=clause.tags)
    if order.intent in ("prune", "move") and order.count is None:
        return replace(order, tags=clause.tags)
    if order.intent == "replace" and not any(situation.exists(tag) for tag in clause.tags):
        return replace(order, new=clause.tags)
    raise NotClear(Problem("cannot_refine", order=order))


def _asked_again(clause: FollowUp, question: Question) -> Question:
    """Ask the last question about something else: "and with cat?"."""
    if question.intent not in ("count", "find", "sample", "cooccur", "frequencies"):
        raise NotClear(Problem("nothing_before"))
    if clause.kind in ("more", "instead") and clause.tags:
        if question.intent == "cooccur":
            return replace(question, tags=clause.tags)
        return replace(question, where=_having(clause.tags))
    if clause.kind == "narrow" and clause.where is not None:
        parts = () if is_everything(question.where) else (question.where,)
        return replace(question, where=_all_of(*parts, clause.where))
    if clause.kind in ("also", "only") and clause.where is not None:
        return replace(question, where=clause.where)
    if clause.kind == "except" and isinstance(clause.where, Not):
        parts = () if is_everything(question.where) else (question.where,)
        return replace(question, where=_all_of(*parts, clause.where))
    raise NotClear(Problem("nothing_before"))

"""Settled orders and questions as tool calls."""

from __future__ import annotations

from typing import Any

from tagsmith.agent.events import Call
from tagsmith.agent.offline.audited import AUDITING, MENDING, audit_call, mending_call
from tagsmith.agent.offline.clauses import Mention, Order, Question
from tagsmith.agent.offline.conditions import to_name, to_query
from tagsmith.agent.offline.looking import call_of, looks


def calls_of(clause: Order | Question) -> tuple[Call, ...]:
    """Return the calls that carry out an order, or the one that answers a question."""
    if isinstance(clause, Question):
        return (_read(clause),)
    if clause.intent == "add":
        return _add(clause)
    if looks(clause):
        return (call_of(clause, to_query(clause.where)),)
    if clause.intent in MENDING:
        return (mending_call(clause),)
    return (_edit(clause),)


def _call(tool: str, **arguments: Any) -> Call:
    given = {name: value for name, value in arguments.items() if value not in (None, "", ())}
    return Call(tool, given)


def _texts(tags: tuple[Mention, ...]) -> list[str]:
    return [tag.text for tag in tags]


def _read(question: Question) -> Call:
    where, limit = to_query(question.where), question.count
    match question.intent:
        case "count" | "find":
            return _call("find_images", where=where, limit=limit)
        case "frequencies":
            sort = None if question.option == "count" else question.option
            return _call("list_tag_frequencies", limit=limit, sort=sort, where=where)
        case "cooccur":
            return _call("co_occurrence", tags=_texts(question.tags), where=where, limit=limit)
        case "doubts":
            return _call("review_uncertain", where=where, model=question.name, limit=limit)
        case "sample":
            return _call("sample_images", count=limit, where=where)
        case intent if intent in AUDITING:
            return audit_call(question)
        case _:
            return _call("show_sample", name=question.name)


def _add(order: Order) -> tuple[Call, ...]:
    """Return one call a tag; those put first go backwards, so that they end in the order said."""
    where, place = to_query(order.where), order.place
    after = place.anchor.text if place and place.anchor else None
    position = place.position if place and after is None else None
    calls = [
        _call("add_trigger", trigger=tag, position=position, after=after, where=where)
        for tag in _texts(order.new)
    ]
    backwards = position == "first" or after is not None
    return tuple(reversed(calls)) if backwards else tuple(calls)


def _edit(order: Order) -> Call:
    where, tags = to_query(order.where), _texts(order.tags)
    position = order.place.position if order.place else None
    match order.intent:
        case "replace":
            return _call("replace_tags", old=tags, new=_texts(order.new), where=where)
        case "prune":
            return _call("prune_tags", tags=tags, where=where)
        case "move" if order.count is not None:
            return _call("move_tags", last=order.count, position=position, where=where)
        case "move":
            return _call("move_tags", tags=tags, position=position, where=where)
        case "sort":
            return _call("sort_tags", order=order.option, where=where)
        case "dedupe":
            return _call("dedupe_tags", where=where)
        case "clean":
            return _call("clean_captions", **_cleaning(order.option), where=where)
        case _:
            return _group(order, where)


def _group(order: Order, where: str | None) -> Call:
    match order.intent:
        case "isolate":
            name = order.name or (to_name(order.where) if order.where else "")
            return _call("isolate_images", where=where, name=name, mode=order.option)
        case "delete":
            return _call("delete_images", where=where)
        case "answer":
            return _call("review_answer", tag=order.tags[0].text, answer="keep", image=order.name)
        case "restore":
            return _call("restore_images", name=order.name)
        case "undo" | "redo":
            return _call(order.intent, steps=order.count)
        case _:
            raise ValueError(f"no tool does {order.intent!r}")


def _cleaning(option: str) -> dict[str, Any]:
    if option.startswith("to_"):
        return {"underscores": option.removeprefix("to_")}
    return dict.fromkeys(option.split(), True)

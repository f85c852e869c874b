"""What to ask back, with things to say instead, and what to say about what was found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from tagsmith.agent.events import Asked, Failed
from tagsmith.agent.offline.answers import Answers
from tagsmith.agent.offline.audited import prunable
from tagsmith.agent.offline.clauses import Mention, Order
from tagsmith.agent.offline.conditions import tags_in, to_query
from tagsmith.agent.offline.grammar import Reading, Stuck
from tagsmith.agent.offline.instead import instead
from tagsmith.agent.offline.looked import doubted
from tagsmith.agent.offline.looking import lacks_server, not_installed, with_near_model
from tagsmith.agent.offline.models import LOCAL_CAPTIONER, PIXELS
from tagsmith.agent.offline.situation import Action, Ask, Do, Problem, Tell
from tagsmith.agent.offline.words import Sentence
from tagsmith.tools.errors import ModelError, TagsmithError, UnknownTagError, UsageError
from tagsmith.tools.tags import Vocabulary
from tagsmith.tools.toolbox import Outcome
from tagsmith.tools.workspace import Workspace

_QUOTES = {"en": "“{}”", "es": "«{}»"}
_SHOWN = 3

Nearest = Mapping[str, Sequence[tuple[str, int]]]


def not_understood(sentence: Sentence, stuck: Stuck, words: Answers) -> Asked:
    """Say which words were not understood, and the closest things that would be."""
    if stuck.unknown:
        text = words.get("ask", "unknown_words", words=_quoted(stuck.unknown, words))
    elif stuck.rest and stuck.rest != sentence.text:
        text = words.get("ask", "stuck", words=stuck.rest)
    else:
        text = words.get("ask", "stuck_whole")
    tags = [tag.text for tag in stuck.tags if tag.text][:_SHOWN]
    suggestions = [words.get("suggest", "prune", tag=tag) for tag in tags]
    suggestions += [words.get("suggest", "find", tag=tag) for tag in tags[:1]]
    return Asked(text, (*suggestions, words.get("suggest", "help")))


def two_meanings(reading: Reading, words: Answers) -> Asked:
    """Ask which of two readings is meant."""
    first, second = words.clauses(reading.clauses), words.clauses(reading.other)
    if first and second and first != second:
        return Asked(words.get("ask", "ambiguous", first=first, second=second), (first, second))
    return Asked(words.get("ask", "stuck_whole"), (words.get("suggest", "help"),))


def asked_about(problem: Problem, vocabulary: Vocabulary, words: Answers, message: str) -> Asked:
    """Ask about what stands in the way of an understood message."""
    order = problem.order
    if problem.reason == "unknown_tag":
        near = {tag: vocabulary.nearest(tag, _SHOWN) for tag in problem.tags}
        return unknown_tags(near, words, message)
    said, singular = (*problem.tags, "", "")[:2]
    text = words.get(
        "ask",
        problem.reason,
        tags=_texts(order.tags if order else ()),
        new=_texts(order.new if order else ()),
        both=" + ".join(problem.tags),
        said=said,
        singular=singular,
        words=problem.words and words.count("step", int(problem.words)),
    )
    return Asked(text, _suggestions(problem, words))


def unknown_tags(nearest: Nearest, words: Answers, message: str) -> Asked:
    """Say that no caption has these tags, and which come nearest; nothing is translated.

    The suggestions are the message with near tags in it.
    """
    text = words.get("ask", "unknown_tag", tags=_quoted(nearest, words))
    shown = ", ".join(f"{tag} ({number})" for near in nearest.values() for tag, number in near)
    if shown:
        text += words.get("ask", "nearest", nearest=shown)
    return Asked(
        text, instead(message, {tag: [one for one, _ in near] for tag, near in nearest.items()})
    )


def _suggestions(problem: Problem, words: Answers) -> tuple[str, ...]:
    order = problem.order
    tags = [tag.text for tag in (order.tags or order.new) if tag.text] if order else []
    match problem.reason:
        case "tag_or_images":
            names = "prune", "delete"
        case "put_or_add":
            names = "move", "add"
        case "undo_mixed":
            return (words.get("suggest", "undo_all"),)
        case "delete_or_isolate" if order is not None:
            return ()
        case "narrow_or_replace" if order is not None and not problem.tags:
            query = to_query(order.where)
            return (words.get("suggest", "only_instead", query=query),) if query else ()
        case "tag_with_what" | "near_model" | "tag_or_tagger" | "odd_threshold" | "caption_which":
            return _about_looking(problem, words)
        case _:
            return ()
    return tuple(words.get("suggest", name, tag=tag) for name in names for tag in tags[:1])


def _about_looking(problem: Problem, words: Answers) -> tuple[str, ...]:
    """Return orders that say clearly what a tagger, or a captioner, is to do."""
    order = problem.order
    if order is None:
        return ()
    query = to_query(order.where) or ""
    match problem.reason:
        case "near_model":
            near = (with_near_model(order, name) for name in problem.tags[1 : _SHOWN + 1])
            return tuple(words.order(one) for one in near)
        case "tag_or_tagger":
            return words.order(order), words.get("suggest", "quoted", tag=problem.tags[0])
        case "tag_with_what":
            tags = [tag.text for tag in tags_in(order.where)]
            with_tag = [words.get("suggest", "tag_with", tag=tag) for tag in tags[:1]]
            return words.get("suggest", "auto_tag", query=query), *with_tag
        case "caption_which":
            names = "caption_missing", "caption_all"
            return tuple(words.get("suggest", name) for name in names)
        case _:
            return ()


def told(tell: Tell, workspace: Workspace, words: Answers) -> str:
    """Return the answer to words that ask for no tool."""
    if tell.what == "not_done" and tell.order is not None:
        return words.get("tell", "not_done_order", order=words.order(tell.order))
    return words.get("tell", tell.what, state=workspace.state())


def found(asked: Ask, outcome: Outcome, words: Answers) -> str:
    """Return what a question found, its number in words and its rows as the tool shows them."""
    intent = asked.question.intent
    if intent == "doubts":
        return doubted(words, outcome)
    if intent == "prunable":
        return prunable(words, outcome)
    if intent not in ("count", "find"):
        return words.get("found", "rows", text=outcome.text)
    number, total = int(outcome.data["images"]), int(outcome.data["total"])
    if not number:
        return words.get("found", "nothing")
    images = words.count("image", number)
    text = words.get("found", intent, images=images, total=f"{total:,}")
    rows = outcome.text.split("\n", 1)[1:]
    return "\n".join([text, *rows]) if intent == "find" else text


def failure(
    error: TagsmithError, doing: Action | None, workspace: Workspace, words: Answers, message: str
) -> Asked | Failed:
    """Return what a tool refused as an event: a question where a tag was not found."""
    if isinstance(error, ModelError) and isinstance(doing, Do):
        missing = not_installed(doing.order)
        if missing:
            return _fetch(missing, doing.order, int(error.exit), words)
    if type(error) is UsageError and isinstance(doing, Ask) and doing.question.intent == "doubts":
        named = doing.question.name
        order = Order("tagger", settings=(("model", named),) if named else ())
        hint = words.get("fail", "look_first", order=words.order(order))
        return Failed(words.get("fail", "not_looked"), hint, int(error.exit))
    if type(error) is UsageError and isinstance(doing, Do) and lacks_server(doing.order, workspace):
        order = replace(doing.order, settings=(("model", LOCAL_CAPTIONER),))
        hint = words.get("fail", "use_local", order=words.order(order))
        return Failed(words.get("fail", "no_server"), hint, int(error.exit))
    if isinstance(error, UnknownTagError):
        return unknown_tags(error.nearest, words, message)
    return Failed(error.message, error.hint, int(error.exit))


def _fetch(missing: tuple[str, ...], order: Order, status: int, words: Answers) -> Failed:
    """Say which models are not here, and the commands that fetch them."""
    commands = ", ".join(f"`tagsmith models pull {name}`" for name in missing)
    here = ", ".join(f"`/pull {name}`" for name in missing)
    other = words.order(replace(order, settings=(("model", PIXELS),)))
    name = "pull" if order.intent == "tagger" else "pull_captioner"
    text = words.get("fail", "not_installed", models=", ".join(missing))
    hint = words.get("fail", name, here=here, commands=commands, order=other)
    return Failed(text, hint, status)


def _quoted(tags: Iterable[str], words: Answers) -> str:
    return ", ".join(_QUOTES[words.language].format(tag) for tag in tags)


def _texts(tags: Iterable[Mention]) -> str:
    return ", ".join(tag.text for tag in tags if tag.text)

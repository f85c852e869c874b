"""Orders to taggers, captioners and importers: what is settled before one runs, and its call."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tagsmith.agent.events import Call
from tagsmith.agent.offline.clauses import (
    UNCAPTIONED,
    UNTAGGED,
    AllOf,
    Condition,
    FollowUp,
    MentionKind,
    Order,
    Question,
    Setting,
)
from tagsmith.agent.offline.models import SERVER, models
from tagsmith.agent.offline.situation import NotClear, Problem
from tagsmith.tools import toolbox
from tagsmith.tools.workspace import Workspace

TOOLS = {
    "tagger": "run_tagger",
    "caption": "caption_images",
    "metadata": "import_metadata",
    "source_tags": "import_source_tags",
}
LEAST_SCORE = 0.05

_ROLES = {"tagger": "tagger", "caption": "captioner"}
_SETTINGS = {
    "tagger": frozenset({"model", "threshold", "mode"}),
    "caption": frozenset({"model", "style", "mode"}),
    "metadata": frozenset({"form", "sources", "mode"}),
    "source_tags": frozenset({"mode"}),
}
_TAGGERS = frozenset({"tagger", "taggers", "etiquetador", "etiquetadores"})
_STRANGE, _ALSO_A_TAG = "?", "!"


def looks(order: Order) -> bool:
    """Tell whether an order asks for tags, or captions, that are found by looking."""
    return order.intent in TOOLS


def meant_by(order: Order) -> Order:
    """Return "tag them" as an order to a tagger where they are images without a caption."""
    sure = order.unclear == "tag_with_what" and lacks_captions(order.where)
    return replace(order, unclear="") if sure else order


def settled(order: Order) -> Order:
    """Return the order with its mode, its models and threshold checked. Raises NotClear."""
    given = dict(order.settings)
    if given.keys() - _SETTINGS[order.intent]:
        raise NotClear(Problem("odd_setting", order=order))
    names = model_names(order)
    for name in names:
        _check_model(name, order)
    if order.intent == "caption" and len(names) > 1:
        raise NotClear(Problem("one_captioner", names, order))
    threshold = given.get("threshold", 1.0)
    if not LEAST_SCORE <= float(threshold) <= 1:
        raise NotClear(Problem("odd_threshold", (f"{threshold:g}",), order))
    if "mode" not in given and lacks_captions(order.where):
        given["mode"] = "fill"
    if TOOLS[order.intent] not in toolbox.tools():
        raise NotClear(Problem("no_tool", (TOOLS[order.intent],), order))
    return replace(order, settings=_settings(given))


def _check_model(name: str, order: Order) -> None:
    said = name.lstrip(_STRANGE + _ALSO_A_TAG)
    known = models()
    if name.startswith(_ALSO_A_TAG):
        raise NotClear(Problem("tag_or_tagger", (said,), _with_model(order, said)))
    if name.startswith(_STRANGE):
        raise NotClear(Problem("near_model", (said, *known.near(said)), order))
    if known.role(name) != _ROLES[order.intent]:
        raise NotClear(Problem(f"not_a_{_ROLES[order.intent]}", (name,), order))


def lacks_captions(where: Condition | None) -> bool:
    """Tell whether a condition leaves only images without a caption, or without tags."""
    if isinstance(where, AllOf):
        return any(lacks_captions(part) for part in where.parts)
    return where in (UNCAPTIONED, UNTAGGED)


def checked_model(question: Question) -> None:
    """Refuse a question about a tagger of a name that is none. Raises NotClear."""
    if question.intent == "doubts" and question.name:
        for name in question.name.split(", "):
            _check_model(name, Order("tagger"))


def check_no_model(order: Order) -> None:
    """Refuse to add the name of a tagger, or a score, as a tag. Raises NotClear."""
    from tagsmith.tools.vision.spec import specs

    for tag in order.new:
        if tag.kind is not MentionKind.UNKNOWN:
            continue
        parts = tag.text.casefold().split()
        if any(part in specs() or part in _TAGGERS for part in parts):
            raise NotClear(Problem("tag_or_tagger", (tag.text,), _as_tagger(order, parts)))
        if _is_score(parts[-1]):
            raise NotClear(Problem("odd_tag", order=order))


def _is_score(word: str) -> bool:
    number = word.rstrip("%").replace(",", ".")
    return number.replace(".", "", 1).isdecimal() and (number != word or "." in number)


def _as_tagger(order: Order, parts: list[str]) -> Order:
    name = next((part for part in parts if models().role(part)), "")
    return Order("tagger", where=order.where, settings=_settings({"model": name} if name else {}))


def _with_model(order: Order, name: str) -> Order:
    return replace(order, settings=_settings({**dict(order.settings), "model": name}))


def with_near_model(order: Order, name: str) -> Order:
    """Return the order with a model in the place of the one that was misspelt."""
    names = [name if one.startswith(_STRANGE) else one for one in model_names(order)]
    return _with_model(order, ", ".join(names))


def model_names(order: Order) -> tuple[str, ...]:
    """Return the models that an order names."""
    named = str(dict(order.settings).get("model", ""))
    return tuple(named.split(", ")) if named else ()


def tuned_again(clause: FollowUp, order: Order) -> Order:
    """Return the order with other settings, or with one more model. Raises NotClear."""
    if not looks(order):
        raise NotClear(Problem("cannot_refine", order=order))
    given = dict(order.settings)
    if clause.kind == "set":
        return replace(order, settings=_settings({**given, **dict(clause.settings)}))
    if order.intent != "tagger":
        raise NotClear(Problem("cannot_refine", order=order))
    from tagsmith.tools.vision.installed import default_model

    before = given.get("model") or default_model()
    return _with_model(order, f"{before}, {dict(clause.settings)['model']}")


def _settings(given: dict[str, str | float]) -> tuple[Setting, ...]:
    return tuple(sorted(given.items()))


def call_of(order: Order, where: str | None) -> Call:
    """Return the call that carries out a settled order."""
    given: dict[str, Any] = dict(order.settings)
    if where is not None:
        given["where"] = where
    if given.get("form") == "tags":
        del given["form"]
    if "sources" in given:
        given["sources"] = [given["sources"]]
    return Call(TOOLS[order.intent], given)


def not_installed(order: Order) -> tuple[str, ...]:
    """Return the models of an order that are not on this machine; reads no weights."""
    from tagsmith.tools.errors import ModelError
    from tagsmith.tools.vision.installed import look
    from tagsmith.tools.vision.spec import specs

    missing = []
    for name in model_names(order):
        try:
            if name in specs() and look(specs()[name]) is None:
                missing.append(name)
        except ModelError:
            continue
    return tuple(missing)


def lacks_server(order: Order, workspace: Workspace) -> bool:
    """Tell whether an order needs the captioner of a model server where none is set up."""
    named = model_names(order)
    return (
        order.intent == "caption"
        and named in ((), (SERVER,))
        and SERVER not in workspace.captioners
    )

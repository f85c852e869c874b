"""Grammar of scopes: for which images, and at which place of a caption, an order holds."""

from __future__ import annotations

from dataclasses import replace

from tagsmith.agent.offline.chart import Grammar
from tagsmith.agent.offline.clauses import (
    EVERYTHING,
    THOSE,
    AllOf,
    Condition,
    Group,
    Mention,
    Not,
    Order,
    Place,
    Unclear,
)
from tagsmith.agent.offline.conditions import any_of, conjunction, tags_in

Mod = Condition | Place

RULES = Grammar()


def with_mods(order: Order, mods: tuple[Mod, ...]) -> Order | None:
    """Put conditions and at most one place into an order; refuse what says a thing twice."""
    places = [mod for mod in mods if isinstance(mod, Place)]
    named = [mod for mod in mods if not isinstance(mod, Place)]
    first, last = named[:1], named[1:]
    if any(isinstance(mod, AllOf) and mod.parts for mod in first) and not all(
        isinstance(mod, Not) for mod in last
    ):
        # "remove a where b and c where d" is two orders, or none that can be told.
        return None
    # "ponle X a los perros" names the images twice.
    scopes = [mod for mod in named if mod != THOSE]
    if named and not scopes and order.where is None:
        scopes = [THOSE]
    if len(places) + (order.place is not None) > 1 or len(scopes) > 2:
        return None
    where = conjunction(order.where, *scopes)
    return replace(order, where=where, place=places[0] if places else order.place)


def without_place(order: Order, mods: tuple[Mod, ...]) -> Order | None:
    """Put conditions into an order that has no place in a caption."""
    return None if any(isinstance(mod, Place) for mod in mods) else with_mods(order, mods)


# scope says for which images: "in X", "where there is Y", "except in Z", "everywhere".


@RULES.rule("scope", "ONLY? COMMA? IN g:group", "ONLY FOR g:group", "ONLY? IN ONLY g:group")
def _inside(g: Group) -> Condition:
    return g.where


@RULES.rule("some_images", "IN|TO|OF|ON|FOR g:images|all")
def _some_images(g: Group) -> Condition:
    return g.where


@RULES.rule("all", "EVERYTHING", "quant? DATASET")
def _all_of_them() -> Group:
    return Group(EVERYTHING)


@RULES.rule("scope", "ONLY? ON|TO|OF|AT|INTO|FOR g:group", "TO|OF|ON|AT ONLY g:group")
def _onto(g: Group) -> Condition | None:
    # "sitting on chair" is one tag: a bare tag behind these words is no group of images.
    return None if g.loose else g.where


RULES.add("scope", "COMMA? ONLY? WHERE what:presence")


@RULES.rule("scope", "OF|IN dets TAGN OF|IN g:group")
def _in_tags(g: Group) -> Condition:
    return g.where


RULES.constant("scope", EVERYTHING, "OF|IN dets TAGN")


@RULES.rule("scope", "ONLY g:images")
def _only_images(g: Group) -> Condition:
    return g.where


RULES.constant("scope", EVERYTHING, "EVERYWHERE")


@RULES.rule("scopes", "parts+:scope parts+:exception", "parts+:scope parts+:scope")
@RULES.rule("scopes", "parts+:scope|exception")
def _scopes(parts: tuple[Condition, ...]) -> Condition | None:
    return conjunction(*parts)


@RULES.rule("exception", "COMMA? EXCEPT|BUTNOT IN|TO|OF|ON|FOR|WITH g:group")
@RULES.rule("exception", "COMMA? BUT IN|TO|OF|ON|FOR g:group NOT")
@RULES.rule("exception", "COMMA? BUT|AND KEEP g:group ALONE", "COMMA? BUT|AND? NOT TOUCH g:strong")
@RULES.rule(
    "exception", "COMMA? BUT? NOT IN|TO|OF|ON|FOR g:group", "EVERYWHERE|EVERYTHING BUT g:group"
)
@RULES.rule("exception", "IN|TO|OF|ON|FOR EVERYTHING|all_images BUT IN|TO|OF|ON|FOR? g:group")
def _except_group(g: Group) -> Condition | None:
    return _outside(g.where)


@RULES.rule("exception", "COMMA? EXCEPT|BUTNOT g:group")
def _except_images(g: Group) -> Condition | None:
    # "remove hat but not shirt" speaks of tags.
    return None if g.loose else _outside(g.where)


@RULES.rule("strong", "g:group")
def _strong(g: Group) -> Group | None:
    return None if g.loose else g


@RULES.rule("bare_exception", "COMMA? EXCEPT|BUTNOT g:group")
def _bare_exception(g: Group) -> Condition | None:
    return _outside(g.where) if g.loose else None


@RULES.rule("scope", "inner:some_images COMMA? outer:bare_exception")
def _without_some(inner: Condition, outer: Condition) -> Condition:
    return conjunction(inner, outer) or outer


@RULES.rule(
    "exception", "COMMA? EXCEPT|BUTNOT WHERE|THAT what:presence", "COMMA? UNLESS what:presence"
)
@RULES.rule("exception", "COMMA? BUT? NOT WHERE what:presence")
def _except_where(what: Condition) -> Condition | None:
    return _outside(what)


# presence is what follows "where": "there is X", "it has no Y", "the image is not a Z".


@RULES.rule("presence", "THERE what:expr", "IT? HAVE what:expr", "DET? pics HAVE what:expr")
@RULES.rule("presence", "what:expr BE? BOTH? PRESENT?", "IT? BE? TAGGED AS|WITH? what:expr")
@RULES.rule(
    "presence", "IT? BE OF? what:expr", "DET? pics BE OF? what:expr", "THERE what:expr PRESENT"
)
@RULES.rule("presence", "PRESENT|HAVE what:expr", "DET? pics BE? TAGGED AS|WITH? what:expr")
@RULES.rule("presence", "what:size", "IT what:size", "DET? pics what:size", "what:text")
def _present(what: Condition) -> Condition:
    return what


@RULES.rule("presence", "NONE what:absent", "IT? NOT HAVE what:absent", "IT? WITHOUT what:absent")
@RULES.rule("presence", "DET? pics NOT HAVE what:absent", "DET? pics WITHOUT what:absent")
@RULES.rule("presence", "DET? pics NEGATED what:absent", "IT? NEGATED what:absent")
@RULES.rule("presence", "IT? NEGATED TAGGED AS|WITH? what:absent")
@RULES.rule("presence", "DET? pics NEGATED TAGGED AS|WITH? what:absent")
def _missing(what: Condition) -> Condition:
    return what


@RULES.rule("presence", "what:query|naming")
def _present_query(what: Condition) -> Condition:
    return what


@RULES.rule("presence", "what:expr PRESENT WITHOUT lacking:absent")
def _present_without(what: Condition, lacking: Condition) -> Condition:
    return conjunction(what, lacking) or what


@RULES.rule("presence", "tags:any_tags ABSENT", "NEITHER tags:any_tags PRESENT")
def _missing_tags(tags: tuple[Mention, ...]) -> Condition:
    return Not(any_of(tags))


def _outside(where: Condition) -> Condition | None:
    """Negate an exception; "except where dog and cat" could spare those with one of the two."""
    if where == EVERYTHING:
        return None
    if isinstance(where, Unclear):
        return Not(any_of(where.tags)) if where.tags else where
    if isinstance(where, AllOf):
        return Unclear("except", tuple(tags_in(where)))
    return where.part if isinstance(where, Not) else Not(where)


# mod is what an order can add: a place, or images.
RULES.add("mod", "what:place", "COMMA what:place")
RULES.add("mod", "what:scope|exception", "what:scope ONLY", cost=1)
RULES.add("mod", "WHERESAYS what:expr", cost=3)
RULES.add("mod", "COMMA what:scope")
RULES.constant("mod", THOSE, "DATIVE")

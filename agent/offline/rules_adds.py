"""Grammar of orders that add tags or move them within a caption."""

from __future__ import annotations

from tagsmith.agent.offline.chart import Grammar
from tagsmith.agent.offline.clauses import (
    EVERYTHING,
    PRONOUN,
    THOSE,
    Condition,
    Group,
    Mention,
    Order,
    Place,
)
from tagsmith.agent.offline.rules_scopes import Mod, with_mods

RULES = Grammar()


@RULES.rule(
    "trigger",
    "DET? TRIGGER TAGN? NAMED|COMMA? m:NEW",
    "m:NEW AS|OF DET? TRIGGER",
    "OF TRIGGER m:NEW",
)
@RULES.rule("trigger", "DET? m:NEW TRIGGER", cost=-1)
def _trigger(m: Mention) -> tuple[Mention, ...]:
    return (m,)


@RULES.rule("add", "ADD m:mod* new:added m:mod*", "PUT|GIVE|WANT|USE m:mod* new:trigger m:mod*")
@RULES.rule("add", "PUT CLITIC? COMMA? m:mod* new:trigger m:mod*", "MAKE new:trigger m:mod*")
@RULES.rule("add", "MAKE new:named_new DET? TRIGGER m:mod*")
@RULES.rule("add", "USE|MAKE|PUT new:new_as m:mod*", "PUT TRIGGER TO|AS new:named_new m:mod*")
@RULES.rule("add", "PUT DET TRIGGER TO|AS new:named_new m:mod*")
@RULES.rule("add", "REPLACE DET? TRIGGER TO|BY|INTO new:named_new m:mod*", cost=30)
@RULES.rule("add", "MAKE TRIGGER BE? new:named_new m:mod*", "trigger_is new:named_new m:mod*")
def _add_tags(new: tuple[Mention, ...], m: tuple[Mod, ...]) -> Order | None:
    return with_mods(Order("add", new=new), m)


RULES.add("added", "new:news", "new:trigger")
RULES.add("trigger_is", "DET? TRIGGER BE|SHOULDBE|COMMA?")


@RULES.rule("new_as", "m:NEW AS|OF DET? TRIGGER")
@RULES.rule("named_new", "m:NEW")
def _single(m: Mention) -> tuple[Mention, ...]:
    return (m,)


@RULES.rule("add", "PREPEND|PREFIX new:added m:mod*")
def _prepend(new: tuple[Mention, ...], m: tuple[Mod, ...]) -> Order | None:
    return with_mods(Order("add", new=new, place=Place("first")), m)


@RULES.rule("add", "APPEND new:added m:mod*")
def _append(new: tuple[Mention, ...], m: tuple[Mod, ...]) -> Order | None:
    return with_mods(Order("add", new=new, place=Place("last")), m)


@RULES.rule(
    "put",
    "PUT m:mod* new:news m:mod*",
    "WANT new:news ADDED? m:mod m:mod*",
    "new:news MODAL BE? ADDED m:mod m:mod*",
)
def _put(new: tuple[Mention, ...], m: tuple[Mod, ...]) -> Order | None:
    return with_mods(Order("put", new=new), m)


@RULES.rule("put", "MAKE|ENSURE|THAT? new:news SHOULDGO m:mod m:mod*", cost=1)
def _put_stated(new: tuple[Mention, ...], m: tuple[Mod, ...]) -> Order | None:
    return with_mods(Order("put", new=new), m)


RULES.add("add", "o:put")


@RULES.rule("tagged", "TAGV g:group WITH|AS new:added m:mod*")
@RULES.rule(
    "tagged",
    "TAGV g:images|everything new:added m:mod*",
    "GIVE TO? g:group new:added m:mod*",
)
@RULES.rule("tagged", "MAKE|ENSURE? g:group SHOULDHAVE new:added m:mod*")
@RULES.rule(
    "tagged", "ENSURE g:group HAVE new:added m:mod*", "THAT g:each SHOULDHAVE new:added m:mod*"
)
@RULES.rule("tagged", "ADD|PUT TO|ON|IN g:group new:added m:mod*")
def _tag_group(g: Group, new: tuple[Mention, ...], m: tuple[Mod, ...]) -> Order | None:
    return None if g.loose else with_mods(Order("add", new=new, where=g.where), m)


@RULES.rule("tagged", "TAGV WITH|AS new:added g:group")
def _tag_with(new: tuple[Mention, ...], g: Group) -> Order | None:
    return None if g.loose else Order("add", new=new, where=g.where)


@RULES.rule("add", "TAGV WITH|AS new:added m:mod*", cost=1)
def _tag_opened(new: tuple[Mention, ...], m: tuple[Mod, ...]) -> Order | None:
    return with_mods(Order("add", new=new), m)


@RULES.rule("add", "SUMUP new:added m:mod m:mod*")
def _sum_up(new: tuple[Mention, ...], m: tuple[Mod, ...]) -> Order | None:
    # "súmale lowres" may also mean: do the same with lowres.
    order = with_mods(Order("add", new=new), m)
    return order if order is not None and order.where not in (None, THOSE) else None


@RULES.rule("tagged", "PREFIX g:group WITH new:added m:mod*")
@RULES.rule(
    "tagged",
    "MAKE|WANT|ENSURE? g:group START new:added m:mod*",
    "THAT g:each START new:added m:mod*",
)
def _start_with(g: Group, new: tuple[Mention, ...], m: tuple[Mod, ...]) -> Order | None:
    order = Order("add", new=new, where=g.where, place=Place("first"))
    return None if g.loose else with_mods(order, m)


@RULES.rule("tagged", "SUFFIX g:group WITH new:added m:mod*", "SUFFIX new:added m:mod*")
@RULES.rule(
    "tagged",
    "MAKE|WANT|ENSURE? g:group FINISH new:added m:mod*",
    "THAT g:each FINISH new:added m:mod*",
)
def _end_with(new: tuple[Mention, ...], m: tuple[Mod, ...], g: Group | None = None) -> Order | None:
    order = Order("add", new=new, where=g.where if g else None, place=Place("last"))
    return None if g and g.loose else with_mods(order, m)


@RULES.rule("each", "EVERYTHING", "ALL DET? pics")
def _each() -> Group:
    return Group(EVERYTHING)


@RULES.rule("each", "ALL DET? pics where:rels", "ALL ONES? where:rels")
def _each_with(where: Condition) -> Group:
    return Group(where)


RULES.add("order", "o:add", "o:tagged")


@RULES.rule(
    "move", "MOVE m:mod* tags:tags m:mod m:mod*", "MOVE|PUT m:mod* CLITIC|PRON m:mod m:mod*"
)
@RULES.rule(
    "move",
    "tags:tags SHOULDGO m:mod m:mod*",
    "MAKE|WANT|ENSURE|THAT tags:tags SHOULDGO m:mod m:mod*",
    "TAKE tags:tags m:mod m:mod*",
)
@RULES.rule("move", "tags:tags COMMA? MOVE|PUT CLITIC m:mod m:mod*")
@RULES.rule("move", "SORT tags:tags m:mod m:mod*")
@RULES.rule("move", "tags:tags m+:place m:mod*", cost=2)
@RULES.rule(
    "move", "MAKE tags:tags m:mod m:mod*", "MAKE|ENSURE|WANT tags:tags BE m:mod m:mod*", cost=1
)
def _move(m: tuple[Mod, ...], tags: tuple[Mention, ...] = ()) -> Order | None:
    found = tags or (PRONOUN,)
    order = with_mods(Order("move", found), m)
    return order if order is not None and order.place is not None else None


@RULES.rule("last_n", "DET? FINAL|RECENT n:NUM TAGN", "DET? n:NUM FINAL|RECENT TAGN")
def _last_n(n: int) -> int:
    return n


@RULES.rule("last_n", "DET? FINAL|RECENT TAGN")
def _last_one() -> int:
    return 1


@RULES.rule("move", "n:last_n SHOULDGO m:mod m:mod*")
@RULES.rule("move", "TAKE n:last_n AND PUT|MOVE PRON|CLITIC m:mod m:mod*")
@RULES.rule(
    "move",
    "MOVE|PUT|TAKE n:last_n m:mod m:mod*",
    "MOVE|PUT|TAKE n:last_n OF g:group m:mod m:mod*",
)
def _move_last(n: int, m: tuple[Mod, ...], g: Group | None = None) -> Order | None:
    where = g.where if g else None
    order = with_mods(Order("move", count=n, where=where), m)
    return order if order is not None and order.place is not None else None


RULES.add("order", "o:move")

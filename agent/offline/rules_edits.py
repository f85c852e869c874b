"""Grammar of orders that replace or remove tags."""

from __future__ import annotations

from tagsmith.agent.offline.chart import Grammar
from tagsmith.agent.offline.clauses import (
    Group,
    Mention,
    MentionKind,
    Order,
)
from tagsmith.agent.offline.rules_scopes import Mod, without_place

Pair = tuple[tuple[Mention, ...], tuple[Mention, ...]]

RULES = Grammar()


RULES.add("becoming", "WITH|TO|INTO|BY|FOR|AS|ARROW", "TO BE", "ALL|BOTH WITH|TO|INTO|BY|AS")
RULES.add(
    "becomes",
    "SHOULDBE",
    "MODAL BE? CHANGED TO|WITH|BY|INTO|FOR?",
    "TO BE? CHANGED TO|WITH|BY|INTO?",
)
RULES.add("becomes", "CHANGED TO|WITH|BY|INTO|FOR", "BE? CHANGED TO|WITH|BY|INTO")


@RULES.rule("pair", "old:tags becoming new:news")
@RULES.rule("arrow", "old:tags ARROW new:news")
def _pair(old: tuple[Mention, ...], new: tuple[Mention, ...]) -> Pair:
    return old, new


for _name in ("pair", "arrow"):
    RULES.add(f"{_name}_more", f"and what:{_name}", f"SEMICOLON what:{_name}")


@RULES.rule("pairs", "first:pair more:pair_more*")
@RULES.rule("arrows", "first:arrow more:arrow_more*")
def _pairs(first: Pair, more: tuple[Pair, ...]) -> tuple[Pair, ...]:
    return (first, *more)


@RULES.rule(
    "replace",
    "REPLACE|CONVERT|MERGE m:mod* pairs:pairs m:mod*",
    "REPLACE NAMEOF pairs:pairs m:mod*",
)
@RULES.rule(
    "replace", "REPLACE|CONVERT|MAKE|USE|PUT|WANT|TOUCH|ADD|CLEAN|SAME? m:mod* pairs:arrows m:mod*"
)
def _replace_pairs(pairs: tuple[Pair, ...], m: tuple[Mod, ...]) -> Order | None:
    if len(pairs) > 1 and any(len(old) != len(new) for old, new in pairs):
        return None
    old = tuple(tag for pair in pairs for tag in pair[0])
    new = tuple(tag for pair in pairs for tag in pair[1])
    return without_place(Order("replace", old, new), m)


@RULES.rule("replace", "SUBSTITUTE m:mod* old:tags WITH|BY new:news m:mod*")
@RULES.rule(
    "replace", "SPLIT|CONVERT|REPLACE old:tags becoming NUM? TAGN COMMA? new:several m:mod*"
)
@RULES.rule("replace", "SPLIT old:tags INTO|IN|TO new:several m:mod*")
@RULES.rule("replace", "SUBSTITUTE new:news FOR old:tags m:mod*")
@RULES.rule(
    "replace",
    "MAKE old:tags INTO new:news m:mod*",
    "MAKE|WANT old:tags BE new:news m:mod*",
)
@RULES.rule(
    "replace",
    "new:news INSTEADOF old:tags m:mod*",
    "PUT|SAY old:tags AS new:news m:mod*",
    cost=3,
)
@RULES.rule(
    "replace", "MERGE|PUT|ISOLATE old:several_old TOGETHER AS|INTO|UNDER|IN new:news m:mod*"
)
@RULES.rule("replace", "MERGE|ISOLATE old:several_old UNDER new:news m:mod*")
@RULES.rule("replace", "REPLACE|CONVERT old:tags m:mod m:mod* becoming new:news m:mod*")
def _replace_inside(
    old: tuple[Mention, ...], new: tuple[Mention, ...], m: tuple[Mod, ...]
) -> Order | None:
    return without_place(Order("replace", old, new), m)


@RULES.rule("replace", "USE|PUT|SAY new:news m:mod* INSTEADOF old:tags m:mod*")
@RULES.rule("replace", "USE|PUT|SAY new:news WHERESAYS old:any_tags m:mod*")
@RULES.rule("replace", "WHERESAYS old:any_tags COMMA? USE|PUT|SAY new:news m:mod*")
@RULES.rule(
    "replace",
    "CALL old:mentioned new:named m:mod*",
    "CALL new:named TO old:mentioned m:mod*",
    "PREFER new:news OVER old:tags m:mod*",
)
@RULES.rule("replace", "old:tags WRONG COMMA? USE|PUT|PREFER new:news m:mod*")
@RULES.rule("replace", "old:tags WRONG COMMA? IT? SHOULDBE new:news m:mod*")
@RULES.rule("replace", "INSTEADOF old:tags COMMA? USE|PUT|SAY|WANT new:news m:mod*")
@RULES.rule("replace", "m:mod* old:tags becomes new:news m:mod*")
@RULES.rule("replace", "MAKE|WANT|ENSURE|THAT old:tags becomes new:news m:mod*")
def _replace_stated(
    old: tuple[Mention, ...], new: tuple[Mention, ...], m: tuple[Mod, ...]
) -> Order | None:
    return without_place(Order("replace", old, new), m)


@RULES.rule("mentioned", "m:mention")
@RULES.rule("named", "m:new")
def _one(m: Mention) -> tuple[Mention, ...]:
    return (m,)


@RULES.rule("several_old", "first:mention more+:mention_more more:mention_more*")
@RULES.rule("several", "first:new more+:new_more more:new_more*")
def _several(first: Mention, more: tuple[Mention, ...]) -> tuple[Mention, ...]:
    return (first, *more)


@RULES.rule("replace", "REPLACE|CONVERT|MERGE old:tags m:mod*", cost=20)
def _replace_open(old: tuple[Mention, ...], m: tuple[Mod, ...]) -> Order | None:
    order = without_place(Order("replace", old, unclear="replace_with"), m)
    return order if order is not None and _all_known(old) else None


RULES.add("order", "o:replace")


def _all_known(tags: tuple[Mention, ...]) -> bool:
    return all(tag.kind is not MentionKind.UNKNOWN for tag in tags)


@RULES.rule("prune", "REMOVE|PULL m:mod* ONLY? tags:tags m:mod*")
@RULES.rule(
    "prune",
    "TAKE tags:tags AWAY m:mod*",
    "MAKE tags:tags GONE AWAY? m:mod*",
    "REMOVE|DELETE ANY tags:any_tags TAGN? m:mod*",
    "NOMORE tags:any_tags NOMORE_END? m:mod*",
)
@RULES.rule(
    "prune",
    "TAKE tags:tags m:mod m:mod*",
    "TAKE m:mod m:mod* tags:tags",
    "WANT tags:tags out m:mod*",
)
@RULES.rule(
    "prune",
    "tags:tags ALL|BOTH? out m:mod*",
    "tags:tags MODAL ALL BE? GONE m:mod*",
    "OUT WITH? tags:tags m:mod*",
)
def _prune(tags: tuple[Mention, ...], m: tuple[Mod, ...]) -> Order | None:
    return without_place(Order("prune", tags), m)


@RULES.rule("prune", "NOIMG SHOULDHAVE|HAVE tags:any_tags", "tags:any_tags SHOULDNOT")
@RULES.rule(
    "prune", "tags:any_tags SHOULDNOTBE where:group", "CLEAN tags:tags m:mod m:mod*", cost=2
)
@RULES.rule("prune", "REMOVE|CLEAN dets? CAP OF tags:tags")
def _prune_stated(
    tags: tuple[Mention, ...], m: tuple[Mod, ...] = (), where: Group | None = None
) -> Order | None:
    return without_place(Order("prune", tags, where=where.where if where else None), m)


@RULES.rule("prune", "ENSURE|THAT|MAKE tags:tags GONE m:mod*", "ENSURE|MAKE GONE tags:tags m:mod*")
@RULES.rule("prune", "tags:tags COMMA OUT", "THAT GONE tags:tags m:mod*")
def _prune_wished(tags: tuple[Mention, ...], m: tuple[Mod, ...] = ()) -> Order | None:
    return without_place(Order("prune", tags), m)


@RULES.rule("prune", "CLEAN tags:tags", cost=4)
def _clean_tag(tags: tuple[Mention, ...]) -> Order | None:
    return Order("prune", tags) if all(tag.kind is MentionKind.TAG for tag in tags) else None


RULES.add("out", "OUT", "MODAL BE? GONE", "TO BE? GONE", "TO BE? GONE AWAY", "BE GONE", "GONE")


@RULES.rule("prune", "DELETE m:mod* ONLY? tags:tags m:mod*")
def _delete_tag(tags: tuple[Mention, ...], m: tuple[Mod, ...]) -> Order | None:
    # "delete the dogs": the tag, or the images? A list, a noun or a bare tag is the tag.
    vague = any(
        tag.definite and not tag.noun and tag.kind is not MentionKind.UNKNOWN for tag in tags
    )
    return without_place(Order("prune", tags, unclear="tag_or_images" if vague else ""), m)


@RULES.rule("prune", "tags:tags COMMA? REMOVE|DELETE|PULL CLITIC m:mod*")
@RULES.rule("prune", "tags:tags COMMA? REMOVE|DELETE|PULL PRON m:mod*")
@RULES.rule("prune", "tags:tags COMMA? REMOVE|DELETE", cost=3)
def _prune_named(tags: tuple[Mention, ...], m: tuple[Mod, ...] = ()) -> Order | None:
    return without_place(Order("prune", tags), m)


RULES.add("order", "o:prune")

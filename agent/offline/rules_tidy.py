"""Grammar of orders that sort tags, remove repeats and clean captions."""

from __future__ import annotations

from tagsmith.agent.offline.chart import Grammar
from tagsmith.agent.offline.clauses import (
    Group,
    Order,
)
from tagsmith.agent.offline.rules_scopes import Mod, without_place

RULES = Grammar()


# Sorting, duplicates, spaces, empty tags, underscores.
RULES.add("tag_noun", "dets? CAP TAGN", "dets? TAGN", "dets? CAP", "dets? TAGN OF|IN dets? CAP|IMG")


@RULES.rule("sort", "SORT tag_noun? key:sort_key m:mod*", "SORT tag_noun m:mod m:mod* key:sort_key")
@RULES.rule("sort", "PUT key:people m:mod*", cost=-2)
@RULES.rule(
    "sort",
    "MAKE|WANT|ENSURE|THAT tag_noun BE|SHOULDBE|SHOULDGO? key:sort_key m:mod*",
    "tag_noun SHOULDBE|SHOULDGO key:sort_key m:mod*",
)
@RULES.rule("sort", "PUT tag_noun key:sort_key m:mod*", "SORT m:mod m:mod* key:sort_key")
@RULES.rule(
    "sort",
    "SORT tag_noun m:mod*",
    "SORT CLITIC|PRON key:sort_key? m:mod*",
    "SORT",
    "SORT g:group key:sort_key?",
)
def _sort(m: tuple[Mod, ...] = (), key: str = "", g: Group | None = None) -> Order | None:
    return without_place(Order("sort", where=g.where if g else None, option=key), m)


RULES.constant("people", "people", "BYPEOPLE")
for _word, _key in (("ALPHA", "name"), ("BYCOUNT", "frequency"), ("BYPEOPLE", "people")):
    RULES.constant("sort_key", _key, f"COMMA? {_word}")
RULES.add("twice", "dets? DUPLICATE TAGN", "dets? TAGN DUPLICATE", "dets? DUPLICATES")
RULES.add("twice", "dets? TAGN DUPLICATES", "dets? DUPLICATES OF|IN DET? TAGN")


@RULES.rule(
    "dedupe", "DEDUPE tag_noun? EACHCAP? m:mod*", "REMOVE|DELETE|CLEAN|PULL twice EACHCAP? m:mod*"
)
@RULES.rule(
    "dedupe",
    "NOMORE twice EACHCAP? m:mod*",
    "MAKE|ENSURE tag_noun BE? UNIQUE",
    "DEDUPE g:group",
)
def _dedupe(m: tuple[Mod, ...] = (), g: Group | None = None) -> Order | None:
    return without_place(Order("dedupe", where=g.where if g else None), m)


RULES.add("spaces", "dets? SPACES", "dets? EXTRA SPACES", "dets? SPACES EXTRA")
RULES.add("spaces", "dets? EXTRA? SPACES OF|IN|AFTER dets? COMMAS|TAGN|CAP")
RULES.add("empties", "dets? EMPTY ITEMS", "dets? ITEMS EMPTY", "dets? EXTRA|DUPLICATE|EMPTY COMMAS")


RULES.constant("clean_what", "spaces", "spaces")
RULES.constant("clean_what", "empty", "empties")
RULES.constant("clean_what", "spaces empty", "spaces COMMA? AND empties", "empties AND spaces")


@RULES.rule("clean", "THERE what:clean_what m:mod* COMMA? REMOVE|DELETE|CLEAN CLITIC|PRON")
@RULES.rule("clean", "REMOVE|DELETE|CLEAN what:clean_what m:mod*", cost=-1)
@RULES.rule("clean", "what:clean_what_else m:mod*", cost=-1)
def _clean(what: str, m: tuple[Mod, ...]) -> Order | None:
    return without_place(Order("clean", option=what), m)


@RULES.rule("clean", "CLEAN|REMOVE tag_noun m:mod*", "CLEAN dets? DATASET", "CLEAN", cost=8)
def _clean_vague(m: tuple[Mod, ...] = ()) -> Order | None:
    return without_place(Order("clean", unclear="clean_what"), m)


RULES.add("from_underscores", "REPLACE|CONVERT dets? UNDERSCORES m:mod* becoming dets? SPACES")
RULES.add("from_underscores", "dets? UNDERSCORES ARROW|SHOULDBE dets? SPACES")
RULES.add("from_spaces", "dets? SPACES ARROW|SHOULDBE dets? UNDERSCORES")
RULES.add("from_underscores", "USE|PUT dets? SPACES INSTEADOF dets? UNDERSCORES")
RULES.add("from_underscores", "REMOVE|DELETE|CLEAN|NOMORE dets? UNDERSCORES")
RULES.add("from_spaces", "REPLACE|CONVERT dets? SPACES becoming dets? UNDERSCORES")
RULES.add("from_spaces", "USE|PUT dets? UNDERSCORES INSTEADOF OF? dets? SPACES")
RULES.constant("clean_what_else", "to_spaces", "from_underscores")
RULES.constant("clean_what_else", "to_underscores", "from_spaces")
RULES.add("order", "o:sort", "o:dedupe", "o:clean")

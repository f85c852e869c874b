"""Grammar of orders: what each construction with each class of verbs asks for."""

from __future__ import annotations

from dataclasses import replace

from tagsmith.agent.offline.chart import Grammar
from tagsmith.agent.offline.clauses import (
    EVERYTHING,
    THOSE,
    Condition,
    FollowUp,
    Group,
    Mention,
    MentionKind,
    Order,
    Place,
)
from tagsmith.agent.offline.rules_tags import conjunction

Mod = Condition | Place
Pair = tuple[tuple[Mention, ...], tuple[Mention, ...]]


def add_rules(grammar: Grammar) -> None:
    """Add the rules for ``order`` and its kinds."""
    grammar.add("mod", "what:place", "COMMA what:place")

    @grammar.rule("mod", "DATIVE")
    def those() -> Condition:
        return THOSE

    grammar.add("mod", "WHERESAYS what:expr", cost=3)
    grammar.add("mod", "what:scope|exception", "what:scope ONLY", cost=1)
    grammar.add("mod", "COMMA what:scope", cost=5)
    _add_replace(grammar)
    _add_prune(grammar)
    _add_add(grammar)
    _add_move(grammar)
    _add_tidy(grammar)
    _add_groups(grammar)
    _add_history(grammar)


def with_mods(order: Order, mods: tuple[Mod, ...]) -> Order | None:
    """Put conditions and at most one place into an order; refuse what says a thing twice."""
    places = [mod for mod in mods if isinstance(mod, Place)]
    named = [mod for mod in mods if not isinstance(mod, Place)]
    # "ponle X a los perros" names the images twice.
    scopes = [mod for mod in named if mod != THOSE] or named[:1]
    if len(places) + (order.place is not None) > 1 or len(scopes) > 2:
        return None
    where = conjunction(order.where, *scopes)
    return replace(order, where=where, place=places[0] if places else order.place)


def _without_place(order: Order, mods: tuple[Mod, ...]) -> Order | None:
    return None if any(isinstance(mod, Place) for mod in mods) else with_mods(order, mods)


def _add_replace(grammar: Grammar) -> None:
    add, rule = grammar.add, grammar.rule
    add("change", "REPLACE")
    add("becoming", "WITH|TO|INTO|BY|FOR|AS|ARROW", "TO BE", "ALL|BOTH WITH|TO|INTO|BY|AS")

    @rule("pair", "old:tags becoming new:news")
    @rule("arrow", "old:tags ARROW new:news")
    def pair(old: tuple[Mention, ...], new: tuple[Mention, ...]) -> Pair:
        return old, new

    for name in ("pair", "arrow"):
        add(f"{name}_more", f"and what:{name}", f"SEMICOLON what:{name}")

    @rule("pairs", "first:pair more:pair_more*")
    @rule("arrows", "first:arrow more:arrow_more*")
    def pairs(first: Pair, more: tuple[Pair, ...]) -> tuple[Pair, ...]:
        return (first, *more)

    @rule("replace", "REPLACE|CONVERT|MERGE m:mod* pairs:pairs m:mod*")
    @rule("replace", "REPLACE|CONVERT? m:mod* pairs:arrows m:mod*")
    def replace_pairs(pairs: tuple[Pair, ...], m: tuple[Mod, ...]) -> Order | None:
        if len(pairs) > 1 and any(len(old) != len(new) for old, new in pairs):
            return None
        old = tuple(tag for pair in pairs for tag in pair[0])
        new = tuple(tag for pair in pairs for tag in pair[1])
        return _without_place(Order("replace", old, new), m)

    @rule("replace", "SUBSTITUTE m:mod* old:tags WITH|BY new:news m:mod*")
    @rule("replace", "SPLIT|CONVERT|REPLACE old:tags becoming NUM? TAGN COMMA? new:several m:mod*")
    @rule("replace", "SPLIT old:tags INTO|IN|TO new:several m:mod*")
    @rule("replace", "SUBSTITUTE new:news FOR old:tags m:mod*")
    @rule("replace", "MAKE old:tags INTO new:news m:mod*")
    @rule("replace", "REPLACE|CONVERT old:tags m:mod m:mod* becoming new:news m:mod*")
    def replace_inside(
        old: tuple[Mention, ...], new: tuple[Mention, ...], m: tuple[Mod, ...]
    ) -> Order | None:
        return _without_place(Order("replace", old, new), m)

    @rule("replace", "USE|PUT|SAY new:news m:mod* INSTEADOF old:tags m:mod*")
    @rule("replace", "USE|PUT|SAY new:news WHERESAYS old:any_tags")
    @rule("replace", "WHERESAYS old:any_tags COMMA? USE|PUT|SAY new:news m:mod*")
    @rule("replace", "CALL old:mentioned new:named m:mod*", "PREFER new:news OVER old:tags m:mod*")
    @rule("replace", "old:tags WRONG COMMA? USE|PUT|PREFER new:news m:mod*")
    @rule("replace", "old:tags WRONG COMMA? IT? SHOULDBE new:news m:mod*")
    @rule("replace", "INSTEADOF old:tags COMMA? USE|PUT|SAY|WANT new:news m:mod*")
    @rule("replace", "m:mod* old:tags SHOULDBE new:news m:mod*")
    @rule("replace", "MAKE|WANT|ENSURE|THAT old:tags SHOULDBE new:news m:mod*")
    def replace_stated(
        old: tuple[Mention, ...], new: tuple[Mention, ...], m: tuple[Mod, ...]
    ) -> Order | None:
        return _without_place(Order("replace", old, new), m)

    @rule("mentioned", "m:mention")
    @rule("named", "m:new")
    def one(m: Mention) -> tuple[Mention, ...]:
        return (m,)

    @rule("several", "first:new more+:new_more more:new_more*")
    def several(first: Mention, more: tuple[Mention, ...]) -> tuple[Mention, ...]:
        return (first, *more)

    @rule("replace", "REPLACE|CONVERT|MERGE old:tags m:mod*", cost=20)
    def replace_open(old: tuple[Mention, ...], m: tuple[Mod, ...]) -> Order | None:
        order = _without_place(Order("replace", old, unclear="replace_with"), m)
        return order if order is not None and _all_known(old) else None

    add("order", "o:replace")


def _all_known(tags: tuple[Mention, ...]) -> bool:
    return all(tag.kind is not MentionKind.UNKNOWN for tag in tags)


def _add_prune(grammar: Grammar) -> None:
    add, rule = grammar.add, grammar.rule

    @rule("prune", "REMOVE|PULL m:mod* ONLY? tags:tags m:mod*")
    @rule(
        "prune",
        "TAKE tags:tags AWAY m:mod*",
        "REMOVE|DELETE ANY tags:any_tags TAGN? m:mod*",
        "NOMORE tags:any_tags NOMORE_END? m:mod*",
    )
    @rule(
        "prune",
        "TAKE tags:tags m:mod m:mod*",
        "TAKE m:mod m:mod* tags:tags",
        "WANT tags:tags OUT m:mod*",
    )
    @rule("prune", "tags:tags OUT m:mod*", "OUT WITH? tags:tags m:mod*")
    def prune(tags: tuple[Mention, ...], m: tuple[Mod, ...]) -> Order | None:
        return _without_place(Order("prune", tags), m)

    @rule("prune", "NOIMG SHOULDHAVE|HAVE tags:any_tags", "tags:any_tags SHOULDNOT")
    @rule("prune", "tags:any_tags SHOULDNOTBE where:group", "CLEAN tags:tags m:mod m:mod*", cost=2)
    def prune_stated(
        tags: tuple[Mention, ...], m: tuple[Mod, ...] = (), where: Group | None = None
    ) -> Order | None:
        return _without_place(Order("prune", tags, where=where.where if where else None), m)

    @rule("prune", "DELETE m:mod* ONLY? tags:tags m:mod*")
    def delete_tag(tags: tuple[Mention, ...], m: tuple[Mod, ...]) -> Order | None:
        # "delete the dogs": the tag, or the images? A list, a noun or a bare tag is the tag.
        vague = any(
            tag.definite and not tag.noun and tag.kind is MentionKind.PLURAL for tag in tags
        )
        return _without_place(Order("prune", tags, unclear="tag_or_images" if vague else ""), m)

    @rule("prune", "tags:tags COMMA? REMOVE|DELETE|PULL CLITIC m:mod*")
    @rule("prune", "tags:tags COMMA? REMOVE|DELETE|PULL PRON m:mod*")
    @rule("prune", "tags:tags COMMA? REMOVE|DELETE", cost=3)
    def prune_named(tags: tuple[Mention, ...], m: tuple[Mod, ...] = ()) -> Order | None:
        return _without_place(Order("prune", tags), m)

    add("order", "o:prune")


def _add_add(grammar: Grammar) -> None:
    add, rule = grammar.add, grammar.rule

    @rule("trigger", "DET? TRIGGER TAGN? NAMED|COMMA? m:NEW", "m:NEW AS DET? TRIGGER")
    @rule("trigger", "DET? m:NEW TRIGGER", cost=-1)
    def trigger(m: Mention) -> tuple[Mention, ...]:
        return (m,)

    @rule("add", "ADD m:mod* new:added m:mod*", "PUT|GIVE|WANT|USE m:mod* new:trigger m:mod*")
    @rule("add", "PUT CLITIC? COMMA? m:mod* new:trigger m:mod*", "MAKE new:trigger m:mod*")
    @rule("add", "MAKE new:named_new DET? TRIGGER m:mod*")
    @rule("add", "USE|MAKE|PUT new:new_as m:mod*", "PUT TRIGGER TO|AS new:named_new m:mod*")
    @rule("add", "PUT DET TRIGGER TO|AS new:named_new m:mod*")
    @rule("add", "REPLACE DET? TRIGGER TO|BY|INTO new:named_new m:mod*", cost=30)
    @rule("add", "MAKE TRIGGER BE? new:named_new m:mod*", "trigger_is new:named_new m:mod*")
    def add_tags(new: tuple[Mention, ...], m: tuple[Mod, ...]) -> Order | None:
        return with_mods(Order("add", new=new), m)

    add("added", "new:news", "new:trigger")
    add("trigger_is", "DET? TRIGGER BE|SHOULDBE|COMMA?")

    @rule("new_as", "m:NEW AS DET? TRIGGER")
    @rule("named_new", "m:NEW")
    def single(m: Mention) -> tuple[Mention, ...]:
        return (m,)

    @rule("add", "PREPEND new:added m:mod*")
    def prepend(new: tuple[Mention, ...], m: tuple[Mod, ...]) -> Order | None:
        return with_mods(Order("add", new=new, place=Place("first")), m)

    @rule("add", "APPEND new:added m:mod*")
    def append(new: tuple[Mention, ...], m: tuple[Mod, ...]) -> Order | None:
        return with_mods(Order("add", new=new, place=Place("last")), m)

    @rule("put", "PUT m:mod* new:news m:mod*", "WANT new:news m:mod m:mod*")
    def put(new: tuple[Mention, ...], m: tuple[Mod, ...]) -> Order | None:
        return with_mods(Order("put", new=new), m)

    @rule("put", "MAKE|ENSURE|THAT? new:news SHOULDGO m:mod m:mod*", cost=1)
    def put_stated(new: tuple[Mention, ...], m: tuple[Mod, ...]) -> Order | None:
        return with_mods(Order("put", new=new), m)

    add("add", "o:put")

    @rule("tagged", "TAGV g:group WITH|AS new:added m:mod*")
    @rule(
        "tagged",
        "TAGV g:images new:added m:mod*",
        "GIVE TO? g:group new:added m:mod*",
    )
    @rule("tagged", "MAKE|ENSURE? g:group SHOULDHAVE new:added m:mod*")
    @rule(
        "tagged", "ENSURE g:group HAVE new:added m:mod*", "THAT g:each SHOULDHAVE new:added m:mod*"
    )
    @rule("tagged", "ADD|PUT TO|ON|IN g:group new:added m:mod*")
    def tag_group(g: Group, new: tuple[Mention, ...], m: tuple[Mod, ...]) -> Order | None:
        return None if g.loose else with_mods(Order("add", new=new, where=g.where), m)

    @rule("tagged", "PREFIX g:group WITH new:added m:mod*")
    @rule(
        "tagged",
        "MAKE|WANT|ENSURE? g:group START new:added m:mod*",
        "THAT g:each START new:added m:mod*",
    )
    def start_with(g: Group, new: tuple[Mention, ...], m: tuple[Mod, ...]) -> Order | None:
        order = Order("add", new=new, where=g.where, place=Place("first"))
        return None if g.loose else with_mods(order, m)

    @rule(
        "tagged",
        "MAKE|WANT|ENSURE? g:group FINISH new:added m:mod*",
        "THAT g:each FINISH new:added m:mod*",
    )
    def end_with(g: Group, new: tuple[Mention, ...], m: tuple[Mod, ...]) -> Order | None:
        order = Order("add", new=new, where=g.where, place=Place("last"))
        return None if g.loose else with_mods(order, m)

    @rule("each", "EVERYTHING", "ALL DET? pics")
    def each() -> Group:
        return Group(EVERYTHING)

    @rule("each", "ALL DET? pics where:rels", "ALL ONES? where:rels")
    def each_with(where: Condition) -> Group:
        return Group(where)

    add("order", "o:add", "o:tagged")


def _add_move(grammar: Grammar) -> None:
    add, rule = grammar.add, grammar.rule

    @rule("move", "MOVE m:mod* tags:tags m:mod m:mod*", "MOVE m:mod* CLITIC m:mod m:mod*")
    @rule(
        "move",
        "tags:tags SHOULDGO m:mod m:mod*",
        "MAKE|WANT|ENSURE|THAT tags:tags SHOULDGO m:mod m:mod*",
        "TAKE tags:tags m:mod m:mod*",
    )
    @rule("move", "tags:tags COMMA? MOVE|PUT CLITIC m:mod m:mod*")
    @rule("move", "SORT tags:tags m:mod m:mod*")
    @rule("move", "tags:tags m+:place m:mod*", cost=2)
    @rule(
        "move", "MAKE tags:tags m:mod m:mod*", "MAKE|ENSURE|WANT tags:tags BE m:mod m:mod*", cost=1
    )
    def move(m: tuple[Mod, ...], tags: tuple[Mention, ...] = ()) -> Order | None:
        found = tags or (Mention("", MentionKind.PRONOUN),)
        order = with_mods(Order("move", found), m)
        return order if order is not None and order.place is not None else None

    @rule("last_n", "DET? FINAL|RECENT n:NUM TAGN", "DET? n:NUM FINAL|RECENT TAGN")
    def last_n(n: int) -> int:
        return n

    @rule("last_n", "DET? FINAL|RECENT TAGN")
    def last_one() -> int:
        return 1

    @rule("move", "n:last_n SHOULDGO m:mod m:mod*")
    @rule("move", "TAKE n:last_n AND PUT|MOVE PRON|CLITIC m:mod m:mod*")
    @rule(
        "move",
        "MOVE|PUT|TAKE n:last_n m:mod m:mod*",
        "MOVE|PUT|TAKE n:last_n OF g:group m:mod m:mod*",
    )
    def move_last(n: int, m: tuple[Mod, ...], g: Group | None = None) -> Order | None:
        where = g.where if g else None
        order = with_mods(Order("move", count=n, where=where), m)
        return order if order is not None and order.place is not None else None

    add("order", "o:move")


def _add_tidy(grammar: Grammar) -> None:
    """Sorting, duplicates, spaces, empty tags, underscores."""
    add, rule = grammar.add, grammar.rule
    add("tag_noun", "dets? CAP TAGN", "dets? TAGN", "dets? CAP", "dets? TAGN OF|IN dets? CAP|IMG")

    @rule("sort", "SORT tag_noun? key:sort_key m:mod*", "SORT tag_noun m:mod m:mod* key:sort_key")
    @rule("sort", "PUT key:people m:mod*", cost=-2)
    @rule("sort", "MAKE|WANT|ENSURE tag_noun BE|SHOULDBE|SHOULDGO? key:sort_key m:mod*", "tag_noun SHOULDBE|SHOULDGO key:sort_key m:mod*")
    @rule("sort", "PUT tag_noun key:sort_key m:mod*", "SORT m:mod m:mod* key:sort_key")
    @rule("sort", "SORT tag_noun m:mod*", "SORT", "SORT g:group key:sort_key?")
    def sort(m: tuple[Mod, ...] = (), key: str = "", g: Group | None = None) -> Order | None:
        return _without_place(Order("sort", where=g.where if g else None, option=key), m)

    @rule("people", "BYPEOPLE")
    def people() -> str:
        return "people"

    for terminal, key in (("ALPHA", "name"), ("BYCOUNT", "frequency"), ("BYPEOPLE", "people")):
        _add_key(grammar, terminal, key)

    add("twice", "dets? DUPLICATE TAGN", "dets? TAGN DUPLICATE", "dets? DUPLICATES")
    add("twice", "dets? TAGN DUPLICATES", "dets? DUPLICATES OF|IN DET? TAGN")

    @rule("dedupe", "DEDUPE tag_noun? EACHCAP? m:mod*", "REMOVE|DELETE|CLEAN twice EACHCAP? m:mod*")
    @rule(
        "dedupe",
        "NOMORE twice EACHCAP? m:mod*",
        "MAKE|ENSURE tag_noun BE? UNIQUE",
        "DEDUPE g:group",
    )
    def dedupe(m: tuple[Mod, ...] = (), g: Group | None = None) -> Order | None:
        return _without_place(Order("dedupe", where=g.where if g else None), m)

    add("spaces", "dets? SPACES", "dets? EXTRA SPACES", "dets? SPACES EXTRA")
    add("spaces", "dets? EXTRA? SPACES OF|IN|AFTER dets? COMMAS|TAGN|CAP")
    add("empties", "dets? EMPTY ITEMS", "dets? ITEMS EMPTY", "dets? EXTRA|DUPLICATE|EMPTY COMMAS")

    @rule("clean_what", "spaces")
    def spaces() -> str:
        return "spaces"

    @rule("clean_what", "empties")
    def empty() -> str:
        return "empty"

    @rule("clean_what", "spaces AND empties", "empties AND spaces", "spaces COMMA? AND empties")
    def spaces_and_empty() -> str:
        return "spaces empty"

    @rule("clean", "REMOVE|DELETE|CLEAN what:clean_what m:mod*", cost=-1)
    def clean(what: str, m: tuple[Mod, ...]) -> Order | None:
        return _without_place(Order("clean", option=what), m)

    @rule("clean", "CLEAN|REMOVE tag_noun m:mod*", "CLEAN dets? DATASET", "CLEAN")
    def clean_vague(m: tuple[Mod, ...] = ()) -> Order | None:
        return _without_place(Order("clean", unclear="clean_what"), m)

    add("from_underscores", "REPLACE|CONVERT dets? UNDERSCORES m:mod* becoming dets? SPACES")
    add("from_underscores", "dets? UNDERSCORES ARROW|SHOULDBE dets? SPACES")
    add("from_spaces", "dets? SPACES ARROW|SHOULDBE dets? UNDERSCORES")
    add("from_underscores", "USE|PUT dets? SPACES INSTEADOF dets? UNDERSCORES")
    add("from_underscores", "REMOVE|DELETE|CLEAN|NOMORE dets? UNDERSCORES")
    add("from_spaces", "REPLACE|CONVERT dets? SPACES becoming dets? UNDERSCORES")
    add("from_spaces", "USE|PUT dets? UNDERSCORES INSTEADOF OF? dets? SPACES")

    for symbol, option in (("from_underscores", "to_spaces"), ("from_spaces", "to_underscores")):
        _add_underscores(grammar, symbol, option)

    add("order", "o:sort", "o:dedupe", "o:clean")


def _add_key(grammar: Grammar, terminal: str, key: str) -> None:
    @grammar.rule("sort_key", f"COMMA? {terminal}")
    def sort_key() -> str:
        return key


def _add_underscores(grammar: Grammar, symbol: str, option: str) -> None:
    @grammar.rule("clean", f"{symbol} m:mod*", cost=-1)
    def underscores(m: tuple[Mod, ...]) -> Order | None:
        return _without_place(Order("clean", option=option), m)


def _add_groups(grammar: Grammar) -> None:
    """Isolating, restoring and deleting images."""
    add, rule = grammar.add, grammar.rule

    @rule("delete", "REMOVE|DELETE g:images m:mod*", "REMOVE|DELETE g:everything")
    def delete(g: Group, m: tuple[Mod, ...] = ()) -> Order | None:
        order = _without_place(Order("delete", where=g.where), m)
        if order is None or order.where is None or order.where == EVERYTHING:
            return Order("delete", where=EVERYTHING, unclear="delete_all")
        return order

    @rule("delete", "TAKE|PUT|MOVE g:images INTO|IN|TO DET? TRASHCAN")
    @rule("delete", "g:images OUT")
    def delete_stated(g: Group) -> Order:
        unclear = "delete_all" if g.where == EVERYTHING else ""
        return Order("delete", where=g.where, unclear=unclear)

    @rule(
        "delete", "PULL g:images m:mod*", "TAKE g:images AWAY m:mod*", "TAKE g:images m:mod m:mod*"
    )
    def pull(g: Group, m: tuple[Mod, ...]) -> Order | None:
        return _without_place(Order("delete", where=g.where, unclear="delete_or_isolate"), m)

    @rule("everything", "EVERYTHING", "ALL? DET? DATASET")
    def everything() -> Group:
        return Group(EVERYTHING, images=True)

    add("named_folder", "INTO|TO|IN DET? FOLDER NAMED? name:label")
    grammar.add("named_folder", "INTO|TO|IN DET? name:label FOLDER", cost=2)
    add("folder", "name:named_folder", "AS|NAMED name:label")
    add("folder", "INTO|IN|TO name:label", "COMMA NAMED name:label", "COMMA? AND? NAMED name:label")
    add(
        "folder", "INTO|TO|IN DET? name:label FOLDER", "INTO|IN|TO DET? OF? FOLDER NAMED name:label"
    )

    @rule("label", "DET? m:NEW")
    def label(m: Mention) -> str:
        return m.said or m.text

    @rule(
        "isolate", "ISOLATE g:group name:folder?", "ISOLATE g:group aside", "ISOLATE aside? g:group"
    )
    @rule("isolate", "MOVE|PUT g:images name:folder", "MOVE|PUT|WANT|MAKE g:group aside")
    @rule("isolate", "ISOLATE|WANT g:group REST? name:named_folder")
    @rule("isolate", "MOVE|PUT g:group name:named_folder", "MOVE|PUT name:named_folder g:group")
    @rule("isolate", "ISOLATE|MOVE|PUT name:folder g:images", "ISOLATE|MOVE|PUT aside g:images")
    def isolate(g: Group, name: str = "") -> Order | None:
        if g.where == EVERYTHING:
            return Order("isolate", where=EVERYTHING, unclear="isolate_all")
        return Order("isolate", where=g.where, name=name)

    @rule("isolate", "ISOLATE PRON|CLITIC name:folder?")
    def isolate_those(name: str = "") -> Order:
        return Order("isolate", (Mention("", MentionKind.PRONOUN),), name=name)

    @rule(
        "isolate", "ISOLATE g:images FROM? m:exception name:folder?", "ISOLATE g:everything m:mod"
    )
    def isolate_except(g: Group, m: Mod, name: str = "") -> Order | None:
        order = _without_place(Order("isolate", where=g.where, name=name), (m,))
        return None if order is None or order.where == EVERYTHING else order

    add(
        "aside",
        "ASIDE",
        "REST",
        "ASIDE REST",
        "REST INTO|TO|IN DET? FOLDER",
        "ASIDE IN DET? FOLDER",
    )
    add("aside", "INTO|TO|IN DET? FOLDER", "IN|TO DET? OF? FOLDER")

    @rule("isolate", "REPLACE g:images TO|AS|INTO name:label")
    def rename(g: Group, name: str) -> Order | None:
        if g.where == EVERYTHING:
            return None
        return Order("isolate", where=g.where, name=name, option="rename")

    @rule("restore", "RESTORE dets? ISOLATED? pics name:label", "RESTORE name:label")
    @rule(
        "restore",
        "RESTORE dets? ISOLATED? name:label ISOLATED? pics",
        "RESTORE dets? pics ISOLATED IN|AS name:label",
    )
    @rule(
        "restore",
        "RESTORE dets? FOLDER|ISOLATED name:label",
        "RESTORE dets? pics ISOLATED OF name:label",
    )
    @rule(
        "restore",
        "RESTORE dets? pics OF|IN dets? FOLDER? name:label",
        "RESTORE dets? name:label FOLDER",
    )
    @rule("restore", "RESTORE dets? ISOLATED? pics ISOLATED?", "RESTORE dets ISOLATED", cost=1)
    def restore(name: str = "") -> Order:
        return Order("restore", name=name)

    add("order", "o:delete", "o:isolate", "o:restore")


def _add_history(grammar: Grammar) -> None:
    add, rule = grammar.add, grammar.rule
    add("steps", "DET? RECENT n:NUM THINGS", "DET? n:NUM RECENT THINGS", "n:NUM THINGS")

    @rule("redo", "REDO PRON|CLITIC?", "REDO DET? RECENT? THINGS", "REDO n:steps", "REDO DET? RECENT")
    def redo(n: int | None = None) -> FollowUp:
        return FollowUp("redo", count=n)

    add("followup", "c:redo")

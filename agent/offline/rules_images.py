"""Grammar of images: which of them a phrase names, and for which of them an order holds."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from tagsmith.agent.offline.chart import Grammar
from tagsmith.agent.offline.clauses import (
    EVERYTHING,
    AllOf,
    AnyOf,
    Condition,
    Group,
    Has,
    Mention,
    MentionKind,
    Not,
    Raw,
    Unclear,
)
from tagsmith.agent.offline.conditions import tags_in
from tagsmith.agent.offline.rules_tags import (
    DOUBT,
    Joined,
    any_of,
    clear,
    conjunction,
    doubtful,
    has,
    joined,
)


def add_rules(grammar: Grammar) -> None:
    """Add the rules for ``rels``, ``group``, ``scope``, ``exception`` and their parts."""
    _add_relatives(grammar)
    _add_sizes(grammar)
    _add_names(grammar)
    _add_groups(grammar)
    _add_kinds(grammar)
    _add_scopes(grammar)
    _add_presence(grammar)


def _add_relatives(grammar: Grammar) -> None:
    """``rels`` narrow images: "with X", "that don't have Y", "tagged Z", "without a caption"."""
    add, rule = grammar.add, grammar.rule
    add("rel", "WITH|HAVE what:expr", "THAT IT? HAVE what:expr", "THAT HAVE TAGN what:expr")
    add("rel", "THAT? TAGGED WITH|AS|BOTH? what:expr", "THAT? BE TAGGED WITH|AS? what:expr")
    add("rel", "THAT BE OF? what:expr", "THAT NEGATED|WITHOUT what:absent", "WITHOUT what:absent")
    add(
        "rel",
        "THAT? NOT|NEGATED HAVE|TAGGED WITH|AS? what:absent",
        "THAT? DO? NOT HAVE what:absent",
    )
    add("rel", "WHERE what:presence", "THAT? what:size", "what:naming", "what:text")

    @rule("rel", "THAT OBJ HAVE", cost=1)
    @rule("presence", "IT? PRESENT", "OBJ HAVE", cost=2)
    def it_is_there() -> Condition:
        return Has(Mention("", MentionKind.PRONOUN))

    @rule("rel", "OF what:expr")
    def of(what: Condition) -> Condition | None:
        return None if isinstance(what, AllOf) else what

    @rule("rel", "OF what:expr", cost=DOUBT)
    def of_both(what: Condition) -> Condition | None:
        # "images of dogs and cats": those with both, or those of each kind?
        return Unclear("and_or", tuple(tags_in(what))) if isinstance(what, AllOf) else None

    @rule("rel_more", "AND|BUT BE what:expr", "AND|BUT NEGATED what:absent")
    @rule("rel_more", "AND|BUT THAT? what:rel", "COMMA? AND|BUT what:rel", "what:rel")
    def and_rel(what: Condition) -> Joined:
        return "and", what

    @rule("rel_more", "OR THAT? what:rel")
    def or_rel(what: Condition) -> Joined:
        return "or", what

    @rule("rels", "first:rel more:rel_more*")
    def rels(first: Condition, more: tuple[Joined, ...]) -> Condition | None:
        return clear(joined(first, more))

    @rule("rels", "first:rel more:rel_more*", cost=DOUBT)
    def doubtful_rels(first: Condition, more: tuple[Joined, ...]) -> Condition | None:
        return doubtful(joined(first, more))


def _add_sizes(grammar: Grammar) -> None:
    """``size`` counts: tags, captions, pixels."""
    rule = grammar.rule

    for words, query in (
        ("WITHOUT|NONE DET? CAP", "captioned:no"),
        ("THAT? NOT HAVE DET? CAP", "captioned:no"),
        ("THAT? WITH|HAVE DET? CAP", "captioned:yes"),
        ("WITHOUT TAGN", "tags:=0"),
        ("BE? UNTAGGED", "tags:=0"),
        ("BE? UNCAPTIONED", "captioned:no"),
        ("THAT? NOT HAVE DET? TAGN", "tags:=0"),
    ):
        _add_raw(grammar, "size", words, query)

    @rule("size", "HAVE|WITH? sign:sign n:number TAGN", "THAT HAVE sign:sign n:number TAGN")
    def tag_count(sign: str, n: int) -> Condition:
        return Raw(f"tags:{sign}{n}")

    @rule("size", "HAVE|WITH n:number TAGN")
    def exact_count(n: int) -> Condition:
        return Raw(f"tags:={n}")

    @rule("size", "BE? sign:wider n:number PIXELS?")
    def width(sign: str, n: int) -> Condition:
        return Raw(f"width:{sign}{n}")

    @rule("size", "BE? sign:taller n:number PIXELS?")
    def height(sign: str, n: int) -> Condition:
        return Raw(f"height:{sign}{n}")

    @rule("size", "BE? sign:sign n:number PIXELS? WIDTH", "WITH sign:sign n:number PIXELS? WIDTH")
    def width_of(sign: str, n: int) -> Condition:
        return Raw(f"width:{sign}{n}")

    @rule("size", "BE? sign:sign n:number PIXELS? HEIGHT", "WITH sign:sign n:number PIXELS? HEIGHT")
    def height_of(sign: str, n: int) -> Condition:
        return Raw(f"height:{sign}{n}")

    for name, signs in (
        ("sign", {"FEWER": "<", "MORE": ">", "ATLEAST": ">=", "ATMOST": "<=", "EXACTLY": "="}),
        ("wider", {"WIDER": ">", "NARROWER": "<"}),
        ("taller", {"TALLER": ">", "SHORTER": "<"}),
    ):
        for terminal, sign in signs.items():
            _add_constant(grammar, name, terminal, sign)


def _add_names(grammar: Grammar) -> None:
    """``naming`` and ``named`` pick images by name or folder, ``text`` by what a caption says."""
    add, rule = grammar.add, grammar.rule

    @rule("text", "CONTAINTEXT said:QUOTED")
    def text(said: str) -> Condition:
        return Raw(f"caption:{_literal(said)}")

    @rule("naming", "NAMED name:NAME")
    @rule("picture_name", "IMG? name:NAME", "DET? IMG name:NAME", "DET? CAP OF IMG? name:NAME")
    def named(name: str) -> Condition:
        return Raw(f"name:{_literal(name)}")

    @rule("naming", "IN DET? FOLDER folder:QUOTED|WORDN", "OF DET? FOLDER folder:QUOTED")
    def folder(folder: str) -> Condition:
        return Raw(f"folder:{_literal(folder)}")

    add("naming", "what:query")

    @rule("query", "q:QUERY")
    def given(q: str) -> Condition:
        return Raw(q)


def _add_raw(grammar: Grammar, symbol: str, words: str, query: str) -> None:
    """Let some words mean a query of their own."""

    @grammar.rule(symbol, words, cost=-1)
    def raw() -> Condition:
        return Raw(query)


def _add_constant(grammar: Grammar, symbol: str, words: str, value: Any) -> None:
    @grammar.rule(symbol, words)
    def constant() -> Any:
        return value


def _literal(text: str) -> str:
    """Write a text as a term that means exactly it, without loading the query parser."""
    return '"' + re.sub(r'[\\"*?]', r"\\\g<0>", text) + '"'


def _add_groups(grammar: Grammar) -> None:
    """``group`` is images as a noun phrase: "all images with X", "the dogs", "img_0012"."""
    add, rule = grammar.add, grammar.rule
    add("quant", "DET", "ALL", "ALL DET", "ALL OF DET", "ALL ONLY? DET", "ONLY DET?", "DET ALL")
    add("pics", "IMG", "CAP", "IMG CAP", "CAP OF? DET? IMG", "CAP OF DET? ALL? DET? IMG")

    @rule("images", "quant? where:plain_size pics")
    def sized(where: Condition) -> Group:
        return Group(where, images=True)

    _add_raw(grammar, "plain_size", "UNTAGGED", "tags:=0")
    _add_raw(grammar, "plain_size", "UNCAPTIONED", "captioned:no")
    add("all_images", "quant pics", "quant DATASET")

    @rule("images", "quant? pics", "quant? pics IN|OF DET? ALL? DET? DATASET")
    def images() -> Group:
        return Group(EVERYTHING, images=True)

    @rule("images", "quant? pics where:rels", "quant? ONES where:rels")
    def narrowed(where: Condition) -> Group:
        return Group(where, images=True)

    @rule("images", "quant? where:expr pics", "DET where:expr ONES")
    def adjective(where: Condition) -> Group | None:
        return None if isinstance(where, AllOf) else Group(where, images=True)

    @rule("images", "quant? where:expr pics", cost=DOUBT)
    def adjectives(where: Condition) -> Group | None:
        # "dog and cat pictures": those with both, or those of each kind?
        if not isinstance(where, AllOf):
            return None
        return Group(Unclear("and_or", tuple(tags_in(where))), images=True)

    @rule("images", "quant? first:mention second:mention pics", cost=3)
    def two_adjectives(first: Mention, second: Mention) -> Group | None:
        # "outdoors dog pictures" are both; unknown words are not tags side by side.
        known = (MentionKind.TAG, MentionKind.PLURAL)
        if first.kind not in known or second.kind not in known:
            return None
        return Group(AllOf((has(first), has(second))), images=True)

    @rule("images", "quant? base:expr pics where:rels")
    def both(base: Condition, where: Condition) -> Group | None:
        if not isinstance(base, Has):
            return None
        return Group(conjunction(base, where) or where, images=True)

    @rule("images", "first:picture_name more:named_more*")
    def names(first: Condition, more: tuple[Condition, ...]) -> Group:
        return Group(AnyOf((first, *more)) if more else first, images=True)

    add("named_more", "and IN|TO|OF|ON|FOR? what:picture_name")
    add("group", "g:images")

    @rule("group", "EVERYTHING", "quant? DATASET", "quant OF DATASET", "quant OF DET DATASET")
    def everything() -> Group:
        return Group(EVERYTHING)

    @rule("group", "EVERYTHING where:rels", "ALL where:rels")
    def everything_with(where: Condition) -> Group:
        return Group(where)

    @rule("group", "query:query")
    def raw(query: Condition) -> Group:
        return Group(query)


def _add_kinds(grammar: Grammar) -> None:
    """A tag that stands for its images: "the dogs and the cats", "outdoors"."""
    add, rule = grammar.add, grammar.rule

    @rule("kind", "m:mention")
    def one_kind(m: Mention) -> Mention:
        return m

    @rule("kind", "ALL DET? m:TAG")
    def all_kind(m: Mention) -> Mention:
        return replace(m, definite=True)

    @rule("group", "DET m:TAG")
    def the_one(m: Mention) -> Group:
        return Group(has(m))

    add("kind_and", "and IN|TO|OF|ON|FOR? m:kind")
    add("kind_or", "COMMA? OR IN|TO|OF|ON|FOR? m:kind")

    @rule("group", "first:kind more:kind_and*")
    def kinds(first: Mention, more: tuple[Mention, ...]) -> Group | None:
        tags = (first, *more)
        plural = all(_stands_for_images(tag) for tag in tags)
        return Group(any_of(tags), loose=not plural) if plural or not more else None

    @rule("group", "first:kind more:kind_and*", cost=DOUBT)
    def doubtful_kinds(first: Mention, more: tuple[Mention, ...]) -> Group | None:
        # "the dogs and the cats" are images of either; "dog and cat" alone could be of both.
        tags = (first, *more)
        if not more or all(_stands_for_images(tag) for tag in tags):
            return None
        return Group(Unclear("and_or", tags), loose=True)

    @rule("group", "first:kind more+:kind_or more:kind_or*")
    def either_kind(first: Mention, more: tuple[Mention, ...]) -> Group:
        tags = (first, *more)
        return Group(any_of(tags), loose=not all(_stands_for_images(tag) for tag in tags))

    @rule("group", "first:kind where:rels", "first:kind where:negative")
    def kind_with(first: Mention, where: Condition) -> Group | None:
        if first.kind is MentionKind.PRONOUN:
            return None
        return Group(conjunction(has(first), where) or where, loose=not _stands_for_images(first))

    add("negative", "BUT|AND NOT|WITHOUT what:absent", "WITHOUT what:absent")


def _stands_for_images(tag: Mention) -> bool:
    return tag.kind is MentionKind.PLURAL or (tag.definite and tag.kind is MentionKind.TAG)


def _add_scopes(grammar: Grammar) -> None:
    """``scope`` says for which images: "in X", "where there is Y", "except in Z", "everywhere"."""
    add, rule = grammar.add, grammar.rule

    @rule("scope", "ONLY? COMMA? IN g:group", "ONLY? FOR g:group", "ONLY? IN ONLY g:group")
    def inside(g: Group) -> Condition:
        return g.where

    @rule("some_images", "IN|TO|OF|ON|FOR g:images|all")
    def some_images(g: Group) -> Condition:
        return g.where

    @rule("all", "EVERYTHING", "quant? DATASET")
    def all_of_them() -> Group:
        return Group(EVERYTHING)

    @rule("scope", "ONLY? ON|TO|OF|AT|INTO g:group", "TO|OF|ON|AT ONLY g:group")
    def onto(g: Group) -> Condition | None:
        # "sitting on chair" is one tag: a bare tag behind these words is no group of images.
        return None if g.loose else g.where

    add("scope", "COMMA? ONLY? WHERE what:presence")

    @rule("scope", "OF|IN dets TAGN OF|IN g:group")
    def in_tags(g: Group) -> Condition:
        return g.where

    @rule("scope", "OF|IN dets TAGN")
    def in_all_tags() -> Condition:
        return EVERYTHING

    @rule("scope", "ONLY g:images")
    def only_images(g: Group) -> Condition:
        return g.where

    @rule("scope", "EVERYWHERE")
    def everywhere() -> Condition:
        return EVERYTHING

    @rule("scopes", "parts+:scope parts+:exception", "parts+:scope parts+:scope")
    @rule("scopes", "parts+:scope|exception")
    def scopes(parts: tuple[Condition, ...]) -> Condition | None:
        return conjunction(*parts)

    @rule("exception", "COMMA? EXCEPT|BUTNOT IN|TO|OF|ON|FOR|WITH g:group")
    @rule("exception", "COMMA? BUT IN|TO|OF|ON|FOR g:group NOT")
    @rule("exception", "COMMA? BUT|AND? KEEP g:group ALONE", "COMMA? BUT|AND? NOT TOUCH g:strong")
    @rule("exception", "COMMA? BUT? NOT IN|TO|OF|ON|FOR g:group", "EVERYWHERE|EVERYTHING BUT g:group")
    @rule("exception", "IN|TO|OF|ON|FOR EVERYTHING|all_images BUT IN|TO|OF|ON|FOR? g:group")
    def except_group(g: Group) -> Condition | None:
        return _outside(g.where)

    @rule("exception", "COMMA? EXCEPT|BUTNOT g:group")
    def except_images(g: Group) -> Condition | None:
        # "remove hat but not shirt" speaks of tags.
        return None if g.loose else _outside(g.where)

    @rule("strong", "g:group")
    def strong(g: Group) -> Group | None:
        return None if g.loose else g

    @rule("bare_exception", "COMMA? EXCEPT|BUTNOT g:group")
    def bare_exception(g: Group) -> Condition | None:
        return _outside(g.where) if g.loose else None

    @rule("scope", "inner:some_images COMMA? outer:bare_exception")
    def without_some(inner: Condition, outer: Condition) -> Condition:
        return conjunction(inner, outer) or outer

    @rule(
        "exception", "COMMA? EXCEPT|BUTNOT WHERE|THAT what:presence", "COMMA? UNLESS what:presence"
    )
    @rule("exception", "COMMA? BUT? NOT WHERE what:presence")
    def except_where(what: Condition) -> Condition | None:
        return _outside(what)


def _add_presence(grammar: Grammar) -> None:
    """``presence`` is what follows "where": "there is X", "it has no Y", "the image is not a Z"."""
    rule = grammar.rule

    @rule("presence", "THERE what:expr", "IT? HAVE what:expr", "DET? pics HAVE what:expr")
    @rule("presence", "what:expr PRESENT?", "IT? BE? TAGGED AS|WITH? what:expr")
    @rule("presence", "IT? BE OF? what:expr", "DET? pics BE OF? what:expr", "THERE what:expr PRESENT")
    @rule("presence", "PRESENT|HAVE what:expr", "DET? pics BE? TAGGED AS|WITH? what:expr")
    @rule("presence", "what:size", "IT what:size", "DET? pics what:size", "what:text")
    def present(what: Condition) -> Condition:
        return what

    @rule("presence", "NONE what:absent", "IT? NOT HAVE what:absent", "IT? WITHOUT what:absent")
    @rule("presence", "DET? pics NOT HAVE what:absent", "DET? pics WITHOUT what:absent")
    @rule("presence", "DET? pics NEGATED what:absent", "IT? NEGATED what:absent")
    @rule("presence", "IT? NEGATED TAGGED AS|WITH? what:absent")
    @rule("presence", "DET? pics NEGATED TAGGED AS|WITH? what:absent")
    def missing(what: Condition) -> Condition:
        return what

    @rule("presence", "tags:any_tags ABSENT", "NEITHER tags:any_tags PRESENT")
    def missing_tags(tags: tuple[Mention, ...]) -> Condition:
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

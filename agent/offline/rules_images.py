"""Grammar of images: which of them a phrase names, and for which of them an order holds."""

from __future__ import annotations

import re
from dataclasses import replace

from tagsmith.agent.offline.chart import Grammar
from tagsmith.agent.offline.clauses import (
    EVERYTHING,
    PRONOUN,
    REST,
    THEM,
    UNCAPTIONED,
    UNTAGGED,
    AllOf,
    AnyOf,
    Condition,
    Group,
    Has,
    Mention,
    MentionKind,
    Raw,
    Unclear,
)
from tagsmith.agent.offline.conditions import any_of, conjunction, has, tags_in
from tagsmith.agent.offline.rules_tags import DOUBT, Joined, clear, doubtful, joined

RULES = Grammar()


# rels narrow images: "with X", "that don't have Y", "tagged Z", "without a caption".
RULES.add("rel", "WITH|HAVE what:expr", "THAT IT? HAVE what:expr", "THAT HAVE TAGN what:expr")
RULES.add("rel", "THAT? TAGGED WITH|AS|BOTH? what:expr", "THAT? BE TAGGED WITH|AS? what:expr")
RULES.add("rel", "THAT BE OF? what:expr", "THAT NEGATED|WITHOUT what:absent", "WITHOUT what:absent")
RULES.add(
    "rel",
    "THAT? NOT|NEGATED HAVE|TAGGED WITH|AS? what:absent",
    "THAT? DO? NOT HAVE what:absent",
)
RULES.add("rel", "WHERE what:presence", "THAT? what:size", "what:naming", "what:text")


# "wherever it appears": the tag of the same order.
_IT = Has(PRONOUN)
RULES.constant("rel", _IT, "THAT OBJ HAVE", cost=1)
RULES.constant("presence", _IT, "IT? PRESENT", "OBJ HAVE", cost=2)


@RULES.rule("rel", "OF what:expr")
def _of(what: Condition) -> Condition | None:
    return None if isinstance(what, AllOf) else what


@RULES.rule("rel", "OF what:expr", cost=DOUBT)
def _of_both(what: Condition) -> Condition | None:
    # "images of dogs and cats": those with both, or those of each kind?
    return Unclear("and_or", tuple(tags_in(what))) if isinstance(what, AllOf) else None


@RULES.rule("rel_more", "AND|BUT BE what:expr", "AND|BUT NEGATED what:absent")
@RULES.rule("rel_more", "AND|BUT THAT? what:rel", "COMMA? AND|BUT what:rel", "what:rel")
def _and_rel(what: Condition) -> Joined:
    return "and", what


@RULES.rule("rel_more", "OR THAT? what:rel")
def _or_rel(what: Condition) -> Joined:
    return "or", what


@RULES.rule("rels", "first:rel more:rel_more*")
def _rels(first: Condition, more: tuple[Joined, ...]) -> Condition | None:
    return clear(joined(first, more))


@RULES.rule("rels", "first:rel more:rel_more*", cost=DOUBT)
def _doubtful_rels(first: Condition, more: tuple[Joined, ...]) -> Condition | None:
    return doubtful(joined(first, more))


# size counts: tags, captions, pixels.

_CAPTIONED = Raw("captioned:yes")

RULES.constant("plain_size", UNTAGGED, "UNTAGGED", cost=-1)
RULES.constant("plain_size", UNCAPTIONED, "UNCAPTIONED", cost=-1)
RULES.constant(
    "size", UNTAGGED, "WITHOUT TAGN", "THAT? NOT HAVE DET? TAGN", "BE? UNTAGGED", cost=-1
)
RULES.constant("size", UNCAPTIONED, "WITHOUT|NONE DET? CAP", "BE? UNCAPTIONED", cost=-1)
RULES.constant("size", UNCAPTIONED, "THAT? NOT HAVE DET? CAP", cost=-1)
RULES.constant("size", _CAPTIONED, "THAT? WITH|HAVE DET? CAP", cost=-1)

for _symbol, _signs in (
    ("sign", {"FEWER": "<", "MORE": ">", "ATLEAST": ">=", "ATMOST": "<=", "EXACTLY": "="}),
    ("wider", {"WIDER": ">", "NARROWER": "<"}),
    ("taller", {"TALLER": ">", "SHORTER": "<"}),
):
    for _word, _sign in _signs.items():
        RULES.constant(_symbol, _sign, _word)


@RULES.rule("size", "HAVE|WITH? sign:sign n:number TAGN", "THAT HAVE sign:sign n:number TAGN")
def _tag_count(sign: str, n: int) -> Condition:
    return Raw(f"tags:{sign}{n}")


@RULES.rule("size", "HAVE|WITH n:number TAGN")
def _exact_count(n: int) -> Condition:
    return Raw(f"tags:={n}")


@RULES.rule("size", "BE? sign:wider n:number PIXELS?")
def _width(sign: str, n: int) -> Condition:
    return Raw(f"width:{sign}{n}")


@RULES.rule("size", "BE? sign:taller n:number PIXELS?")
def _height(sign: str, n: int) -> Condition:
    return Raw(f"height:{sign}{n}")


@RULES.rule("size", "BE? sign:sign n:number PIXELS? WIDTH", "WITH sign:sign n:number PIXELS? WIDTH")
def _width_of(sign: str, n: int) -> Condition:
    return Raw(f"width:{sign}{n}")


@RULES.rule(
    "size", "BE? sign:sign n:number PIXELS? HEIGHT", "WITH sign:sign n:number PIXELS? HEIGHT"
)
def _height_of(sign: str, n: int) -> Condition:
    return Raw(f"height:{sign}{n}")


# naming and named pick images by name or folder, text by what a caption says.


@RULES.rule("text", "CONTAINTEXT said:QUOTED")
def _text(said: str) -> Condition:
    return Raw(f"caption:{_literal(said)}")


@RULES.rule("naming", "NAMED name:NAME")
@RULES.rule("picture_name", "IMG? name:NAME", "DET? IMG name:NAME", "DET? CAP OF IMG? name:NAME")
def _named(name: str) -> Condition:
    return Raw(f"name:{_literal(name)}")


@RULES.rule("naming", "IN DET? FOLDER folder:QUOTED|WORDN", "OF DET? FOLDER folder:QUOTED")
def _folder(folder: str) -> Condition:
    return Raw(f"folder:{_literal(folder)}")


RULES.add("naming", "what:query")


@RULES.rule("query", "q:QUERY")
def _given(q: str) -> Condition:
    return Raw(q)


def _literal(text: str) -> str:
    """Write a text as a term that means exactly it, without loading the query parser."""
    return '"' + re.sub(r'[\\"*?]', r"\\\g<0>", text) + '"'


# group is images as a noun phrase: "all images with X", "the dogs", "img_0012".
RULES.add("quant", "DET", "ALL", "ALL DET", "ALL OF DET", "ALL ONLY? DET", "ONLY DET?", "DET ALL")
RULES.add("pics", "IMG", "CAP", "IMG CAP", "CAP OF? DET? IMG", "CAP OF DET? ALL? DET? IMG")


RULES.constant("noun", True, "IMG")
RULES.constant("ones", True, "ONES")
RULES.constant("noun", False, "CAP", "IMG CAP", "CAP OF? DET? IMG")
RULES.constant("noun", False, "CAP OF DET? ALL? DET? IMG")


@RULES.rule("images", "quant? where:plain_size n:noun")
def _sized(where: Condition, n: bool) -> Group:
    return Group(where, images=n)


RULES.add("all_images", "quant pics", "quant DATASET")


@RULES.rule("images", "quant? n:noun", "quant? n:noun IN|OF DET? ALL? DET? DATASET")
def _images(n: bool) -> Group:
    return Group(EVERYTHING, images=n)


@RULES.rule("images", "quant? n:noun|ones where:rels")
def _narrowed(where: Condition, n: bool) -> Group:
    return Group(where, images=n)


@RULES.rule("images", "quant? where:expr n:noun|ones")
def _adjective(where: Condition, n: bool) -> Group | None:
    return None if isinstance(where, AllOf) else Group(where, images=n)


@RULES.rule("images", "quant? where:expr n:noun", cost=DOUBT)
def _adjectives(where: Condition, n: bool) -> Group | None:
    # "dog and cat pictures": those with both, or those of each kind?
    if not isinstance(where, AllOf):
        return None
    return Group(Unclear("and_or", tuple(tags_in(where))), images=n)


@RULES.rule("images", "quant? first:mention second:mention n:noun", cost=3)
def _two_adjectives(first: Mention, second: Mention, n: bool) -> Group | None:
    # "outdoors dog pictures" are both; unknown words are not tags side by side.
    known = (MentionKind.TAG, MentionKind.PLURAL)
    if first.kind not in known or second.kind not in known:
        return None
    return Group(AllOf((has(first), has(second))), images=n)


@RULES.rule("images", "quant? base:expr n:noun where:rels")
def _both(base: Condition, where: Condition, n: bool) -> Group | None:
    if not isinstance(base, Has):
        return None
    return Group(conjunction(base, where) or where, images=n)


@RULES.rule("images", "first:picture_name more:named_more*")
def _names(first: Condition, more: tuple[Condition, ...]) -> Group:
    return Group(AnyOf((first, *more)) if more else first, images=True)


@RULES.rule("picture_name", "DET? IMG? names:NAMES")
def _named_alike(names: str) -> Condition:
    return Raw(f'name:"{names}"')


RULES.add("named_more", "and IN|TO|OF|ON|FOR? what:picture_name")
RULES.add("group", "g:images")


@RULES.rule("group", "EVERYTHING", "quant? DATASET", "quant OF DATASET", "quant OF DET DATASET")
def _everything() -> Group:
    return Group(EVERYTHING)


@RULES.rule("group", "EVERYTHING where:rels", "ALL where:rels")
def _everything_with(where: Condition) -> Group:
    return Group(where)


RULES.constant("images", Group(Has(THEM), images=True), "DEM IMG", cost=-1)
RULES.constant("group", Group(REST), "DET? RESTN", "ALL DET? RESTN")


@RULES.rule("group", "query:query")
def _raw(query: Condition) -> Group:
    return Group(query)


# A tag that stands for its images: "the dogs and the cats", "outdoors".


@RULES.rule("kind", "m:mention")
def _one_kind(m: Mention) -> Mention:
    return m


@RULES.rule("kind", "ALL DET? m:TAG")
def _all_kind(m: Mention) -> Mention:
    return replace(m, definite=True)


@RULES.rule("group", "DET m:TAG")
def _the_one(m: Mention) -> Group:
    return Group(has(m))


RULES.add("kind_and", "and IN|TO|OF|ON|FOR? m:kind")
RULES.add("kind_or", "COMMA? OR IN|TO|OF|ON|FOR? m:kind")


@RULES.rule("group", "first:kind more:kind_and*")
def _kinds(first: Mention, more: tuple[Mention, ...]) -> Group | None:
    tags = (first, *more)
    plural = all(_stands_for_images(tag) for tag in tags)
    return Group(any_of(tags), loose=not plural) if plural or not more else None


@RULES.rule("group", "first:kind more:kind_and*", cost=DOUBT)
def _doubtful_kinds(first: Mention, more: tuple[Mention, ...]) -> Group | None:
    # "the dogs and the cats" are images of either; "dog and cat" alone could be of both.
    tags = (first, *more)
    if not more or all(_stands_for_images(tag) for tag in tags):
        return None
    return Group(Unclear("and_or", tags), loose=True)


@RULES.rule("group", "first:kind more+:kind_or more:kind_or*")
def _either_kind(first: Mention, more: tuple[Mention, ...]) -> Group:
    tags = (first, *more)
    return Group(any_of(tags), loose=not all(_stands_for_images(tag) for tag in tags))


@RULES.rule("group", "first:kind where:rels", "first:kind where:negative")
def _kind_with(first: Mention, where: Condition) -> Group | None:
    if first.kind is MentionKind.PRONOUN:
        return None
    return Group(conjunction(has(first), where) or where, loose=not _stands_for_images(first))


RULES.add("negative", "BUT|AND NOT|WITHOUT what:absent", "WITHOUT what:absent")


def _stands_for_images(tag: Mention) -> bool:
    return (
        tag == THEM
        or tag.kind is MentionKind.PLURAL
        or (tag.definite and tag.kind is MentionKind.TAG)
    )

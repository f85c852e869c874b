"""Grammar of tags, groups of images, conditions and places; the other rules build on these."""

from __future__ import annotations

from dataclasses import replace

from tagsmith.agent.offline.chart import Grammar
from tagsmith.agent.offline.clauses import (
    PRONOUN,
    THEM,
    AllOf,
    AnyOf,
    Condition,
    Has,
    Mention,
    MentionKind,
    Not,
    Place,
    Unclear,
)
from tagsmith.agent.offline.conditions import any_of, has, unclear_part

Joined = tuple[str, Condition]

# What a reading costs that could be read in two ways: another one is taken first.
DOUBT = 6


RULES = Grammar()


def join_tags(first: Mention, more: tuple[Mention, ...]) -> tuple[Mention, ...]:
    """Return a list as one tuple; a noun said once ("the tags a and b") holds for all."""
    listed = (first, *more)
    if any(one.noun for one in listed):
        return tuple(replace(one, noun=True) for one in listed)
    return listed


def clear(condition: Condition) -> Condition | None:
    """Refuse a condition that has two readings."""
    return condition if unclear_part(condition) is None else None


def doubtful(condition: Condition) -> Condition | None:
    """Refuse a condition that has only one reading."""
    return condition if unclear_part(condition) is not None else None


# tags and mention name existing tags, news and new tags that may be new.
RULES.add("dets", "DET", "DET DET", "ALL DET", "ALL")
RULES.add("and", "COMMA", "AND", "COMMA AND")
RULES.add("any_and", "COMMA", "AND", "COMMA AND", "OR", "NOR", "COMMA OR", "COMMA NOR")


def _define_mentions(name: str, terminal: str) -> None:
    """Define how one tag is named, alone or with the noun "tag", and how a list goes on."""
    rule = RULES.rule
    RULES.add(name, f"m:{terminal}")
    RULES.add(f"{name}_more", f"and m:{name}")
    RULES.add(f"{name}_more", f"SEMICOLON m:{name}", cost=1)

    @rule(name, f"dets m:{terminal}")
    def definite(m: Mention) -> Mention:
        return replace(m, definite=m.kind in (MentionKind.PLURAL, MentionKind.UNKNOWN))

    @rule(name, f"PLURALDET m:{terminal}", cost=-1)
    def several(m: Mention) -> Mention:
        return replace(m, definite=True)

    @rule(name, f"dets? FRESH? TAGN m:{terminal}", f"dets? m:{terminal} TAGN", cost=-1)
    @rule(name, f"dets? TAGN NAMED|SAY|OF m:{terminal}", cost=-1)
    @rule(name, f"dets? TAGN THAT SAY m:{terminal}", f"dets? WORDN m:{terminal}", cost=-1)
    @rule(name, f"dets? OCCURRENCE dets? TAGN? m:{terminal}", cost=-1)
    def noun(m: Mention) -> Mention:
        return replace(m, noun=True)


_define_mentions("mention", "TAG")
_define_mentions("new", "NEW")
RULES.add("mention_more", "SLASH m:mention")


RULES.constant("mention", PRONOUN, "PRON", "CLITIC", cost=2)
RULES.constant("mention", THEM, "THEM", "CLITIC_PLURAL", "ALLTHEM", cost=1)
RULES.constant(
    "mention",
    THEM,
    "ALL|DET NUM",
    "ALL NUM OF THEM",
    "CLITIC_PLURAL EVERYTHING|ALL",
    "EVERYTHING THEM",
    cost=1,
)


@RULES.rule("tags", "BOTH? first:mention more:mention_more*")
@RULES.rule("news", "BOTH? first:new more:new_more*")
def _tags(first: Mention, more: tuple[Mention, ...]) -> tuple[Mention, ...]:
    return join_tags(first, more)


@RULES.rule("tags", "ALL|DET NUM TAGN? first:mention more:mention_more*")
def _numbered(first: Mention, more: tuple[Mention, ...]) -> tuple[Mention, ...]:
    return join_tags(first, more)


@RULES.rule("tags", "BOTH first:mention AS second:mention")
def _both(first: Mention, second: Mention) -> tuple[Mention, ...]:
    return first, second


RULES.add("any_more", "any_and m:mention")


@RULES.rule("any_tags", "NEITHER? first:mention more:any_more*")
def _any_tags(first: Mention, more: tuple[Mention, ...]) -> tuple[Mention, ...]:
    return join_tags(first, more)


# expr is what images have ("dog and not cat"), absent what they lack.


@RULES.rule("unit", "m:mention")
def _having(m: Mention) -> Condition:
    return has(m)


@RULES.rule("unit", "NOT|NEGATED|WITHOUT m:mention")
def _has_not(m: Mention) -> Condition:
    return Not(has(m))


@RULES.rule("unit_more", "AND u:unit", "COMMA AND u:unit", "AND HAVE u:unit")
def _also(u: Condition) -> Joined:
    return "and", u


@RULES.rule(
    "unit_more", "BUT u:not_unit", "COMMA BUT u:not_unit", "COMMA? EXCEPT|BUTNOT u:except_unit"
)
def _but(u: Condition) -> Joined:
    return "but", u


@RULES.rule("unit_more", "OR u:unit", "COMMA OR u:unit", "OR HAVE u:unit")
def _either(u: Condition) -> Joined:
    return "or", u


@RULES.rule("unit_more", "COMMA u:unit")
def _listed(u: Condition) -> Joined:
    return "comma", u


@RULES.rule("not_unit", "NOT|WITHOUT m:mention", "NOT HAVE m:mention")
@RULES.rule("except_unit", "m:mention")
def _not_unit(m: Mention) -> Condition:
    return Not(has(m))


@RULES.rule("expr", "BOTH first:unit AS second:unit")
def _both_2(first: Condition, second: Condition) -> Condition:
    return AllOf((first, second))


@RULES.rule("expr", "BOTH? first:unit more:unit_more*")
def _expr(first: Condition, more: tuple[Joined, ...]) -> Condition | None:
    return clear(joined(first, more))


@RULES.rule("expr", "BOTH? first:unit more:unit_more*", cost=DOUBT)
def _doubtful_expr(first: Condition, more: tuple[Joined, ...]) -> Condition | None:
    return doubtful(joined(first, more))


@RULES.rule("absent", "tags:any_tags")
def _absent(tags: tuple[Mention, ...]) -> Condition:
    return Not(any_of(tags))


RULES.add("number", "n:NUM", "DET n:NUM", cost=0)


def joined(first: Condition, more: tuple[Joined, ...]) -> Condition:
    """Join conditions by what stands between them: "and", "or", "but" or "comma"."""
    if not more:
        return first
    parts = (first, *(part for _, part in more))
    last = [part for joint, part in more if joint == "but"]
    if last:
        # "dog or cat but not hat": what follows "but" holds for all before it.
        others = tuple(one for one in more if one[0] != "but")
        return AllOf((joined(first, others), *last))
    joints = {joint for joint, _ in more} - {"comma"}
    if joints == {"or"}:
        return AnyOf(parts)
    if len(joints) > 1:
        return Unclear("mixed")
    if any(joint == "comma" for joint, _ in more):
        # "tagged a, b and c" is said of images with all of them as well as with any of them.
        return Unclear("and_or", tuple(part.tag for part in parts if isinstance(part, Has)))
    return AllOf(parts)


# place is where in a caption: "first", "at the end", "after dog".
RULES.add("others", "dets? OTHER TAGN", "EVERYTHING", "dets? AHEAD", "ALL DET? TAGN", "dets? OTHER")
RULES.constant("place", Place("first"), "FIRST", "AT|TO|IN|ON|INTO DET? BEGIN", "BEFORE others")
RULES.constant("place", Place("last"), "LAST", "AT|TO|IN|ON|INTO DET? END", "AFTER others")


@RULES.rule("place", "AFTER anchor:mention")
def _after(anchor: Mention) -> Place:
    return Place("after", anchor)

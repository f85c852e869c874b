"""Grammar of tags, groups of images, conditions and places; the other rules build on these."""

from __future__ import annotations

from dataclasses import replace

from tagsmith.agent.offline.chart import Grammar
from tagsmith.agent.offline.clauses import (
    EVERYTHING,
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
from tagsmith.agent.offline.conditions import unclear_part

Joined = tuple[str, Condition]

# What a reading costs that could be read in two ways: another one is taken first.
DOUBT = 6


def add_rules(grammar: Grammar) -> None:
    """Add the rules for ``tags``, ``news``, ``group``, ``scope``, ``place`` and their parts."""
    _add_mentions(grammar)
    _add_expressions(grammar)
    _add_places(grammar)


def conjunction(*conditions: Condition | None) -> Condition | None:
    """Return the condition that all of these say; None when none says anything."""
    parts = tuple(part for part in conditions if part is not None)
    if len(parts) < 2:
        return parts[0] if parts else None
    kept = tuple(part for part in parts if part != EVERYTHING)
    return kept[0] if len(kept) == 1 else AllOf(kept)


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


def _add_mentions(grammar: Grammar) -> None:
    """``tags`` and ``mention`` name existing tags, ``news`` and ``new`` tags that may be new."""
    add, rule = grammar.add, grammar.rule
    add("dets", "DET", "DET DET", "ALL DET", "ALL")
    add("and", "COMMA", "AND", "COMMA AND")
    add("any_and", "COMMA", "AND", "COMMA AND", "OR", "NOR", "COMMA OR", "COMMA NOR")

    for name, terminal in (("mention", "TAG"), ("new", "NEW")):

        @rule(name, f"m:{terminal}")
        def bare(m: Mention) -> Mention:
            return m

        @rule(name, f"dets m:{terminal}")
        def definite(m: Mention) -> Mention:
            return replace(m, definite=m.kind in (MentionKind.PLURAL, MentionKind.UNKNOWN))

        @rule(name, f"dets? TAGN m:{terminal}", f"dets? TAGN NAMED m:{terminal}", cost=-1)
        @rule(name, f"dets? m:{terminal} TAGN", f"dets? WORDN m:{terminal}", cost=-1)
        @rule(name, f"dets? OCCURRENCE dets? TAGN? m:{terminal}", cost=-1)
        def noun(m: Mention) -> Mention:
            return replace(m, noun=True)

        @rule(f"{name}_more", f"and m:{name}")
        @rule(f"{name}_more", f"SEMICOLON m:{name}", cost=1)
        def more(m: Mention) -> Mention:
            return m

    add("mention_more", "SLASH m:mention")

    @rule("mention", "PRON", "CLITIC", cost=2)
    def pronoun() -> Mention:
        return Mention("", MentionKind.PRONOUN)

    @rule("tags", "BOTH? first:mention more:mention_more*")
    @rule("news", "BOTH? first:new more:new_more*")
    def tags(first: Mention, more: tuple[Mention, ...]) -> tuple[Mention, ...]:
        return join_tags(first, more)

    @rule("tags", "BOTH first:mention AS second:mention")
    def both(first: Mention, second: Mention) -> tuple[Mention, ...]:
        return first, second

    add("any_more", "any_and m:mention")

    @rule("any_tags", "NEITHER? first:mention more:any_more*")
    def any_tags(first: Mention, more: tuple[Mention, ...]) -> tuple[Mention, ...]:
        return join_tags(first, more)


def _add_expressions(grammar: Grammar) -> None:
    """``expr`` is what images have ("dog and not cat"), ``absent`` what they lack."""
    add, rule = grammar.add, grammar.rule

    @rule("unit", "m:mention")
    def having(m: Mention) -> Condition:
        return has(m)

    @rule("unit", "NOT|NEGATED|WITHOUT m:mention")
    def has_not(m: Mention) -> Condition:
        return Not(has(m))

    @rule("unit_more", "AND u:unit", "COMMA AND u:unit", "AND HAVE u:unit")
    def also(u: Condition) -> Joined:
        return "and", u

    @rule(
        "unit_more", "BUT u:not_unit", "COMMA BUT u:not_unit", "COMMA? EXCEPT|BUTNOT u:except_unit"
    )
    def but(u: Condition) -> Joined:
        return "but", u

    @rule("unit_more", "OR u:unit", "COMMA OR u:unit", "OR HAVE u:unit")
    def either(u: Condition) -> Joined:
        return "or", u

    @rule("unit_more", "COMMA u:unit")
    def listed(u: Condition) -> Joined:
        return "comma", u

    @rule("not_unit", "NOT|WITHOUT m:mention", "NOT HAVE m:mention")
    @rule("except_unit", "m:mention")
    def not_unit(m: Mention) -> Condition:
        return Not(has(m))

    @rule("expr", "BOTH first:unit AS second:unit")
    def both(first: Condition, second: Condition) -> Condition:
        return AllOf((first, second))

    @rule("expr", "BOTH? first:unit more:unit_more*")
    def expr(first: Condition, more: tuple[Joined, ...]) -> Condition | None:
        return clear(joined(first, more))

    @rule("expr", "BOTH? first:unit more:unit_more*", cost=DOUBT)
    def doubtful_expr(first: Condition, more: tuple[Joined, ...]) -> Condition | None:
        return doubtful(joined(first, more))

    @rule("absent", "tags:any_tags")
    def absent(tags: tuple[Mention, ...]) -> Condition:
        return Not(any_of(tags))

    add("number", "n:NUM", "DET n:NUM", cost=0)


def joined(first: Condition, more: tuple[Joined, ...]) -> Condition:
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


def has(tag: Mention) -> Condition:
    """Return the condition that images have a tag, however it was named."""
    return Has(replace(tag, definite=False, noun=False))


def any_of(tags: tuple[Mention, ...]) -> Condition:
    parts = tuple(has(tag) for tag in tags)
    return parts[0] if len(parts) == 1 else AnyOf(parts)


def _add_places(grammar: Grammar) -> None:
    """``place`` is where in a caption: "first", "at the end", "after dog"."""
    rule = grammar.rule

    @rule("place", "FIRST", "AT|TO|IN|ON|INTO DET? BEGIN")
    def first() -> Place:
        return Place("first")

    @rule("place", "BEFORE others")
    def before_others() -> Place:
        return Place("first")

    @rule("place", "AFTER others")
    def after_others() -> Place:
        return Place("last")

    grammar.add("others", "dets? OTHER TAGN", "EVERYTHING", "dets? AHEAD", "ALL DET? TAGN", "dets? OTHER")

    @rule("place", "LAST", "AT|TO|IN|ON|INTO DET? END")
    def last() -> Place:
        return Place("last")

    @rule("place", "AFTER anchor:mention")
    def after(anchor: Mention) -> Place:
        return Place("after", anchor)

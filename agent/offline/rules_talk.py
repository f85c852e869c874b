"""Grammar of whole sentences: orders in a row, negations, follow-ups, and talk to the engine."""

from __future__ import annotations

from dataclasses import replace

from tagsmith.agent.offline.chart import Grammar
from tagsmith.agent.offline.clauses import (
    EVERYTHING,
    THOSE,
    AllOf,
    Clause,
    Condition,
    FollowUp,
    Group,
    Mention,
    MentionKind,
    Negated,
    Order,
    Place,
    Question,
    Talk,
)
from tagsmith.agent.offline.rules_orders import with_mods
from tagsmith.agent.offline.rules_tags import conjunction

ALL_STEPS = 0

Clauses = tuple[Clause, ...]
Opened = tuple[Condition | None, Clause]
Next = tuple[str, Opened]

_EDITING = (
    "REPLACE|CONVERT|MERGE|REMOVE|DELETE|PULL|ADD|PREPEND|APPEND|PUT|USE|TAGV|MOVE|ISOLATE|RESTORE"
    "|DEDUPE|SORT|CLEAN|TOUCH|UNDO|REDO|CANCEL"
)


def add_rules(grammar: Grammar) -> None:
    """Add the rules for ``sentence`` and what it is made of."""
    _add_sentences(grammar)
    _add_negations(grammar)
    _add_more(grammar)
    _add_refinements(grammar)
    _add_taking_back(grammar)


def _add_sentences(grammar: Grammar) -> None:
    add, rule = grammar.add, grammar.rule

    @rule(
        "opened",
        "c:order|question|negated",
        "AND c:question|order", "AND c:order ALSO",
        "FIRSTLY|ALSO COMMA? c:order",
        "c:order ALSO",
    )
    @rule(
        "opened", "where:scopes COMMA? c:order|negated", "ALSO COMMA? where:scopes COMMA? c:order"
    )
    @rule("opened", "where:scopes COMMA? c:question", "NO COMMA c:order")
    def opened(c: Clause, where: Condition | None = None) -> Opened:
        if isinstance(c, Question) and where is not None:
            return None, replace(c, where=conjunction(c.where, where))
        return where, c

    @rule("opened", "WHERESAYS where:expr COMMA? c:order")
    def where_it_says(c: Order, where: Condition) -> Opened | None:
        # "where it says dog, put wolf" replaces; it does not add.
        return (where, c) if c.intent in ("prune", "move", "delete", "isolate") else None

    @rule("opened", "ONLY c:order")
    def only_there(c: Order) -> Opened:
        return None, c

    @rule("spared", "first:mention more:spared_more*")
    def spared(first: Mention, more: tuple[Mention, ...]) -> tuple[Mention, ...]:
        return (first, *more)

    add("spared_more", "OR|NOR m:mention")

    for words, joint in (
        ("AND", "and"),
        ("COMMA? AND? THEN COMMA?", "then"),
        ("COMMA", "comma"),
        ("SEMICOLON", "then"),
        ("SEMICOLON AND|THEN", "then"),
        ("COMMA AND", "and"),
        ("COMMA? BUT", "then"),
        ("COMMA? AND? ALSO COMMA?", "and"),
        ("COMMA? INSTEAD COMMA?", "instead"),
        ("COMMA? BUT INSTEAD?", "instead"),
    ):
        _add_joint(grammar, words, joint)

    @rule("opened", "c:order COMMA? BUTNOT|NOT tags:spared", cost=4)
    def not_those(c: Order, tags: tuple[Mention, ...]) -> Opened | None:
        spared = {tag.text for tag in tags}
        return None if spared & {tag.text for tag in c.tags} else (None, c)

    @rule("next", "joint:joint what:opened", cost=1)
    def following(joint: str, what: Opened) -> Next:
        return joint, what

    @rule("next", "COMMA? BUT|ONLY tags:tags", "COMMA? BUT|ONLY ONLY tags:tags", cost=3)
    def rather(tags: tuple[Mention, ...]) -> Next:
        return "instead", (None, FollowUp("rather", tags))

    @rule("next", "COMMA? BUT? ONLY where:scope", "COMMA? BUT? where:scope ONLY", cost=3)
    def rather_there(where: Condition) -> Next:
        return "instead", (None, FollowUp("rather", where=where))

    @rule("next", "joint:joint tags:news where:scope", cost=3)
    @rule("next", "joint:joint where:scope tags:news", cost=4)
    def gapped(joint: str, tags: tuple[Mention, ...], where: Condition) -> Next:
        return joint, (None, FollowUp("more", tags, where))

    @rule("next", "joint:joint tags:tags", cost=5)
    def listed(joint: str, tags: tuple[Mention, ...]) -> Next | None:
        return (joint, (None, FollowUp("more", tags))) if joint == "then" else None

    @rule("sentence", "first:opened more:next*")
    def sentence(first: Opened, more: tuple[Next, ...]) -> Clauses | None:
        return _in_a_row(first, more)

    @rule("sentence", "c:talk|followup|bare_question|alone")
    def single(c: Clause) -> Clauses:
        return (c,)

    add("sentence", "s:talk_first")

    @rule("talk_first", "NO COMMA c:order", cost=1)
    def corrected(c: Order) -> Clauses:
        return (c,)


def _add_joint(grammar: Grammar, words: str, joint: str) -> None:
    @grammar.rule("joint", words)
    def joining() -> str:
        return joint


def _in_a_row(first: Opened, more: tuple[Next, ...]) -> Clauses | None:
    """Give an opening condition to every order that names none of its own.

    Refuses "don't remove dog and add cat": the negation could hold for both.
    """
    found: list[Clause] = []
    opening: Condition | None = None
    before: Clause | None = None
    clause: Clause | None
    for joint, (where, clause) in (("then", first), *more):
        if isinstance(before, Negated) and joint == "and" and isinstance(clause, Order):
            return None
        if joint == "instead" and not isinstance(before, Negated):
            return None
        if isinstance(clause, FollowUp) and clause.kind == "rather":
            clause = _rather(clause, before)
        if clause is None or _out_of_place(clause, before):
            return None
        if more and clause == Negated():
            # "remove hat but leave the dogs alone" restricts; that has a rule of its own.
            return None
        opening = where if where is not None else opening
        if isinstance(clause, Order) and clause.where == THOSE:
            clause = replace(clause, where=before.where if isinstance(before, Order) else None)
        found.append(_opened(clause, opening, own=where is not None))
        before = clause
    return tuple(found)


def _out_of_place(clause: Clause, before: Clause | None) -> bool:
    return isinstance(clause, FollowUp) and not isinstance(before, Order | FollowUp)


def _rather(clause: FollowUp, before: Clause | None) -> Clause | None:
    """Read "don't remove hat but shirt": the order that was refused, with other tags."""
    refused = before.order if isinstance(before, Negated) else None
    if refused is None or (clause.tags and refused.intent != "prune"):
        return None
    if clause.where is not None:
        return replace(refused, where=clause.where)
    return replace(refused, tags=clause.tags)


def _opened(clause: Clause, opening: Condition | None, *, own: bool) -> Clause:
    if opening is None or not isinstance(clause, Order):
        return clause
    if clause.where is None:
        return replace(clause, where=opening)
    if own or opening == EVERYTHING:
        return replace(clause, where=conjunction(opening, clause.where))
    return replace(clause, unclear="two_conditions")


def _add_negations(grammar: Grammar) -> None:
    add, rule = grammar.add, grammar.rule

    @rule("negated", "NOT order:order", "NOT order:any_order")
    def negated(order: Order) -> Negated:
        return Negated(order)

    @rule("any_order", "REMOVE|DELETE|PULL tags:any_tags m:mod*")
    def any_order(tags: tuple[Mention, ...], m: tuple[Condition | Place, ...]) -> Order | None:
        return with_mods(Order("prune", tags), m)

    @rule("negated", "KEEP tags:any_tags ALONE?")
    def kept_tags(tags: tuple[Mention, ...]) -> Negated | None:
        if any(tag.kind is MentionKind.PLURAL and tag.definite for tag in tags):
            return None
        return Negated(Order("prune", tags))

    add("negated", "c:nothing")

    @rule("nothing", f"NOT {_EDITING} NOTHING", f"NOT {_EDITING} NOTHING m:mod")
    @rule("nothing", "KEEP g:group ALONE?", "KEEP ALL ALONE?")
    @rule("nothing", f"NOT {_EDITING} g:group", cost=2)
    def nothing(g: object = None, m: object = None) -> Negated:  # noqa: ARG001
        return Negated()

    @rule("alone", "STOP", "NOT", f"NOT {_EDITING}", cost=3)
    def stop() -> Negated:
        return Negated()


def _add_more(grammar: Grammar) -> None:
    """Follow-ups that add: other tags, or other images."""
    rule = grammar.rule

    @rule(
        "followup",
        "AND? ALSO COMMA? tags:news ALSO?",
        "AND? tags:news COMMA? ALSO",
        "AND tags:news",
    )
    @rule("followup", "AND? ALSO? SAME ALSO? WITH tags:news ALSO?", "AND? SAME ALSO? FOR tags:news")
    @rule("followup", "COMMA? AND COMMA? tags:news", "AND? WITH tags:news ALSO", "AND? SAME ALSO? FOR|WITH tags:news ALSO", "AND? THEN COMMA? tags:news")
    def more(tags: tuple[Mention, ...]) -> FollowUp | None:
        return _about(FollowUp("more", tags))

    @rule("followup", "AND? ALSO? tags:news where:scope ALSO?", cost=1)
    def more_there(tags: tuple[Mention, ...], where: Condition) -> FollowUp | None:
        return _about(FollowUp("more", tags, where))

    @rule("followup", "AND? ALSO COMMA? where:scope ALSO?", "AND? where:scope ALSO", cost=1)
    @rule("followup", "AND where:scope", "AND? SAME ALSO? where:scope ALSO?", cost=2)
    @rule("followup", "AND|ALSO ALSO? where:pictures ALSO?", "where:pictures ALSO", cost=1)
    def also(where: Condition) -> FollowUp:
        return FollowUp("also", where=where)


def _about(clause: FollowUp) -> FollowUp | None:
    """Refuse to take a mere word of the lexicon for a tag where nothing speaks for a tag."""
    words = any(tag.kind is MentionKind.WORD for tag in clause.tags)
    return None if words else clause


def _add_refinements(grammar: Grammar) -> None:
    """Follow-ups that change: another condition, other tags, another place."""
    add, rule = grammar.add, grammar.rule
    add(
        "correcting",
        "NO COMMA?",
        "NO COMMA? BUT?",
        "INSTEAD COMMA?",
        "NO COMMA? INSTEAD COMMA?",
        "INSTEAD COMMA? INSTEAD COMMA?",
    )

    @rule("pictures", "g:images")
    def pictures(g: Group) -> Condition:
        return g.where

    @rule(
        "followup",
        "SAME ONLY where:scope",
        "BUT? where:scope ONLY",
        "BUT? LIMIT PRON|CLITIC? TO|IN where:limits",
    )
    @rule("followup", "BUT? ONLY where:scope", "BUT? ONLY where:scopes")
    @rule("followup", "BUT? ONLY where:kinds_only")
    def only(where: Condition) -> FollowUp:
        return FollowUp("narrow", where=where)

    @rule("followup", "BUT? where:scopes", cost=3)
    def there(where: Condition) -> FollowUp:
        return FollowUp("only", where=where)

    @rule("followup", "correcting where:scope", "correcting ONLY where:kinds_only")
    @rule("followup", "correcting? where:scope INSTEAD", "correcting ONLY where:scope")
    def only_instead(where: Condition) -> FollowUp:
        return FollowUp("only", where=where, corrects=True)

    @rule("limits", "g:group")
    def limits(g: Group) -> Condition:
        return g.where

    @rule("kinds_only", "g:group")
    def kinds_only(g: Group) -> Condition | None:
        return None if g.loose else g.where

    @rule("followup", "correcting? BUT? ONLY tags:tags")
    def only_tags(tags: tuple[Mention, ...]) -> FollowUp | None:
        bare = all(tag.kind is MentionKind.TAG for tag in tags)
        return FollowUp("only", tags) if bare else None

    add("pics_alone", "dets? pics", "PRON pics")

    @rule("followup", "correcting DELETE|REMOVE pics_alone INSTEAD?")
    @rule("followup", "DELETE|REMOVE pics_alone INSTEAD")
    @rule("followup", "DELETE|REMOVE pics_alone COMMA? NOT|INSTEADOF DET? TAGN", cost=-2)
    def images_instead() -> FollowUp:
        return FollowUp("images", corrects=True)

    @rule("followup", "correcting? BUT? where:exception", "AND where:exception", "NO? COMMA? EVERYWHERE? where:exception", cost=-1)
    def excepted(where: Condition) -> FollowUp:
        return FollowUp("except", where=where)

    @rule("followup", "BUT? KEEP g:group ALONE", "BUT? NOT TOUCH g:group", cost=-3)
    @rule("followup", "BUT? KEEP g:group OUT", "BUT? KEEP ALONE g:group", "BUT KEEP g:group", cost=-3)
    @rule("followup", "NO? COMMA? BUT? WITHOUT|NOT g:group", "BUT? IN|TO|OF g:group NOT", "NO COMMA IN|TO|OF g:group NOT")
    def kept(g: Group) -> FollowUp | None:
        return None if g.loose else FollowUp("keep", where=g.where)

    @rule(
        "followup",
        "correcting? EXCEPT|BUTNOT tags:any_tags",
        "NO? COMMA? NOT tags:any_tags",
        cost=2,
    )
    def except_tags(tags: tuple[Mention, ...]) -> FollowUp:
        return FollowUp("except", tags)

    @rule(
        "followup", "correcting? USE tags:news INSTEAD", "correcting? CALL PRON? tags:news INSTEAD?"
    )
    @rule(
        "followup",
        "NO? COMMA? INSTEAD COMMA? INSTEAD? COMMA? tags:news",
        "NO COMMA tags:news",
        "NO? COMMA? tags:news INSTEAD",
    )
    def instead(tags: tuple[Mention, ...]) -> FollowUp | None:
        return _about(FollowUp("instead", tags, corrects=True))

    @rule(
        "followup", "correcting? place:place", "correcting? place:place INSTEAD", "BUT place:place"
    )
    @rule("followup", "correcting? MOVE|PUT|MAKE PRON|CLITIC place:place INSTEAD?", cost=-1)
    def placed(place: Place) -> FollowUp:
        return FollowUp("instead", place=place, corrects=True)


def _add_taking_back(grammar: Grammar) -> None:
    add, rule = grammar.add, grammar.rule
    add("what_last", "PRON|CLITIC|SAME", "DET? RECENT? THINGS", "DET? RECENT", "PRON THINGS")

    @rule("followup", "UNDO DET? RECENT THINGS?", "UNDO DET? THINGS RECENT", cost=-1)
    def undo_last() -> FollowUp:
        return FollowUp("undo", count=1)

    @rule(
        "followup", "correcting? UNDO what_last?", "AND? UNDO what_last?", "UNDO CLITIC what_last"
    )
    def undo() -> FollowUp:
        return FollowUp("undo")

    @rule("followup", "UNDO DET? m:mention THINGS?", "UNDO THAT? OF DET? m:mention", cost=1)
    def undo_about(m: Mention) -> FollowUp | None:
        return None if m.kind is MentionKind.PRONOUN else FollowUp("undo", (m,))

    @rule("followup", "UNDO DET? FIRST THINGS?")
    def undo_first() -> FollowUp:
        return FollowUp("undo", place=Place("first"))

    @rule("followup", "UNDO n:steps", "UNDO DET? RECENT n:NUM", "UNDO DET? n:NUM RECENT")
    def undo_some(n: int) -> FollowUp:
        return FollowUp("undo", count=n)

    @rule("followup", "NO? COMMA? RESET", cost=-1)
    def reset() -> FollowUp:
        return FollowUp("cancel", count=ALL_STEPS)

    @rule("followup", "UNDO BOTH")
    def undo_both() -> FollowUp:
        return FollowUp("undo", count=2)

    @rule("followup", "UNDO CLITIC? EVERYTHING", "UNDO ALL DET? THINGS", "UNDO ALL PRON")
    def undo_all() -> FollowUp:
        return FollowUp("undo", count=ALL_STEPS)

    @rule("followup", "correcting? CANCEL what_last?", "CANCEL CLITIC what_last")
    @rule("followup", "correcting? NOT TOUCH PRON|CLITIC", "NO? COMMA? NOT CLITIC TOUCH")
    @rule("followup", "NO COMMA? NOT PRON?", "INSTEAD NO|NOT")
    def cancel() -> FollowUp:
        return FollowUp("cancel")

    @rule("followup", "CANCEL CLITIC? EVERYTHING", "CANCEL ALL DET? THINGS")
    def cancel_all() -> FollowUp:
        return FollowUp("cancel", count=ALL_STEPS)

    for terminal in ("HELP", "THANKS", "HELLO", "YES", "STATUS"):
        _add_talk(grammar, terminal)


def _add_talk(grammar: Grammar, terminal: str) -> None:
    @grammar.rule("talk", terminal, f"COMMA? {terminal}")
    def talk() -> Talk:
        return Talk(terminal.lower())


def narrowed(before: Condition | None, where: Condition) -> Condition:
    """Return the condition that holds both before and now."""
    return conjunction(before, where) or AllOf(())

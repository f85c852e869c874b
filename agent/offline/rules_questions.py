"""Grammar of questions: what to look up, and how the answer is asked for."""

from __future__ import annotations

from tagsmith.agent.offline.chart import Grammar
from tagsmith.agent.offline.clauses import (
    EVERYTHING,
    THEM,
    AllOf,
    Condition,
    Group,
    Has,
    Mention,
    Question,
    Raw,
)
from tagsmith.agent.offline.conditions import conjunction, has

RULES = Grammar()


def _asked(intent: str, where: Condition | None, count: int | None = None) -> Question:
    return Question(intent, where=None if where == EVERYTHING else where, count=count)


RULES.add("there", "ARETHERE", "ARETHERE IN DET? DATASET", "IN DET? DATASET", "ARETHERE ARETHERE")


@RULES.rule("everything_with", "EVERYTHING where:rels")
def _everything_with(where: Condition) -> Group:
    return Group(where, images=True)


@RULES.rule(
    "count",
    "HOWMANY|COUNT g:images there?",
    "COUNT HOWMANY pics g:rest",
    "HOWMANY pics ARETHERE g:rest",
)
@RULES.rule("count", "HOWMANY pics DO? g:rest there?", "COUNT g:group", "HOWMANY DO? g:rest")
@RULES.rule("count", "WHICH BE? COUNT g:group", "SHOW COUNT g:images there?")
def _count(g: Group) -> Question | None:
    return _asked("count", g.where)


@RULES.rule("lacking", "where:absent")
@RULES.rule("having", "where:expr")
def _lacking(where: Condition) -> Group:
    return Group(where, images=True)


@RULES.rule("lacking", "DET? CAP")
def _without_caption() -> Group:
    return Group(Raw("captioned:no"), images=True)


@RULES.rule("count", "HOWMANY OF? THEM g:rest", cost=-2)
def _count_of_those(g: Group) -> Question:
    return _asked("count", AllOf((Has(THEM), g.where)))


@RULES.rule("find", "WHICH OF? THEM g:rest", "SHOW OF? THEM g:rest", cost=-2)
def _find_of_those(g: Group) -> Question:
    return _asked("find", AllOf((Has(THEM), g.where)))


RULES.constant(
    "find",
    Question("find", where=Has(THEM)),
    "SHOW THEM|CLITIC_PLURAL",
    "WHICH ONES?",
    "SHOW WHICH",
)


@RULES.rule("rest", "where:rels")
def _rest(where: Condition) -> Group:
    return Group(where, images=True)


@RULES.rule("rest", "HAVE where:expr", "BE TAGGED AS|WITH? where:expr", "NOT HAVE where:absent")
@RULES.rule("rest", "BE where:expr", "NEGATED TAGGED AS|WITH? where:absent", "NEGATED where:absent")
@RULES.rule("rest", "SHOULDHAVE where:expr")
def _having(where: Condition) -> Group:
    return Group(where, images=True)


@RULES.rule(
    "count",
    "m:mention COMMA? HOWMANY",
    "COUNT OF m:mention",
    "WHICH BE? DET? COUNT OF? m:mention",
)
@RULES.rule("count", "HOWMANY m:mention there where:scopes?", "HOWMANY m:mention")
@RULES.rule(
    "count",
    "HOWOFTEN m:mention there? where:scopes?",
    "HOWOFTEN DO? m:mention PRESENT where:scopes?",
)
@RULES.rule("count", "HOWOFTEN m:mention BE? TAGGED|PRESENT?", "HOWOFTEN DO m:mention PRESENT?")
@RULES.rule(
    "count", "HOWMANY m:mention pics there?", "HOWMANY pics BE m:mention", "COUNT m:mention"
)
@RULES.rule(
    "count", "HOWMANY pics DO? m:mention PRESENT|ARETHERE", "HOWMANY pics PRESENT m:mention"
)
def _count_tag(m: Mention, where: Condition | None = None) -> Question:
    return _asked("count", conjunction(has(m), where))


@RULES.rule("count", "HOWMANY pics there where:scopes?", "HOWMANY pics", "COUNT dets? pics")
def _count_all(where: Condition | None = None) -> Question:
    return _asked("count", where)


@RULES.rule(
    "frequencies",
    "HOWMANY DIFFERENT? TAGN DIFFERENT? there? where:scopes?",
    "COUNT dets? TAGN where:scopes?",
)
def _count_tags(where: Condition | None = None) -> Question:
    return _asked("frequencies", where)


RULES.add("question", "q:count", "SHOW q:count")


@RULES.rule("find", "SHOW|FIND g:images where:scopes?", "SHOW|FIND g:everything_with")
@RULES.rule("find", "WHICH g:wanted", "ISTHERE g:wanted there?", "ISTHERE g:wanted where:scopes")
@RULES.rule("bare_question", "DO? g:images there?", "g:everything_with", "THERE g:wanted", cost=3)
def _find(g: Group, where: Condition | None = None) -> Question | None:
    found = conjunction(g.where, where)
    return None if found == EVERYTHING else _asked("find", found)


@RULES.rule("wanted", "quant? pics FALTA g:lacking", "A HAVE g:having", "DET HAVE g:having")
@RULES.rule("wanted", "quant? pics DO? g:rest", "DO? g:rest")
@RULES.rule("wanted", "g:images")
def _wanted(g: Group) -> Group:
    return g


@RULES.rule("wanted", "ONES DO? g:rest", "quant? pics ARETHERE g:rest")
def _wanted_ones(g: Group) -> Group:
    return g


@RULES.rule("find", "PRESENT m:mention ANYWHERE|IN? DET? pics?", cost=1)
@RULES.rule("find", "DO m:mention PRESENT ANYWHERE?", "DO m:mention BE? PRESENT ANYWHERE?", cost=1)
@RULES.rule("find", "WHEREIS DO? ARETHERE m:mention", "DO m:mention ARETHERE ANYWHERE?")
@RULES.rule("find", "SHOW|FIND m:mention where:scopes?", "FIND m:mention IN? DET? DATASET?")
@RULES.rule(
    "find", "ISTHERE m:mention there?", "ISTHERE m:mention IN DET? DATASET|pics|TAGN", cost=1
)
@RULES.rule("find", "WHICH pics DO? m:mention PRESENT", "WHICH BE DET? m:mention pics")
@RULES.rule(
    "find",
    "WHEREIS m:mention PRESENT?",
    "WHICH m:mention pics there?",
    "WHEREIS m:mention there",
)
@RULES.rule("find", "WHEREIS m:mention TAGGED|PRESENT", "ISTHERE m:mention pics there?")
def _find_tag(m: Mention, where: Condition | None = None) -> Question:
    return _asked("find", conjunction(has(m), where))


@RULES.rule(
    "find",
    "SHOW|FIND|PICK SOME? n:NUM pics where:rels",
    "SHOW|FIND DET? FIRST? n:NUM pics where:rels",
)
@RULES.rule("find", "SHOW|FIND DET? n:NUM FIRST? pics where:rels", "SHOW|FIND SOME pics where:rels")
def _find_some(where: Condition, n: int | None = None) -> Question:
    return _asked("find", where, n)


@RULES.rule("find", "SHOW|FIND n:NUM m:mention pics", "SHOW|FIND SOME? n:NUM m:mention")
def _find_some_tag(m: Mention, n: int) -> Question:
    return _asked("find", has(m), n)


@RULES.rule(
    "find", "SHOW|FIND|ISTHERE g:strong there?", "SHOW|FIND|ISTHERE g:strong where:scopes", cost=1
)
def _find_kinds(g: Group, where: Condition | None = None) -> Question | None:
    return None if g.where == EVERYTHING else _asked("find", conjunction(g.where, where))


@RULES.rule("find", "A HAVE g:having")
def _find_any(g: Group) -> Question:
    return _asked("find", g.where)


@RULES.rule("find", "WHICH|ISTHERE m:mention DO? g:rest", "DO dets? m:mention g:rest")
def _find_kind(m: Mention, g: Group) -> Question:
    return _asked("find", conjunction(has(m), g.where))


@RULES.rule("count", "HOWMANY m:mention DO? g:rest", "HOWMANY OF dets? m:mention DO? g:rest")
def _count_kind(m: Mention, g: Group) -> Question:
    return _asked("count", conjunction(has(m), g.where))


@RULES.rule("count", "HOWMANY|COUNT g:strong there?", cost=1)
def _count_kinds(g: Group) -> Question | None:
    return None if g.where == EVERYTHING else _asked("count", g.where)


RULES.add("question", "q:find")


@RULES.rule("sample", "SHOW|PICK|FIND? SOME|DET? n+:NUM? RANDOM pics where+:rels?")
@RULES.rule(
    "sample", "SHOW|PICK|FIND? SOME|DET? n+:NUM? pics where+:rels? RANDOM where+:rels|scopes?"
)
@RULES.rule("sample", "SHOW|PICK|FIND? RANDOM n+:NUM? pics where+:rels?")
@RULES.rule("sample", "SHOW|PICK|FIND SOME|DET? n+:NUM RANDOM ONES? where+:rels?")
@RULES.rule("sample", "SHOW|PICK|FIND? DET? RSAMPLE OF n+:NUM pics? where+:rels?", cost=1)
@RULES.rule(
    "sample", "SHOW|PICK|FIND? DET? RSAMPLE OF SOME|DET|ALL? DET? pics where+:rels?", cost=1
)
@RULES.rule("sample", "SHOW|PICK DET? RSAMPLE RANDOM? where+:rels?", cost=1)
@RULES.rule(
    "sample", "PICK RANDOM n+:NUM pics where+:rels?", "PICK n+:NUM pics where+:rels? RANDOM"
)
@RULES.rule("sample", "SHOW|PICK|FIND? SOME|DET? n+:NUM? pics RANDOM where+:rels?")
def _sample(where: tuple[Condition, ...] = (), n: tuple[int, ...] = ()) -> Question:
    return _asked("sample", conjunction(*where), n[0] if n else None)


@RULES.rule("sample", "SHOW|PICK|FIND SOME|DET? n+:NUM? RANDOM m:mention pics?")
@RULES.rule("sample", "SHOW|PICK|FIND SOME|DET? n+:NUM? m:mention pics? RANDOM")
@RULES.rule("sample", "n+:NUM RANDOM m:mention pics?", "n+:NUM m:mention pics? RANDOM")
def _sample_tag(m: Mention, n: tuple[int, ...] = ()) -> Question:
    return _asked("sample", has(m), n[0] if n else None)


@RULES.rule(
    "sample", "SHOW|PICK n+:NUM pics", "SHOW|PICK SOME pics", "SHOW|PICK SOME RANDOM", cost=2
)
def _sample_plain(n: tuple[int, ...] = ()) -> Question:
    return _asked("sample", None, n[0] if n else None)


@RULES.rule("sample", "SHOW|PICK|FIND? A RANDOM pics where+:rels?", cost=-1)
@RULES.rule("sample", "SHOW|PICK|FIND? A pics where+:rels? RANDOM", cost=-1)
def _sample_one(where: tuple[Condition, ...]) -> Question:
    return _asked("sample", conjunction(*where), 1)


@RULES.rule(
    "show",
    "SHOW|FIND DET? pics? name:NAME",
    "SHOW DET? CAP OF|FOR DET? pics? name:NAME",
    cost=-2,
)
@RULES.rule(
    "show",
    "SHOW DET? TAGN OF|FOR|IN|ON DET? pics? name:NAME",
    "WHATISIN DET? pics? name:NAME HAVE|SAY?",
    cost=-2,
)
@RULES.rule(
    "show",
    "WHICH TAGN DO? HAVE? DET? pics? name:NAME HAVE?",
    "WHICH BE? IN|ON DET? pics? name:NAME",
    cost=-2,
)
@RULES.rule(
    "show",
    "DET? CAP OF DET? pics? name:NAME",
    "WHICH DO? DET? pics? name:NAME HAVE|SAY?",
    cost=-2,
)
@RULES.rule("show", "WHICH|WHATISIN BE? DET? pics? name:NAME TAGGED WITH?", cost=-2)
@RULES.rule("show", "QWORD BE DET? pics? name:NAME TAGGED", cost=-2)
@RULES.rule("show", "WHICH BE? DET? TAGN|CAP OF|FOR|IN|ON DET? pics? name:NAME", cost=-2)
@RULES.rule(
    "show",
    "HOWMANY TAGN DO? DET? pics? name:NAME HAVE?",
    "HOWMANY TAGN DO? HAVE? DET? pics? name:NAME",
    cost=-2,
)
def _show(name: str) -> Question:
    return Question("show", name=name)


@RULES.rule("bare_question", "DET? pics? name:NAME")
def _show_named(name: str) -> Question:
    return Question("show", name=name)


RULES.add("question", "q:sample", "q:show")

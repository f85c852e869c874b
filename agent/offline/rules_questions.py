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


@RULES.rule("frequencies", "WHICH BE? MOST", "WHICH BE? DET MOST")
def _most_alone() -> Question:
    return Question("frequencies", option="count")


@RULES.rule("frequencies", "WHICH BE? RARE", "WHICH BE? DET RARE")
def _rare_alone() -> Question:
    return Question("frequencies", option="rare")


@RULES.rule("frequencies", "DET? MOST n:NUM OF? TAGN?")
def _top(n: int) -> Question:
    return Question("frequencies", count=n, option="count")


@RULES.rule("frequencies", "WHICH TAGN HAVE where:owner", cost=1)
def _tags_of(where: Condition) -> Question:
    return Question("frequencies", where=None if where == EVERYTHING else where)


@RULES.rule("frequencies", "WHICH TAGN DO? PRESENT MOST", "WHICH TAGN PRESENT DET? MOST")
def _appear_most() -> Question:
    return Question("frequencies", option="count")


@RULES.rule("frequencies", "TAGN FREQ", "TAGN OF|IN where:owner", "ALL DET? TAGN", "TAGN", cost=3)
def _tags_alone(where: Condition | None = None) -> Question:
    return Question("frequencies", where=None if where == EVERYTHING else where)


@RULES.rule("frequencies", "n:NUM MOST TAGN where:scopes?", "DET n:NUM MOST TAGN where:scopes?")
def _most_common(n: int, where: Condition | None = None) -> Question:
    return Question("frequencies", where=where, count=n, option="count")


RULES.add("asking", "SHOW", "WHICH", "WHICH BE", "SHOW WHICH", "SHOW WHICH BE", "COUNT", "FIND")
RULES.add("used", "there", "PRESENT", "DO? THERE", "HAVE", "DO HAVE", "BE PRESENT", "DO? ARETHERE")


@RULES.rule("ranked", "DET? n+:NUM? MOST n+:NUM? TAGN", "DET? n+:NUM? TAGN MOST")
@RULES.rule("ranked", "DET? MOST n+:NUM TAGN?", "DET? n+:NUM MOST", "TAGN MOST")
def _common(n: tuple[int, ...] = ()) -> tuple[str, int | None]:
    return "count", n[0] if n else None


@RULES.rule(
    "ranked", "DET? n+:NUM? RARE n+:NUM? TAGN", "DET? n+:NUM? TAGN RARE", "DET? n+:NUM RARE"
)
@RULES.rule("ranked", "TAGN RARE")
def _rare(n: tuple[int, ...] = ()) -> tuple[str, int | None]:
    return "rare", n[0] if n else None


@RULES.rule(
    "ranked", "dets? n+:NUM? TAGN ALPHA", "dets? TAGN there? ALPHA", "dets? TAGN COMMA? ALPHA"
)
def _by_name(n: tuple[int, ...] = ()) -> tuple[str, int | None]:
    return "name", n[0] if n else None


@RULES.rule("ranked", "dets? TAGN BYCOUNT", "dets? TAGN COMMA? ranked_by")
def _by_count() -> tuple[str, int | None]:
    return "count", None


RULES.add("ranked_by", "BYCOUNT", "WITH DET? FREQ", "AND DET? FREQ")


@RULES.rule("ranked", "dets? FREQ OF|FOR dets? TAGN", "dets? TAGN FREQ", "dets? FREQ", "dets? TAGN")
@RULES.rule("ranked", "dets? n+:NUM TAGN", "dets? FREQ OF? dets? TAGN", "ALL DET? TAGN")
def _plain(n: tuple[int, ...] = ()) -> tuple[str, int | None]:
    return "", n[0] if n else None


@RULES.rule("ranked", "TAGN BE? DO? MOST|RARE? there")
def _there_are() -> tuple[str, int | None]:
    return "", None


@RULES.rule("frequencies", "asking ranked:ranked used? where:scopes?", "ranked:worth where:scopes?")
@RULES.rule(
    "frequencies",
    "asking ranked:ranked where:scopes used",
    "asking ranked:ranked DO where:owner HAVE",
)
@RULES.rule("frequencies", "asking where:scopes ranked:ranked", "DO? ranked:worth")
def _frequencies(ranked: tuple[str, int | None], where: Condition | None = None) -> Question:
    key, n = ranked
    found = None if where == EVERYTHING else where
    return Question("frequencies", where=found, count=n, option=key)


@RULES.rule("worth", "DET? MOST n+:NUM? TAGN", "DET? n+:NUM? TAGN MOST", "MOST n+:NUM TAGN?")
def _worth_common(n: tuple[int, ...] = ()) -> tuple[str, int | None]:
    return "count", n[0] if n else None


@RULES.rule("worth", "DET? RARE n+:NUM? TAGN", "DET? n+:NUM? TAGN RARE")
def _worth_rare(n: tuple[int, ...] = ()) -> tuple[str, int | None]:
    return "rare", n[0] if n else None


@RULES.rule("worth", "DET? TAGN FREQ", "DET? FREQ OF DET? TAGN", "DET? FREQ")
def _worth_all() -> tuple[str, int | None]:
    return "", None


@RULES.rule("owner", "g:group")
def _owner(g: Group) -> Condition:
    return g.where


@RULES.rule(
    "frequencies", "asking TAGN BE? DET? MOST there?", "WHICH TAGN DO? MOST there where:scopes?"
)
@RULES.rule("frequencies", "WHICH TAGN DO? PRESENT|ARETHERE MOST where:scopes?")
def _most_used(where: Condition | None = None) -> Question:
    return Question("frequencies", where=where, option="count")


@RULES.rule(
    "frequencies",
    "WHICH TAGN DO? RARE where:scopes?",
    "WHICH TAGN DO? PRESENT|ARETHERE RARE where:scopes?",
)
def _least_used(where: Condition | None = None) -> Question:
    return Question("frequencies", where=where, option="rare")


RULES.add("question", "q:frequencies")


@RULES.rule("company", "WHICH TAGN? DO|BE? tags:tags COOCEND", "WITH WHICH TAGN? COOCEND tags:tags")
@RULES.rule("company", "WHICH ELSE? BE? COOCCUR tags:tags", "WITH WHICH TAGN? tags:tags COOCEND")
@RULES.rule("company", "WHICH|SHOW TAGN THAT? DO? COOCCUR tags:tags where:scopes?")
@RULES.rule("company", "WHICH DET? OTHER? TAGN DO? COOCCUR tags:tags where:scopes?")
@RULES.rule(
    "company",
    "WHICH|SHOW DO? COOCCUR tags:tags where:scopes?",
    "SHOW WHICH TAGN? COOCCUR tags:tags",
)
@RULES.rule(
    "company",
    "SHOW DET TAGN THAT? COOCCUR tags:tags where:scopes?",
    "SHOW? DET? COOCN OF|FOR|WITH tags:tags",
)
@RULES.rule(
    "company",
)
@RULES.rule("company", "WHICH BE? DET? COOCN OF|FOR|WITH tags:tags", "COOCN OF|FOR|WITH? tags:tags")
@RULES.rule(
    "company",
    "asking ranked:ranked THAT? COOCCUR tags:tags where:scopes?",
    "FIND DET? TAGN THAT? COOCCUR tags:tags",
)
def _company(
    tags: tuple[Mention, ...],
    where: Condition | None = None,
    ranked: tuple[str, int | None] | None = None,
) -> Question:
    return Question("cooccur", tags, where=where, count=ranked[1] if ranked else None)


RULES.constant(
    "company",
    Question("cooccur"),
    "WHICH TAGN DO? PAIRED",
    "WHICH DO? PAIRED",
    "SHOW? TAGN THAT? PAIRED",
)
RULES.constant("company", Question("cooccur"), "SHOW? DET? COOCN", "WHICH BE? DET? COOCN")
RULES.add("question", "q:company")


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
@RULES.rule(
    "show", "WHICH BE? DET? TAGN|CAP OF|FOR|IN|ON DET? pics? name:NAME", cost=-2
)
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

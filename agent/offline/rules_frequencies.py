"""Grammar of questions about tags: how frequent they are, and which stand together."""

from __future__ import annotations

from tagsmith.agent.offline.chart import Grammar
from tagsmith.agent.offline.clauses import (
    EVERYTHING,
    Condition,
    Group,
    Mention,
    Question,
)

RULES = Grammar()


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

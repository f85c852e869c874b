"""Grammar of questions: what to look up, and how the answer is asked for."""

from __future__ import annotations

from tagsmith.agent.offline.chart import Grammar
from tagsmith.agent.offline.clauses import (
    EVERYTHING,
    Condition,
    Group,
    Mention,
    Question,
    Raw,
)
from tagsmith.agent.offline.rules_tags import conjunction, has


def add_rules(grammar: Grammar) -> None:
    """Add the rules for ``question``."""
    _add_count(grammar)
    _add_find(grammar)
    _add_frequencies(grammar)
    _add_company(grammar)
    _add_samples(grammar)


def _asked(intent: str, where: Condition | None, count: int | None = None) -> Question:
    return Question(intent, where=None if where == EVERYTHING else where, count=count)


def _add_count(grammar: Grammar) -> None:
    add, rule = grammar.add, grammar.rule
    add("there", "ARETHERE", "ARETHERE IN DET? DATASET", "IN DET? DATASET", "ARETHERE ARETHERE")
    add("asked_images", "g:images", "g:everything_with")

    @rule("everything_with", "EVERYTHING where:rels")
    def everything_with(where: Condition) -> Group:
        return Group(where, images=True)

    @rule("count", "HOWMANY|COUNT g:images there?", "COUNT HOWMANY pics g:rest", "HOWMANY pics ARETHERE g:rest")
    @rule("count", "HOWMANY pics DO? g:rest there?", "COUNT g:group", "HOWMANY DO? g:rest")
    @rule("count", "WHICH BE? COUNT g:group", "SHOW COUNT g:images there?")
    def count(g: Group) -> Question | None:
        return _asked("count", g.where)

    @rule("lacking", "where:absent")
    @rule("having", "where:expr")
    def lacking(where: Condition) -> Group:
        return Group(where, images=True)

    @rule("lacking", "DET? CAP")
    def without_caption() -> Group:
        return Group(Raw("captioned:no"), images=True)

    @rule("rest", "where:rels")
    def rest(where: Condition) -> Group:
        return Group(where, images=True)

    @rule("rest", "HAVE where:expr", "BE TAGGED AS|WITH? where:expr", "NOT HAVE where:absent")
    @rule("rest", "BE where:expr", "NEGATED TAGGED AS|WITH? where:absent", "NEGATED where:absent")
    @rule("rest", "SHOULDHAVE where:expr")
    def having(where: Condition) -> Group:
        return Group(where, images=True)

    @rule("count", "m:mention COMMA? HOWMANY", "COUNT OF m:mention", "WHICH BE? DET? COUNT OF? m:mention")
    @rule("count", "HOWMANY m:mention there where:scopes?", "HOWMANY m:mention")
    @rule(
        "count",
        "HOWOFTEN m:mention there? where:scopes?",
        "HOWOFTEN DO? m:mention PRESENT where:scopes?",
    )
    @rule("count", "HOWOFTEN m:mention BE? TAGGED|PRESENT?", "HOWOFTEN DO m:mention PRESENT?")
    @rule("count", "HOWMANY m:mention pics there?", "HOWMANY pics BE m:mention", "COUNT m:mention")
    @rule("count", "HOWMANY pics DO? m:mention PRESENT|ARETHERE", "HOWMANY pics PRESENT m:mention")
    def count_tag(m: Mention, where: Condition | None = None) -> Question:
        return _asked("count", conjunction(has(m), where))

    @rule("count", "HOWMANY pics there where:scopes?", "HOWMANY pics", "COUNT dets? pics")
    def count_all(where: Condition | None = None) -> Question:
        return _asked("count", where)

    @rule("frequencies", "HOWMANY DIFFERENT? TAGN DIFFERENT? there? where:scopes?", "COUNT dets? TAGN where:scopes?")
    def count_tags(where: Condition | None = None) -> Question:
        return _asked("frequencies", where)

    add("question", "q:count", "SHOW q:count")


def _add_find(grammar: Grammar) -> None:
    add, rule = grammar.add, grammar.rule

    @rule("find", "SHOW|FIND g:images where:scopes?", "SHOW|FIND g:everything_with")
    @rule("find", "WHICH g:wanted", "ISTHERE g:wanted there?", "ISTHERE g:wanted where:scopes")
    @rule("bare_question", "DO? g:images there?", "g:everything_with", "THERE g:wanted", cost=3)
    def find(g: Group, where: Condition | None = None) -> Question | None:
        found = conjunction(g.where, where)
        return None if found == EVERYTHING else _asked("find", found)

    @rule("wanted", "quant? pics FALTA g:lacking", "A HAVE g:having", "DET HAVE g:having")
    @rule("wanted", "quant? pics DO? g:rest", "DO? g:rest")
    @rule("wanted", "g:images")
    def wanted(g: Group) -> Group:
        return g

    @rule("wanted", "ONES DO? g:rest", "quant? pics ARETHERE g:rest")
    def wanted_ones(g: Group) -> Group:
        return g

    @rule("find", "PRESENT m:mention ANYWHERE|IN? DET? pics?", cost=1)
    @rule("find", "DO m:mention PRESENT ANYWHERE?", "DO m:mention BE? PRESENT ANYWHERE?", cost=1)
    @rule("find", "WHEREIS DO? ARETHERE m:mention", "DO m:mention ARETHERE ANYWHERE?")
    @rule("find", "SHOW|FIND m:mention where:scopes?", "FIND m:mention IN? DET? DATASET?")
    @rule("find", "ISTHERE m:mention there?", "ISTHERE m:mention IN DET? DATASET|pics|TAGN", cost=1)
    @rule("find", "WHICH pics DO? m:mention PRESENT", "WHICH BE DET? m:mention pics")
    @rule(
        "find",
        "WHEREIS m:mention PRESENT?",
        "WHICH m:mention pics there?",
        "WHEREIS m:mention there",
    )
    @rule("find", "WHEREIS m:mention TAGGED|PRESENT", "ISTHERE m:mention pics there?")
    def find_tag(m: Mention, where: Condition | None = None) -> Question:
        return _asked("find", conjunction(has(m), where))

    @rule(
        "find",
        "SHOW|FIND|PICK SOME? n:NUM pics where:rels",
        "SHOW|FIND DET? FIRST? n:NUM pics where:rels",
    )
    @rule("find", "SHOW|FIND DET? n:NUM FIRST? pics where:rels", "SHOW|FIND SOME pics where:rels")
    def find_some(where: Condition, n: int | None = None) -> Question:
        return _asked("find", where, n)

    @rule("find", "SHOW|FIND n:NUM m:mention pics", "SHOW|FIND SOME? n:NUM m:mention")
    def find_some_tag(m: Mention, n: int) -> Question:
        return _asked("find", has(m), n)

    add("question", "q:find")


def _add_frequencies(grammar: Grammar) -> None:
    add, rule = grammar.add, grammar.rule
    @rule("frequencies", "WHICH BE? MOST", "WHICH BE? DET MOST")
    def most_alone() -> Question:
        return Question("frequencies", option="count")

    @rule("frequencies", "WHICH BE? RARE", "WHICH BE? DET RARE")
    def rare_alone() -> Question:
        return Question("frequencies", option="rare")

    @rule("frequencies", "DET? MOST n:NUM OF? TAGN?")
    def top(n: int) -> Question:
        return Question("frequencies", count=n, option="count")

    @rule("frequencies", "WHICH TAGN HAVE where:owner", cost=1)
    def tags_of(where: Condition) -> Question:
        return Question("frequencies", where=None if where == EVERYTHING else where)

    @rule("frequencies", "WHICH TAGN DO? PRESENT MOST", "WHICH TAGN PRESENT DET? MOST")
    def appear_most() -> Question:
        return Question("frequencies", option="count")

    @rule("frequencies", "TAGN FREQ", "TAGN OF|IN where:owner", "ALL DET? TAGN", "TAGN", cost=3)
    def tags_alone(where: Condition | None = None) -> Question:
        return Question("frequencies", where=None if where == EVERYTHING else where)

    @rule("frequencies", "n:NUM MOST TAGN where:scopes?", "DET n:NUM MOST TAGN where:scopes?")
    def most_common(n: int, where: Condition | None = None) -> Question:
        return Question("frequencies", where=where, count=n, option="count")

    add("asking", "SHOW", "WHICH", "WHICH BE", "SHOW WHICH", "SHOW WHICH BE", "COUNT", "FIND")
    add("used", "there", "PRESENT", "DO? THERE", "HAVE", "DO HAVE", "BE PRESENT", "DO? ARETHERE")

    @rule("ranked", "DET? n+:NUM? MOST n+:NUM? TAGN", "DET? n+:NUM? TAGN MOST")
    @rule("ranked", "DET? MOST n+:NUM TAGN?", "DET? n+:NUM MOST", "TAGN MOST")
    def common(n: tuple[int, ...] = ()) -> tuple[str, int | None]:
        return "count", n[0] if n else None

    @rule("ranked", "DET? n+:NUM? RARE n+:NUM? TAGN", "DET? n+:NUM? TAGN RARE", "DET? n+:NUM RARE")
    @rule("ranked", "TAGN RARE")
    def rare(n: tuple[int, ...] = ()) -> tuple[str, int | None]:
        return "rare", n[0] if n else None

    @rule(
        "ranked", "dets? n+:NUM? TAGN ALPHA", "dets? TAGN there? ALPHA", "dets? TAGN COMMA? ALPHA"
    )
    def by_name(n: tuple[int, ...] = ()) -> tuple[str, int | None]:
        return "name", n[0] if n else None

    @rule("ranked", "dets? TAGN BYCOUNT", "dets? TAGN COMMA? ranked_by")
    def by_count() -> tuple[str, int | None]:
        return "count", None

    add("ranked_by", "BYCOUNT", "WITH DET? FREQ", "AND DET? FREQ")

    @rule("ranked", "dets? FREQ OF|FOR dets? TAGN", "dets? TAGN FREQ", "dets? FREQ", "dets? TAGN")
    @rule("ranked", "dets? n+:NUM TAGN", "dets? FREQ OF? dets? TAGN", "ALL DET? TAGN")
    def plain(n: tuple[int, ...] = ()) -> tuple[str, int | None]:
        return "", n[0] if n else None

    @rule("ranked", "TAGN BE? DO? MOST|RARE? there")
    def there_are() -> tuple[str, int | None]:
        return "", None

    @rule("frequencies", "asking ranked:ranked used? where:scopes?", "ranked:worth where:scopes?")
    @rule(
        "frequencies",
        "asking ranked:ranked where:scopes used",
        "asking ranked:ranked DO where:owner HAVE",
    )
    @rule("frequencies", "asking where:scopes ranked:ranked", "DO? ranked:worth")
    def frequencies(ranked: tuple[str, int | None], where: Condition | None = None) -> Question:
        key, n = ranked
        found = None if where == EVERYTHING else where
        return Question("frequencies", where=found, count=n, option=key)

    @rule("worth", "DET? MOST n+:NUM? TAGN", "DET? n+:NUM? TAGN MOST", "MOST n+:NUM TAGN?")
    def worth_common(n: tuple[int, ...] = ()) -> tuple[str, int | None]:
        return "count", n[0] if n else None

    @rule("worth", "DET? RARE n+:NUM? TAGN", "DET? n+:NUM? TAGN RARE")
    def worth_rare(n: tuple[int, ...] = ()) -> tuple[str, int | None]:
        return "rare", n[0] if n else None

    @rule("worth", "DET? TAGN FREQ", "DET? FREQ OF DET? TAGN", "DET? FREQ")
    def worth_all() -> tuple[str, int | None]:
        return "", None

    @rule("owner", "g:group")
    def owner(g: Group) -> Condition:
        return g.where

    @rule("frequencies", "asking TAGN BE? DET? MOST there?", "WHICH TAGN DO? MOST there where:scopes?")
    @rule("frequencies", "WHICH TAGN DO? PRESENT|ARETHERE MOST where:scopes?")
    def most_used(where: Condition | None = None) -> Question:
        return Question("frequencies", where=where, option="count")

    @rule(
        "frequencies",
        "WHICH TAGN DO? RARE where:scopes?",
        "WHICH TAGN DO? PRESENT|ARETHERE RARE where:scopes?",
    )
    def least_used(where: Condition | None = None) -> Question:
        return Question("frequencies", where=where, option="rare")

    add("question", "q:frequencies")


def _add_company(grammar: Grammar) -> None:
    add, rule = grammar.add, grammar.rule

    @rule("company", "WHICH TAGN? DO|BE? tags:tags COOCEND", "WITH WHICH TAGN? COOCEND tags:tags")
    @rule("company", "WHICH ELSE? BE? COOCCUR tags:tags", "WITH WHICH TAGN? tags:tags COOCEND")
    @rule("company", "WHICH|SHOW TAGN THAT? DO? COOCCUR tags:tags where:scopes?")
    @rule("company", "WHICH DET? OTHER? TAGN DO? COOCCUR tags:tags where:scopes?")
    @rule(
        "company",
        "WHICH|SHOW DO? COOCCUR tags:tags where:scopes?",
        "SHOW WHICH TAGN? COOCCUR tags:tags",
    )
    @rule(
        "company",
        "SHOW DET TAGN THAT? COOCCUR tags:tags where:scopes?",
        "SHOW? DET? COOCN OF|FOR|WITH tags:tags",
    )
    @rule(
        "company",
        "WITH? WHICH TAGN? DO? tags:tags COOCCUR_END",
        "WHICH TAGN DO? tags:tags COOCCUR_END",
    )
    @rule("company", "WHICH BE? DET? COOCN OF|FOR|WITH tags:tags", "COOCN OF|FOR|WITH? tags:tags")
    @rule(
        "company",
        "asking ranked:ranked THAT? COOCCUR tags:tags where:scopes?",
        "FIND DET? TAGN THAT? COOCCUR tags:tags",
    )
    def company(
        tags: tuple[Mention, ...],
        where: Condition | None = None,
        ranked: tuple[str, int | None] | None = None,
    ) -> Question:
        return Question("cooccur", tags, where=where, count=ranked[1] if ranked else None)

    add("question", "q:company")


def _add_samples(grammar: Grammar) -> None:
    add, rule = grammar.add, grammar.rule
    add("few", "n:NUM", "SOME n:NUM")

    @rule("sample", "SHOW|PICK|FIND? SOME|DET? n+:NUM? RANDOM pics where+:rels?")
    @rule("sample", "SHOW|PICK|FIND? SOME|DET? n+:NUM? pics where+:rels? RANDOM where+:rels|scopes?")
    @rule("sample", "SHOW|PICK|FIND? RANDOM n+:NUM? pics where+:rels?")
    @rule("sample", "SHOW|PICK|FIND SOME|DET? n+:NUM RANDOM ONES? where+:rels?")
    @rule("sample", "SHOW|PICK|FIND? DET? RSAMPLE OF n+:NUM pics? where+:rels?", cost=1)
    @rule("sample", "SHOW|PICK|FIND? DET? RSAMPLE OF SOME|DET|ALL? DET? pics where+:rels?", cost=1)
    @rule("sample", "SHOW|PICK DET? RSAMPLE RANDOM? where+:rels?", cost=1)
    @rule("sample", "PICK RANDOM n+:NUM pics where+:rels?", "PICK n+:NUM pics where+:rels? RANDOM")
    @rule("sample", "SHOW|PICK|FIND? SOME|DET? n+:NUM? pics RANDOM where+:rels?")
    def sample(where: tuple[Condition, ...] = (), n: tuple[int, ...] = ()) -> Question:
        return _asked("sample", conjunction(*where), n[0] if n else None)

    @rule("sample", "SHOW|PICK|FIND SOME|DET? n+:NUM? RANDOM m:mention pics?")
    @rule("sample", "SHOW|PICK|FIND SOME|DET? n+:NUM? m:mention pics? RANDOM")
    @rule("sample", "n+:NUM RANDOM m:mention pics?", "n+:NUM m:mention pics? RANDOM")
    def sample_tag(m: Mention, n: tuple[int, ...] = ()) -> Question:
        return _asked("sample", has(m), n[0] if n else None)

    @rule("sample", "SHOW|PICK n+:NUM pics", "SHOW|PICK SOME pics", "SHOW|PICK SOME RANDOM", cost=2)
    def sample_plain(n: tuple[int, ...] = ()) -> Question:
        return _asked("sample", None, n[0] if n else None)

    @rule("sample", "SHOW|PICK|FIND? A RANDOM pics where+:rels?", cost=-1)
    @rule("sample", "SHOW|PICK|FIND? A pics where+:rels? RANDOM", cost=-1)
    def sample_one(where: tuple[Condition, ...]) -> Question:
        return _asked("sample", conjunction(*where), 1)

    @rule(
        "show",
        "SHOW|FIND DET? pics? name:NAME",
        "SHOW DET? CAP OF|FOR DET? pics? name:NAME",
        cost=-2,
    )
    @rule(
        "show",
        "SHOW DET? TAGN OF|FOR|IN|ON DET? pics? name:NAME",
        "WHATISIN DET? pics? name:NAME HAVE|SAY?",
        cost=-2,
    )
    @rule(
        "show",
        "WHICH TAGN DO? HAVE? DET? pics? name:NAME HAVE?",
        "WHICH BE? IN|ON DET? pics? name:NAME",
        cost=-2,
    )
    @rule(
        "show",
        "DET? CAP OF DET? pics? name:NAME",
        "WHICH DO? DET? pics? name:NAME HAVE|SAY?",
        cost=-2,
    )
    @rule("show", "WHICH|WHATISIN BE? DET? pics? name:NAME TAGGED WITH?", cost=-2)
    @rule("show", "QWORD BE DET? pics? name:NAME TAGGED", cost=-2)
    @rule("show", "name:NAME", "WHICH BE? DET? TAGN|CAP OF|FOR|IN|ON DET? pics? name:NAME", cost=-2)
    @rule(
        "show",
        "HOWMANY TAGN DO? DET? pics? name:NAME HAVE?",
        "HOWMANY TAGN DO? HAVE? DET? pics? name:NAME",
        cost=-2,
    )
    def show(name: str) -> Question:
        return Question("show", name=name)

    add("question", "q:sample", "q:show")

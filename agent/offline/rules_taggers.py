"""Grammar of what looks at pictures: taggers, captioners, metadata, and what taggers doubt."""

from __future__ import annotations

from dataclasses import replace

from tagsmith.agent.offline.chart import Grammar
from tagsmith.agent.offline.clauses import (
    EVERYTHING,
    UNCAPTIONED,
    Condition,
    FollowUp,
    Group,
    Mention,
    Order,
    Question,
    Setting,
)
from tagsmith.agent.offline.models import models
from tagsmith.agent.offline.rules_scopes import Mod, without_place

Tuning = Setting | Mod

RULES = Grammar()

_NOTHING: Setting = ("", "")
_ANY_MODEL: Setting = ("model", "")
# Behind every reading that adds a tag: "tag the images with dog" adds dog.
_BARE = 8
_METADATA = {
    "comfy": "comfyui",
    "automatic1111": "a1111",
    "forge": "a1111",
    "invoke": "invokeai",
    "nai": "novelai",
    "novel ai": "novelai",
    "draw things": "drawthings",
}


def tuned(order: Order, mods: tuple[Tuning, ...], *, needs: str = "") -> Order | None:
    """Put settings and conditions into an order; refuse what says a thing twice.

    ``needs`` is a setting without which the reading is refused.
    """
    settings = dict(order.settings)
    conditions: list[Mod] = []
    for mod in mods:
        if not isinstance(mod, tuple):
            conditions.append(mod)
        elif mod == _ANY_MODEL:
            settings.setdefault(*mod)
        elif settings.get(mod[0]) not in (None, "", mod[1]):
            return None
        elif mod != _NOTHING:
            settings[mod[0]] = mod[1]
    if needs and needs not in settings:
        return None
    found = without_place(order, tuple(conditions))
    given = tuple(sorted(one for one in settings.items() if one != _ANY_MODEL))
    return None if found is None else replace(found, settings=given)


# setting is how a tagger works: with which model, from which score on, beside what there is.


@RULES.rule("a_model", "dets? TAGGERN? NAMED? name:MODEL TAGGERN?")
def _model(name: str) -> str:
    return name


@RULES.rule("a_model", "dets? TAGGERN? said:QUOTED TAGGERN?")
def _quoted_model(said: str) -> str | None:
    # In quotes it may just as well be a tag of that name.
    name = models().find(said)
    return name and f"!{name}"


@RULES.rule("models", "BOTH? first:a_model more:a_model_more*")
def _models(first: str, more: tuple[str, ...]) -> Setting:
    return "model", ", ".join(dict.fromkeys((first, *more)))


RULES.add("a_model_more", "and WITH? name:a_model")


@RULES.rule("setting", "COMMA? WITH|BY|VIA m:models", "COMMA? USE m:models")
def _with_models(m: Setting) -> Setting:
    return m


@RULES.rule(
    "setting", "COMMA? AT|WITH|VIA|USE|TO|FROMSCORE dets? THRESHOLDN OF|AT|TO|IN|BE? n:SCORE"
)
@RULES.rule("setting", "COMMA? AND? dets? THRESHOLDN OF|AT|TO|IN|BE? n:SCORE")
@RULES.rule("setting", "COMMA? AND? AT|WITH|VIA|USE|TO|FROMSCORE n:SCORE DET? THRESHOLDN?")
@RULES.rule("setting", "n:SCORE", cost=2)
def _threshold(n: float) -> Setting:
    return "threshold", n


@RULES.rule("setting", "COMMA? AT|WITH|VIA|USE dets? THRESHOLDN OF|AT|TO|IN|BE? n:NUM")
@RULES.rule("setting", "COMMA? dets? THRESHOLDN OF|AT|TO|IN|BE? n:NUM", "AT n:NUM")
def _whole_threshold(n: int) -> Setting:
    return "threshold", float(n)


RULES.constant(
    "setting",
    ("mode", "overwrite"),
    "COMMA? AND? OVERWRITING",
    "COMMA? AND? OVERWRITING ALL? dets? ALREADY? TAGN ALREADY?",
)
RULES.constant("setting", ("mode", "append"), "COMMA? AND? KEEPING", "COMMA? WITHOUT OVERWRITING")
RULES.constant("setting", ("mode", "fill"), "COMMA? FILLING")
RULES.constant("setting", _NOTHING, "AGAIN")
RULES.constant("setting", _ANY_MODEL, "COMMA? WITH|BY|VIA|USE dets TAGGERN", "AUTOMATICALLY")

RULES.add("tuning", "s:setting", "s:mod")


# Orders to a tagger.


@RULES.rule("all_but", "where:exception")
def _all_but(where: Condition) -> Group:
    return Group(where)


@RULES.rule("looking", "TAGV|AUTOTAG|RETAG g:group|all_but t:tuning t:tuning*")
@RULES.rule("looking", "TAGV|AUTOTAG|RETAG CLITIC g:all t:tuning t:tuning*")
@RULES.rule("looking", "TAGV|AUTOTAG|RETAG s+:setting g:group|all_but t:tuning*", cost=1)
def _tag_with(g: Group, t: tuple[Tuning, ...] = (), s: tuple[Tuning, ...] = ()) -> Order | None:
    order = Order("tagger", where=g.where)
    found = tuned(order, (*s, *t), needs="model") or tuned(order, (*s, *t), needs="threshold")
    return None if g.loose else found


@RULES.rule("looking", "TAGV|AUTOTAG|RETAG t+:setting t:tuning*", cost=1)
def _tag_all_with(t: tuple[Tuning, ...]) -> Order | None:
    return tuned(Order("tagger"), t, needs="model")


@RULES.rule("looking", "AUTOTAG g:images|all t:tuning*", cost=_BARE)
@RULES.rule("looking", "RETAG|SURETAG g:images|all|strong t:tuning*")
def _tag(g: Group, t: tuple[Tuning, ...] = ()) -> Order | None:
    return tuned(Order("tagger", where=g.where), t)


@RULES.rule("looking", "AUTOTAG g:strong", cost=_BARE + 4)
def _tag_kinds(g: Group) -> Order | None:
    # "tag the dogs": with a tag to be named, or with a tagger?
    return Order("tagger", where=g.where, unclear="tag_with_what")


RULES.add("who", "m:models", "m:a_tagger")
RULES.constant("a_tagger", _ANY_MODEL, "dets TAGGERN")
RULES.add("here", "s:setting|mod", "s:over")


@RULES.rule("over", "COMMA? BY g:group")
def _over(g: Group) -> Condition | None:
    return None if g.loose else g.where


@RULES.rule("looking", "RUN who:who t:here*", "RUN t:over who:who t:here*")
@RULES.rule("looking", "USE who:who t:here t:here*", "LET who:who AUTOTAG t:here*", cost=1)
@RULES.rule("looking", "ADD|PUT|GENERATE dets? TAGN t:here* OF|WITH|BY|VIA who:who t:here*")
def _run(who: Setting, t: tuple[Tuning, ...] = ()) -> Order | None:
    return tuned(Order("tagger"), (who, *t))


@RULES.rule("looking", "USE who:who TO|FOR AUTOTAG|TAGV g:group t:tuning*")
@RULES.rule("looking", "LET who:who AUTOTAG|TAGV g:group t:tuning*")
def _use_to_tag(who: Setting, g: Group, t: tuple[Tuning, ...] = ()) -> Order | None:
    return None if g.loose else tuned(Order("tagger", where=g.where), (who, *t))


@RULES.rule("looking", "GENERATE dets? TAGN t:here*")
def _generate(t: tuple[Tuning, ...] = ()) -> Order | None:
    return tuned(Order("tagger"), t)


RULES.add("theirs", "WITH|BY|VIA ones_of? who:models", "BY|WITH ones_of who:a_tagger")
RULES.add("ones_of", "ONES OF", "dets? TAGN OF", "dets OF")


@RULES.rule(
    "looking", "REPLACE|OVERWRITE ALL? dets? ALREADY? TAGN ALREADY? t:here* who:theirs t:here*"
)
def _overwrite(who: Setting, t: tuple[Tuning, ...] = ()) -> Order | None:
    return tuned(Order("tagger", settings=(("mode", "overwrite"),)), (who, *t))


RULES.add("order", "o:looking")


# Orders to a captioner.


RULES.constant("style", ("style", "sentence"), "COMMA? INONESENTENCE")
RULES.constant("style", ("style", "detailed"), "COMMA? INDETAIL")
RULES.constant("style", ("style", "tags"), "COMMA? ASTAGS", "COMMA? AS|WITH TAGN")
RULES.add("telling", "s:style", "s:setting", "s:mod")


@RULES.rule("told", "CAPTIONV g:images t:telling*", cost=1)
@RULES.rule("told", "CAPTIONV t+:style g:images t:telling*")
def _caption(g: Group, t: tuple[Tuning, ...] = ()) -> Order | None:
    order = tuned(Order("caption", where=g.where), t)
    vague = order is not None and order.where == EVERYTHING and not order.settings
    return replace(order, unclear="caption_which") if order is not None and vague else order


@RULES.rule("told", "CAPTIONV g:images t:telling*", cost=-1)
def _caption_surely(g: Group, t: tuple[Tuning, ...] = ()) -> Order | None:
    # "describe the images with dog" may only ask to see them; a setting tells, and a lack.
    order = tuned(Order("caption", where=g.where), t)
    sure = order is not None and (order.settings or order.where == UNCAPTIONED)
    return order if sure else None


@RULES.rule("told", "CAPTIONV g:all|every_image t:telling*")
@RULES.rule("told", "CAPTIONV t+:style g:all|every_image t:telling*")
def _caption_all(g: Group, t: tuple[Tuning, ...] = ()) -> Order | None:
    return tuned(Order("caption", where=g.where), t)


@RULES.rule("told", "CAPTIONV g:strong t:telling t:telling*")
def _caption_kinds(g: Group, t: tuple[Tuning, ...] = ()) -> Order | None:
    return tuned(Order("caption", where=g.where), t, needs="model")


@RULES.rule("every_image", "ALL DET? pics")
def _every_image() -> Group:
    return Group(EVERYTHING)


RULES.add("order", "o:told")


# Orders to take over what the files themselves say.


@RULES.rule("fact", "METASOURCE dets? METADATAN", "dets? METADATAN")
def _unnamed_fact() -> tuple[Setting, ...]:
    return ()


@RULES.rule(
    "fact", "dets? source:METASOURCE METADATAN|TAGN?", "dets? METADATAN OF source:METASOURCE"
)
def _fact(source: str) -> tuple[Setting, ...]:
    named = source.casefold()
    return (("sources", _METADATA.get(named, named)),)


RULES.constant("form", ("form", "prose"), "COMMA? ASPROSE")
RULES.constant("form", ("form", "tags"), "COMMA? ASTAGS", "COMMA? AS TAGN")
RULES.add("importing", "s:form", "s:setting", "s:mod")


@RULES.rule("import", "IMPORTV what:fact t:importing*")
@RULES.rule("import", "IMPORTV|ADD|PUT dets? TAGN OF|IN what:fact t:importing*")
@RULES.rule("import", "USE|ADD|PUT|TAKE what:fact t+:form t:importing*")
@RULES.rule("import", "TAGV|AUTOTAG g:group OF what:fact t:importing*")
def _import(
    what: tuple[Setting, ...], t: tuple[Tuning, ...] = (), g: Group | None = None
) -> Order | None:
    if g is not None and g.loose:
        return None
    order = Order("metadata", where=g.where if g else None, settings=what)
    return tuned(order, t)


@RULES.rule("import", "IMPORTV dets? BOORU TAGN t:importing*", "IMPORTV dets? BOORU t:importing*")
@RULES.rule("import", "IMPORTV|ADD|PUT dets? TAGN OF dets? BOORU t:importing*")
@RULES.rule(
    "import", "USE dets? BOORU TAGN t:importing*", "USE dets? TAGN OF dets? BOORU t:importing*"
)
def _import_source(t: tuple[Tuning, ...] = ()) -> Order | None:
    return tuned(Order("source_tags"), t)


RULES.add("order", "o:import")


# Questions about what taggers doubt.


@RULES.rule("the_tagger", "dets? TAGGERN")
def _any_tagger() -> str:
    return ""


RULES.add("the_tagger", "name:a_model")


@RULES.rule("doubts", "WHICH pics|TAGN? BE|DO? name:the_tagger BE? UNSURE ABOUT? where:scopes?")
@RULES.rule("doubts", "WHICH pics|TAGN? UNSURE name:the_tagger ABOUT? where:scopes?")
@RULES.rule("doubts", "ABOUT WHICH pics|TAGN? BE|DO? name:the_tagger BE? UNSURE where:scopes?")
@RULES.rule("doubts", "WHEREIS BE? name:the_tagger UNSURE ABOUT? where:scopes?")
@RULES.rule("doubts", "WHERE BE? UNSURE? name:the_tagger UNSURE? where:scopes?", cost=3)
@RULES.rule("doubts", "BE name:the_tagger UNSURE ABOUT? ANYTHING? where:scopes?")
def _doubted(name: str, where: Condition | None = None) -> Question:
    return _doubts(where, name)


@RULES.rule("doubts", "SHOW|REVIEW|FIND dets? DOUBTFUL TAGN|pics? where:scopes? ABOUT?")
@RULES.rule("doubts", "SHOW|REVIEW|FIND dets? TAGN DOUBTFUL where:scopes?")
@RULES.rule("doubts", "SHOW|REVIEW|FIND dets? pics DOUBTFUL where:scopes?")
@RULES.rule("doubts", "WHICH dets? TAGN|pics BE? DOUBTFUL where:scopes?")
@RULES.rule("doubts", "ISTHERE dets? DOUBTFUL TAGN? where:scopes?", "ISTHERE TAGN DOUBTFUL")
@RULES.rule("doubts", "SHOW|REVIEW dets? DOUBTN where:scopes?", "WHICH dets? DOUBTN ARETHERE?")
@RULES.rule("doubts", "dets? DOUBTFUL TAGN", cost=2)
def _doubtful(where: Condition | None = None) -> Question:
    return _doubts(where, "")


@RULES.rule("doubts", "SHOW|REVIEW|FIND dets? DOUBTN OF name:the_tagger where:scopes?")
@RULES.rule("doubts", "SHOW|REVIEW dets? pics|TAGN name:the_tagger BE? UNSURE ABOUT? where:scopes?")
@RULES.rule("doubts", "SHOW|REVIEW pics_that name:the_tagger BE? UNSURE ABOUT? where:scopes?")
@RULES.rule("doubts", "SHOW|REVIEW pics_that UNSURE name:the_tagger where:scopes?")
def _doubts_of(name: str, where: Condition | None = None) -> Question:
    return _doubts(where, name)


RULES.add("pics_that", "dets? pics|TAGN WHERE|THAT", "WHERE|WHEREIS")


def _doubts(where: Condition | None, name: str) -> Question:
    return Question("doubts", where=None if where == EVERYTHING else where, name=name)


RULES.add("question", "q:doubts")


@RULES.rule("order", "KEEP m:new IN|ON|FOR|OF dets? IMG? name:NAME ALONE?")
def _kept_there(m: Mention, name: str) -> Order:
    return Order("answer", (m,), name=name)


# Follow-ups: "with 0.3 instead", "and with joytag too".


@RULES.rule("followup", "correcting? BUT? s+:setting s:setting* INSTEAD?", cost=3)
@RULES.rule("followup", "correcting? BUT? s+:style INSTEAD?", cost=3)
def _other_settings(s: tuple[Setting, ...]) -> FollowUp | None:
    return _set("set", s)


@RULES.rule("followup", "AND? ALSO COMMA? WITH|VIA|USE m:models", "AND? WITH|VIA|USE m:models ALSO")
@RULES.rule("followup", "AND WITH|VIA|USE m:models")
def _one_more_model(m: Setting) -> FollowUp | None:
    return _set("too", (m,))


def _set(kind: str, settings: tuple[Setting, ...]) -> FollowUp | None:
    found = tuned(Order("tagger"), settings)
    if found is None or not found.settings:
        return None
    return FollowUp(kind, settings=found.settings)

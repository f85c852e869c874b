"""Grammar of the audit: what is wrong, what to prune, whether a trigger is good, trainers."""

from __future__ import annotations

from tagsmith.agent.offline.chart import Grammar
from tagsmith.agent.offline.clauses import Mention, Order, Question

RULES = Grammar()

EVERYTHING_WRONG = "all"
_TRAINERS = {
    "kohya": "kohya",
    "sd": "kohya",
    "onetrainer": "onetrainer",
    "one": "onetrainer",
    "ai": "ai-toolkit",
    "aitoolkit": "ai-toolkit",
    "ostris": "ai-toolkit",
    "diffusers": "diffusers",
}
_CHECKS = {
    "REDUNDANTN": "redundant",
    "CONTRADICTORYN": "contradictory",
    "ABSORBEDN": "absorbed",
    "OBVIOUSN": "obvious",
    "RAREN": "rare",
    "CONSTANTN": "near_constant",
    "BACKGROUNDN": "backgrounds",
    "STYLEN": "style",
    "BALANCEN": "balance",
    "VARIETYN": "variance",
    "QUALITYN": "quality",
}

# The dataset, however it is called.
RULES.add("the_set", "DET? DATASET", "PRON", "DET? DATASET OF TRAINN", "EVERYTHING", "dets? pics")
RULES.add("about_it", "WITH|IN|ON|OF|FOR the_set", "HERE")


@RULES.rule("trainer", "DET? name:TRAINER")
def _trainer(name: str) -> str | None:
    return _TRAINERS.get(name.casefold().replace("-", " ").replace("_", " ").split()[0])


# Questions.


@RULES.rule("audit", "WRONGQ about_it? there?", "AUDITV the_set", "AUDITV DET? CAP")
@RULES.rule("audit", "WRONGQ the_set there?", "WHICH BE? WRONGQ about_it?")
def _wrong() -> Question:
    return Question("audit", option=EVERYTHING_WRONG)


for _class, _check in _CHECKS.items():
    RULES.constant("a_check", _check, f"dets? {_class}")


@RULES.rule("audit", "SHOW|FIND|ISTHERE|WHICH|AUDITV c:a_check about_it? there?")
@RULES.rule("audit", "WHICH TAGN? BE c:a_check about_it?", "BE the_set c:a_check", cost=1)
@RULES.rule("audit", "QWORD c:a_check BE the_set", "QWORD BE c:a_check about_it?", cost=1)
def _one_check(c: str) -> Question:
    return Question("audit", option=c)


@RULES.rule("audit", "SHOW dets? FINDINGN n:NUM", "WHICH BE? dets? FINDINGN n:NUM", cost=-1)
def _one_finding(n: int) -> Question:
    return Question("audit", option=str(n))


@RULES.rule("audit", "SHOW|FIND|ISTHERE|WHICH|AUDITV dets? COPIESN about_it? there?")
def _copies() -> Question:
    return Question("duplicates")


@RULES.rule("audit", "WHICH dets? TAGN? SHOULDI REMOVE about_it?", "WHICH dets? TAGN? SURPLUS")
@RULES.rule("audit", "WHICH SURPLUS about_it?", "ISTHERE dets? TAGN TO|THAT SHOULDI? REMOVE")
def _prunable() -> Question:
    return Question("prunable")


@RULES.rule("audit", "BE m:new GOODTRIGGER about_it?", "m:new BE? GOODTRIGGER about_it?", cost=-4)
@RULES.rule("audit", "JUDGEQ m:new BE? GOODTRIGGER about_it?", cost=-4)
@RULES.rule("audit", "BE GOODTRIGGER m:new about_it?", "JUDGEQ BE? GOODTRIGGER m:new", cost=-4)
def _judged(m: Mention) -> Question:
    return Question("judge", name=m.text or m.said)


@RULES.rule(
    "audit",
    "WHICH DO|JUDGEQ? trainer:trainer READV about_it?",
    "AUDITV the_set FOR trainer:trainer",
)
@RULES.rule(
    "audit",
    "QWORD DO|JUDGEQ? trainer:trainer READV the_set",
    "WHICH READV trainer:trainer about_it?",
)
@RULES.rule("audit", "BE the_set READY FOR trainer:trainer", "BE READY the_set FOR trainer:trainer")
def _read_by(trainer: str) -> Question:
    return Question("lint", name=trainer)


RULES.add("question", "q:audit")


# Orders.


RULES.add("what", "the_set", "CLITIC")


@RULES.rule("mending", "MAKE|PREPARE what READY FOR trainer:trainer", "PREPARE FOR trainer:trainer")
@RULES.rule(
    "mending", "MAKE|PREPARE READY what FOR trainer:trainer", "PREPARE what FOR trainer:trainer"
)
def _ready(trainer: str) -> Order:
    return Order("trainer", name=trainer)


@RULES.rule("mending", "CONSOLIDATE dets? REDUNDANTN about_it?", "CONSOLIDATE dets? TAGN about_it?")
def _consolidated() -> Order:
    return Order("consolidate")


@RULES.rule("mending", "FIXV dets? FINDINGN? n:NUM more:number*", "FIXV n:NUM more:number*")
def _fixed(n: int, more: tuple[int, ...]) -> Order:
    return Order("fix", option=", ".join(map(str, (n, *more))))


RULES.add("number", "and n:NUM")
RULES.add("order", "o:mending")

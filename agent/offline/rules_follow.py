"""Grammar of follow-ups: what adds to, changes or takes back what was said before."""

from __future__ import annotations

from tagsmith.agent.offline.chart import Grammar
from tagsmith.agent.offline.clauses import (
    Clause,
    Condition,
    FollowUp,
    Group,
    Mention,
    MentionKind,
    Place,
    Talk,
)

ALL_STEPS = 0

Clauses = tuple[Clause, ...]
Opened = tuple[Condition | None, Clause]
Next = tuple[str, Opened]

_EDITING = (
    "REPLACE|CONVERT|MERGE|REMOVE|DELETE|PULL|ADD|PREPEND|APPEND|PUT|USE|TAGV|MOVE|ISOLATE|RESTORE"
    "|DEDUPE|SORT|CLEAN|TOUCH|UNDO|REDO|CANCEL"
)


_AGAIN = "REMOVE|DELETE|ADD|PUT|REPLACE|CONVERT|MOVE|PREPEND|APPEND|TAGV|SORT|ISOLATE|SAME"

RULES = Grammar()


# Follow-ups that add: other tags, or other images.


@RULES.rule(
    "followup",
    "AND? ALSO COMMA? tags:news ALSO?",
    "AND? tags:news COMMA? ALSO",
    "AND tags:news",
)
@RULES.rule(
    "followup", "AND? ALSO? SAME ALSO? WITH tags:news ALSO?", "AND? SAME ALSO? FOR tags:news"
)
@RULES.rule(
    "followup",
    "COMMA? AND COMMA? tags:news",
    "AND? WITH tags:news ALSO",
    "AND? SAME ALSO? FOR|WITH tags:news ALSO",
    "AND? THEN COMMA? tags:news",
)
def _more(tags: tuple[Mention, ...]) -> FollowUp | None:
    return _about(FollowUp("more", tags))


@RULES.rule("followup", "AND? ALSO? tags:news where:scope ALSO?", cost=1)
def _more_there(tags: tuple[Mention, ...], where: Condition) -> FollowUp | None:
    return _about(FollowUp("more", tags, where))


@RULES.rule("followup", "AND? ALSO COMMA? where:scope ALSO?", "AND? where:scope ALSO", cost=1)
@RULES.rule("followup", "AND where:scope", "AND? SAME ALSO? where:scope ALSO?", cost=2)
@RULES.rule("followup", "AND|ALSO ALSO? where:pictures ALSO?", "where:pictures ALSO", cost=1)
def _also(where: Condition) -> FollowUp:
    return FollowUp("also", where=where)


def _about(clause: FollowUp) -> FollowUp | None:
    """Refuse to take a mere word of the lexicon for a tag where nothing speaks for a tag."""
    words = any(tag.kind is MentionKind.WORD for tag in clause.tags)
    return None if words else clause


# Follow-ups that change: another condition, other tags, another place.
RULES.add(
    "correcting",
    "NO COMMA?",
    "NO COMMA? BUT?",
    "INSTEAD COMMA?",
    "NO COMMA? INSTEAD COMMA?",
    "INSTEAD COMMA? INSTEAD COMMA?",
)


@RULES.rule("pictures", "g:images")
def _pictures(g: Group) -> Condition:
    return g.where


@RULES.rule(
    "followup",
    "SAME ONLY where:scope",
    "BUT? where:scope ONLY",
    "BUT? LIMIT PRON|CLITIC? TO|IN where:limits",
)
@RULES.rule("followup", "BUT? ONLY where:scope", "BUT? ONLY where:scopes")
@RULES.rule("followup", "BUT? ONLY where:kinds_only")
def _only(where: Condition) -> FollowUp:
    return FollowUp("narrow", where=where)


@RULES.rule("followup", "BUT? where:scopes", cost=3)
def _there(where: Condition) -> FollowUp:
    return FollowUp("only", where=where)


@RULES.rule("followup", "correcting where:scope", "correcting ONLY where:kinds_only")
@RULES.rule("followup", "correcting? where:scope INSTEAD", "correcting ONLY where:scope")
def _only_instead(where: Condition) -> FollowUp:
    return FollowUp("only", where=where, corrects=True)


# "quítalo solo en los perros", "add it to the cats too": the verb of before, said again.
RULES.add("it_again", f"{_AGAIN} PRON|CLITIC|THEM")


@RULES.rule(
    "followup",
    "correcting? it_again ONLY where:scope",
    "correcting? ONLY it_again where:scope",
    cost=-2,
)
@RULES.rule(
    "followup", "correcting? it_again where:scope ONLY", "AND? WITHOUT where:absent", cost=-2
)
def _only_it(where: Condition) -> FollowUp:
    return FollowUp("narrow", where=where)


@RULES.rule(
    "followup",
    "AND? ALSO? it_again ALSO where:scope",
    "AND? ALSO? it_again where:scope ALSO",
    cost=-2,
)
@RULES.rule("followup", "AND? ALSO it_again where:scope", cost=-2)
def _also_it(where: Condition) -> FollowUp:
    return FollowUp("also", where=where)


@RULES.rule("followup", "correcting? name:named_folder", "CALL DET? FOLDER name:label")
def _folder_name(name: str) -> FollowUp:
    return FollowUp("instead", (Mention(name, MentionKind.UNKNOWN, name),), corrects=True)


@RULES.rule("limits", "g:group")
def _limits(g: Group) -> Condition:
    return g.where


@RULES.rule("kinds_only", "g:group")
def _kinds_only(g: Group) -> Condition | None:
    return None if g.loose else g.where


@RULES.rule("followup", "correcting? BUT? ONLY tags:tags")
def _only_tags(tags: tuple[Mention, ...]) -> FollowUp | None:
    bare = all(tag.kind is MentionKind.TAG for tag in tags)
    return FollowUp("only", tags) if bare else None


RULES.add("pics_alone", "dets? pics", "PRON pics")


@RULES.rule("followup", "correcting DELETE|REMOVE pics_alone INSTEAD?")
@RULES.rule("followup", "DELETE|REMOVE pics_alone INSTEAD")
@RULES.rule("followup", "DELETE|REMOVE pics_alone COMMA? NOT|INSTEADOF DET? TAGN", cost=-2)
def _images_instead() -> FollowUp:
    return FollowUp("images", corrects=True)


@RULES.rule(
    "followup",
    "correcting? BUT? where:exception",
    "AND where:exception",
    "NO? COMMA? EVERYWHERE? where:exception",
    cost=-1,
)
def _excepted(where: Condition) -> FollowUp:
    return FollowUp("except", where=where)


@RULES.rule("followup", "BUT? KEEP g:group ALONE", "BUT? NOT TOUCH g:group", cost=-3)
@RULES.rule(
    "followup", "BUT? KEEP g:group OUT", "BUT? KEEP ALONE g:group", "BUT KEEP g:group", cost=-3
)
@RULES.rule(
    "followup",
    "NO? COMMA? BUT? WITHOUT|NOT g:group",
    "BUT? IN|TO|OF g:group NOT",
    "NO COMMA IN|TO|OF g:group NOT",
)
def _kept(g: Group) -> FollowUp | None:
    return None if g.loose else FollowUp("keep", where=g.where)


@RULES.rule(
    "followup",
    "correcting? EXCEPT|BUTNOT tags:any_tags",
    "NO? COMMA? NOT tags:any_tags",
    cost=2,
)
def _except_tags(tags: tuple[Mention, ...]) -> FollowUp:
    return FollowUp("except", tags)


@RULES.rule(
    "followup", "correcting? USE tags:news INSTEAD", "correcting? CALL PRON? tags:news INSTEAD?"
)
@RULES.rule(
    "followup",
    "NO? COMMA? INSTEAD COMMA? INSTEAD? COMMA? tags:news",
    "NO COMMA tags:news",
    "NO? COMMA? tags:news INSTEAD",
)
def _instead(tags: tuple[Mention, ...]) -> FollowUp | None:
    return _about(FollowUp("instead", tags, corrects=True))


@RULES.rule(
    "followup", "correcting? place:place", "correcting? place:place INSTEAD", "BUT place:place"
)
@RULES.rule("followup", "correcting? MOVE|PUT|MAKE PRON|CLITIC place:place INSTEAD?", cost=-1)
def _placed(place: Place) -> FollowUp:
    return FollowUp("instead", place=place, corrects=True)


RULES.add("what_last", "PRON|CLITIC|SAME", "DET? RECENT? THINGS", "DET? RECENT", "PRON THINGS")


@RULES.rule("followup", "UNDO DET? RECENT THINGS?", "UNDO DET? THINGS RECENT", cost=-1)
def _undo_last() -> FollowUp:
    return FollowUp("undo", count=1)


@RULES.rule(
    "followup", "correcting? UNDO what_last?", "AND? UNDO what_last?", "UNDO CLITIC what_last"
)
def _undo() -> FollowUp:
    return FollowUp("undo")


@RULES.rule("followup", "UNDO DET? m:mention THINGS?", "UNDO THAT? OF DET? m:mention", cost=1)
def _undo_about(m: Mention) -> FollowUp | None:
    return None if m.kind is MentionKind.PRONOUN else FollowUp("undo", (m,))


@RULES.rule("followup", "UNDO DET? FIRST THINGS?")
def _undo_first() -> FollowUp:
    return FollowUp("undo", place=Place("first"))


@RULES.rule("followup", "UNDO n:steps", "UNDO DET? RECENT n:NUM", "UNDO DET? n:NUM RECENT")
def _undo_some(n: int) -> FollowUp:
    return FollowUp("undo", count=n)


@RULES.rule("followup", "NO? COMMA? RESET", cost=-1)
def _reset() -> FollowUp:
    return FollowUp("cancel", count=ALL_STEPS)


@RULES.rule("followup", "CANCEL CLITIC? COMMA c:followup")
def _cancel_and(c: FollowUp) -> FollowUp | None:
    return c if c.kind in ("undo", "cancel") else None


@RULES.rule("followup", "UNDO BOTH")
def _undo_both() -> FollowUp:
    return FollowUp("undo", count=2)


@RULES.rule("followup", "UNDO CLITIC? EVERYTHING", "UNDO ALL DET? THINGS", "UNDO ALL PRON")
def _undo_all() -> FollowUp:
    return FollowUp("undo", count=ALL_STEPS)


@RULES.rule("followup", "correcting? CANCEL what_last?", "CANCEL CLITIC what_last")
@RULES.rule("followup", "correcting? NOT TOUCH PRON|CLITIC", "NO? COMMA? NOT CLITIC TOUCH")
@RULES.rule("followup", "NO COMMA? NOT PRON?", "INSTEAD NO|NOT")
def _cancel() -> FollowUp:
    return FollowUp("cancel")


@RULES.rule("followup", "CANCEL CLITIC? EVERYTHING", "CANCEL ALL DET? THINGS")
def _cancel_all() -> FollowUp:
    return FollowUp("cancel", count=ALL_STEPS)


for _topic in ("HELP", "THANKS", "HELLO", "YES", "STATUS"):
    RULES.constant("talk", Talk(_topic.lower()), _topic, f"COMMA? {_topic}")

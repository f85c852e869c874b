"""Grammar of orders about whole images: delete, isolate, restore."""

from __future__ import annotations

from tagsmith.agent.offline.chart import Grammar
from tagsmith.agent.offline.clauses import (
    EVERYTHING,
    THEM,
    FollowUp,
    Group,
    Has,
    Mention,
    MentionKind,
    Order,
)
from tagsmith.agent.offline.rules_scopes import Mod, without_place

RULES = Grammar()


# Isolating, restoring and deleting images.


@RULES.rule("delete", "REMOVE|DELETE g:everything", cost=5)
@RULES.rule("delete", "REMOVE|DELETE g:images m:mod*")
def _delete(g: Group, m: tuple[Mod, ...] = ()) -> Order | None:
    if not g.images:
        return None
    order = without_place(Order("delete", where=g.where), m)
    if order is None or order.where is None or order.where == EVERYTHING:
        return Order("delete", where=EVERYTHING, unclear="delete_all")
    return order


@RULES.rule("delete", "TAKE|PUT|MOVE g:images INTO|IN|TO DET? TRASHCAN")
@RULES.rule("delete", "g:images COMMA? DELETE|REMOVE PRON|CLITIC", "g:images COMMA? TAKE PRON AWAY")
@RULES.rule("delete", "g:images out")
def _delete_stated(g: Group) -> Order | None:
    if not g.images:
        return None
    unclear = "delete_all" if g.where == EVERYTHING else ""
    return Order("delete", where=g.where, unclear=unclear)


@RULES.rule(
    "delete", "PULL g:images m:mod*", "TAKE g:images AWAY m:mod*", "TAKE g:images m:mod m:mod*"
)
def _pull(g: Group, m: tuple[Mod, ...]) -> Order | None:
    if not g.images:
        return None
    return without_place(Order("delete", where=g.where, unclear="delete_or_isolate"), m)


@RULES.rule("everything", "EVERYTHING", "ALL? DET? DATASET")
def _everything() -> Group:
    return Group(EVERYTHING, images=True)


RULES.add(
    "named_folder",
    "INTO|TO|IN DET? FOLDER NAMED? name:label",
    "INTO|TO|IN DET? FOLDER NAMED name:WORD",
)
RULES.add("named_folder", "INTO|TO|IN DET? name:label FOLDER", cost=2)
RULES.add("folder", "name:named_folder", "AS|NAMED name:label")
RULES.add(
    "folder", "INTO|IN|TO name:label", "COMMA NAMED name:label", "COMMA? AND? NAMED name:label"
)
RULES.add(
    "folder", "INTO|TO|IN DET? name:label FOLDER", "INTO|IN|TO DET? OF? FOLDER NAMED name:label"
)


@RULES.rule("label", "DET? m:NEW")
def _label(m: Mention) -> str:
    return m.said or m.text


@RULES.rule(
    "isolate", "ISOLATE g:group name:folder?", "ISOLATE g:group aside", "ISOLATE aside? g:group"
)
@RULES.rule("isolate", "MOVE|PUT g:images name:folder", "MOVE|PUT|WANT|MAKE g:group aside")
@RULES.rule("isolate", "ISOLATE|WANT g:group REST? name:named_folder")
@RULES.rule(
    "isolate", "MOVE|PUT|ADD g:group name:named_folder", "MOVE|PUT name:named_folder g:group"
)
@RULES.rule("isolate", "ISOLATE|MOVE|PUT name:folder g:images", "ISOLATE|MOVE|PUT aside g:images")
def _isolate(g: Group, name: str = "") -> Order | None:
    if isinstance(g.where, Has) and g.where.tag.kind is MentionKind.PRONOUN and not g.images:
        return None
    if g.where == EVERYTHING:
        return Order("isolate", where=EVERYTHING, unclear="isolate_all")
    return Order("isolate", where=g.where, name=name)


@RULES.rule(
    "isolate",
    "ISOLATE PRON|CLITIC name:folder?",
    "PUT|MOVE|TAKE|ADD PRON|CLITIC name:named_folder",
    "PUT|MOVE|TAKE|ISOLATE PRON|CLITIC ASIDE name:folder?",
)
def _isolate_those(name: str = "") -> Order:
    return Order("isolate", where=Has(THEM), name=name)


@RULES.rule("isolate", "ISOLATE g:images m:exception name:folder?", "ISOLATE g:everything m:mod")
def _isolate_except(g: Group, m: Mod, name: str = "") -> Order | None:
    order = without_place(Order("isolate", where=g.where, name=name), (m,))
    return None if order is None or order.where == EVERYTHING else order


RULES.add(
    "aside",
    "ASIDE",
    "REST",
    "ASIDE REST",
    "REST INTO|TO|IN DET? FOLDER",
    "ASIDE IN DET? FOLDER",
)
RULES.add("aside", "INTO|TO|IN DET? FOLDER", "IN|TO DET? OF? FOLDER")


@RULES.rule("isolate", "REPLACE g:images TO|AS|INTO name:label")
def _rename(g: Group, name: str) -> Order | None:
    if g.where == EVERYTHING:
        return None
    return Order("isolate", where=g.where, name=name, option="rename")


@RULES.rule("restore", "RESTORE dets? ISOLATED? pics name:label", "RESTORE name:label")
@RULES.rule(
    "restore",
    "RESTORE dets? ISOLATED? name:label ISOLATED? pics",
    "RESTORE dets? pics ISOLATED IN|AS name:label",
)
@RULES.rule(
    "restore",
    "RESTORE dets? FOLDER|ISOLATED name:label",
    "RESTORE dets? pics ISOLATED OF name:label",
)
@RULES.rule(
    "restore",
    "RESTORE dets? pics OF|IN dets? FOLDER? name:label",
    "RESTORE dets? name:label FOLDER",
)
@RULES.rule(
    "restore",
    "PUT dets? ISOLATED pics BACK",
    "PUT dets? pics ISOLATED BACK",
    "RESTORE dets? ISOLATED? pics ISOLATED?",
    "RESTORE dets ISOLATED",
    cost=1,
)
def _restore(name: str = "") -> Order:
    return Order("restore", name=name)


RULES.add("order", "o:delete", "o:isolate", "o:restore")


RULES.add("steps", "DET? RECENT n:NUM THINGS", "DET? n:NUM RECENT THINGS", "n:NUM THINGS")


@RULES.rule(
    "redo", "REDO PRON|CLITIC?", "REDO DET? RECENT? THINGS", "REDO n:steps", "REDO DET? RECENT"
)
def _redo(n: int | None = None) -> FollowUp:
    return FollowUp("redo", count=n)


RULES.add("followup", "c:redo")

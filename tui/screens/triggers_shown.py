"""What the trigger screen writes: the image, its caption, how far it is, what a press did."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from tagsmith.tools.caption import BOM, Caption
from tagsmith.tools.paths import display
from tagsmith.tools.tags import key
from tagsmith.tools.trigger_board import IN_SENTENCES, Board, Look, Show
from tagsmith.tools.trigger_desk import Desk
from tagsmith.tools.trigger_progress import Deed
from tagsmith.tui.language import many, say
from tagsmith.tui.text import block, line
from tagsmith.tui.widgets.chips import Test
from tagsmith.tui.widgets.edge import keys
from tagsmith.tui.widgets.palette import ADDED, MINUS, MUTED, REMOVED, WARNING

SHOWN = {Show.ALL: "all", Show.UNASSIGNED: "unassigned", Show.SKIPPED: "skipped"}

Size = tuple[int, int] | None


def progress_line(board: Board) -> Content:
    """Return ``137 of 500 assigned · 5 skipped``."""
    done, total = f"{board.assigned:,}", f"{len(board.samples):,}"
    text = say("{done} of {total} assigned", done=done, total=total)
    skips = many(board.skips, " · {n} skipped ", " · {n} skipped ")
    return Content.assemble(line(text, "bold"), (skips, MUTED))


def image_line(board: Board, number: int, size: Size) -> tuple[Content, Content]:
    """Return what stands left and right below the picture: which image, and what to know of it."""
    look = board.look(number)
    name = Content.assemble(" ", line(display(board.names[number]), "bold"))
    measure = f"  {size[0]} × {size[1]}" if size else ""  # noqa: RUF001 - the sign between sides
    place = say("{place} of {total}", place=f"{number + 1:,}", total=f"{len(board.samples):,}")
    left = Content.assemble(name, line(f"{measure}  {place}", MUTED))
    notes = _notes(board, number, look)
    return left, Content("   ").join([*notes, Content()]) if notes else Content()


def _notes(board: Board, number: int, look: Look) -> list[Content]:
    notes = []
    if board.is_skipped(number):
        notes.append(Content.styled(say("skipped"), MUTED))
    if look.sharing:
        others = ", ".join(map(display, look.sharing))
        notes.append(line(say("one caption with {others}", others=others), WARNING))
    if look.before is None and look.after is not None:
        notes.append(Content.styled(say("caption created"), ADDED))
    elif look.after is not None and look.before is not None and _emptied(look):
        notes.append(Content.styled(say("caption left empty"), WARNING))
    return notes


def _emptied(look: Look) -> bool:
    from tagsmith.tools.overlay import empties

    return empties(look.before, look.after or b"")


def caption_words(look: Look, *, prose: bool) -> Content | None:
    """Return what to show in place of chips, None where the caption is a list of tags."""
    if look.refusal and not look.sentences:
        reason = say("The caption cannot be edited: {reason}.", reason=look.refusal)
        return line(reason, WARNING)
    if look.after is None:
        return Content.styled(say("No caption yet: the first trigger creates it."), MUTED)
    if look.sentences and not prose:
        text = look.after.removeprefix(BOM).decode("utf-8", "replace").strip()
        hint = keys([("s", say("edits captions in sentences too"))])
        return Content("\n").join([hint, block(text, MUTED)])
    if not look.after.strip():
        return Content.styled(say("The caption is empty."), MUTED)
    return None


def shown_tags(look: Look, triggers: Sequence[str], *, prose: bool) -> tuple[list[str], Test]:
    """Return the tags of the caption as the presses make it, and which of them are triggers."""
    caption = Caption.parse(look.after or b"")
    wanted = {key(tag) for tag in triggers}
    tags = (caption.as_tags() if prose else caption).tags
    return tags, lambda tag: key(tag) in wanted


def settings(desk: Desk, *, advancing: bool, showing: Show) -> list[tuple[str, str, str]]:
    """Return the keys that set how the screen works, and how they stand."""
    first = desk.chosen.position == "first"
    return [
        ("v", say("advance"), say("on") if advancing else say("off")),
        ("f", say("show"), say(SHOWN[showing])),
        ("p", say("position"), say("first") if first else say("last")),
        ("s", say("sentences"), say("edited too") if desk.prose else say("left alone")),
    ]


def overtaken(number: int) -> str:
    """Return what became of presses on captions that were edited since."""
    return many(
        number,
        "{n} caption was edited since you pressed: the edit stands, the press is forgotten.",
        "{n} captions were edited since you pressed: the edits stand, the presses are forgotten.",
    )


def none_left(board: Board) -> str:
    """Return what is left to do at an end of the images."""
    left = len(board.samples) - board.assigned - board.skips
    if left <= 0:
        return say("No more images this way. All are assigned or skipped; esc stages them.")
    return many(
        left,
        "No more images this way. {n} is unassigned: f shows only those.",
        "No more images this way. {n} are unassigned: f shows only those.",
    )


def refusal(reason: str) -> str:
    """Return why a press did nothing."""
    if reason == IN_SENTENCES:
        return say("This caption is written in sentences: s edits such captions too.")
    return say("This caption cannot be edited: {reason}.", reason=reason)


def turned(board: Board) -> str:
    """Return what another position means."""
    if board.position == "first":
        return say("Triggers of this set stand first, also those already pressed.")
    return say("Triggers of this set stand last, also those already pressed.")


def done_line(deed: Deed, board: Board) -> Content:
    """Return what a press did: ``+eevee  img_0233.png``."""
    sign, style = ("+", ADDED) if deed.on else (MINUS, REMOVED)
    number = board.index.get(deed.image)
    name = deed.image if number is None else board.samples[number].name
    return Content.assemble(
        line(sign, style), line(deed.trigger, style), line(f"  {display(name)}", MUTED)
    )

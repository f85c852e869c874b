"""What the tag explorer writes: one row a tag, the heads of the columns, the order of the rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from textual.content import Content

from tagsmith.tools.tag_profile import Place, Profile, place_word
from tagsmith.tools.tags import Vocabulary, is_pattern, key, matcher
from tagsmith.tools.wording import share
from tagsmith.tui.language import many, say
from tagsmith.tui.text import line
from tagsmith.tui.widgets.edge import spread
from tagsmith.tui.widgets.palette import ACCENT, MUTED

IMAGES, PERCENT, PLACE, WITH, SCORE = 9, 7, 7, 15, 8
WIDEST_SELECTION = 30
PLACES = {
    "1st": "1st",
    "2nd": "2nd",
    "3rd": "3rd",
    "early": "early",
    "mid": "mid",
    "late": "late",
    "last": "last",
}


class Sort(StrEnum):
    """The orders that ``s`` goes through."""

    IMAGES = "images"
    RARE = "rarest"
    NAME = "name"
    PLACE = "place"
    WITH = "with"
    SCORE = "score"


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the tags so far; what is not counted yet is None.

    ``marked`` are the keys of the marked tags, in the order of marking, ``together`` is in how many
    images all of them stand, and ``beside`` in how many of those each key does.
    """

    vocabulary: Vocabulary
    profile: Profile | None = None
    scores: Mapping[str, float] | None = None
    marked: tuple[str, ...] = ()
    together: int | None = None
    beside: Counter[str] = field(default_factory=Counter)

    def sorts(self) -> list[Sort]:
        """Return the orders that there are."""
        found = [Sort.IMAGES, Sort.RARE, Sort.NAME]
        if self.profile is not None:
            found.append(Sort.PLACE)
        if self.marked and self.together is not None:
            found.append(Sort.WITH)
        if self.scores:
            found.append(Sort.SCORE)
        return found


def usual(vocabulary: Vocabulary) -> list[str]:
    """Return all keys, the most frequent first, of equals by name."""
    counts = vocabulary.counts
    # Two sorts with keys from C take a quarter of the time of one with a tuple for each.
    return sorted(sorted(counts), key=counts.__getitem__, reverse=True)


def ordered(known: Known, order: list[str], sort: Sort) -> list[str]:
    """Return all keys, given in their usual order, in another one; of equals the order stays."""
    if sort is Sort.NAME:
        return sorted(order)
    if sort is Sort.RARE:
        return sorted(order, key=known.vocabulary.counts.__getitem__)
    if sort is Sort.PLACE and known.profile is not None:
        places, nowhere = known.profile.places, Place(0.0, float("inf"))
        return sorted(order, key=lambda one: places.get(one, nowhere).relative)
    if sort is Sort.WITH:
        return sorted(order, key=lambda one: -known.beside.get(one, 0))
    if sort is Sort.SCORE and known.scores is not None:
        scores = known.scores
        return sorted(order, key=lambda one: scores.get(one, float("inf")))
    return order


def filtered(keys: Sequence[str], text: str) -> list[str]:
    """Return the keys that hold a text, or that a wildcard pattern matches."""
    wanted = key(text)
    if not wanted:
        return list(keys)
    if is_pattern(text):
        test = matcher(text)
        return [one for one in keys if test(one)]
    return [one for one in keys if wanted in one]


class TagRows:
    """The rows of the list."""

    def __init__(self, known: Known, keys: Sequence[str], marks: Collection[str]) -> None:
        self.known = known
        self.keys = keys
        self._marks = marks

    @property
    def count(self) -> int:
        """Number of tags."""
        return len(self.keys)

    def row(self, index: int, width: int) -> Content:
        """Return one row."""
        known, one = self.known, self.keys[index]
        vocabulary = known.vocabulary
        number = vocabulary.counts[one]
        marked = one in self._marks
        left = Content.assemble(
            (" ● " if marked else "   ", ACCENT),
            line(vocabulary.spelling(one), f"{ACCENT} bold" if marked else ""),
            self._inside(one),
        )
        percent = share(number, vocabulary.captions)
        right = f"{number:>{IMAGES},}{percent:>{PERCENT}.1f}{self._place(one):>{PLACE}}"
        if known.marked:
            right += f"{self._with(one):>{WITH}}"
        if known.scores:
            right += f"{self._score(one):>{SCORE}}"
        return spread(left, line(f"{right} "), width)

    def _inside(self, one: str) -> Content:
        profile = self.known.profile
        longer = profile.inside.get(one) if profile is not None else None
        if longer is None:
            return Content()
        return Content.assemble((" ⊂ ", MUTED), line(self.known.vocabulary.spelling(longer), MUTED))

    def _place(self, one: str) -> str:
        profile = self.known.profile
        if profile is None or one not in profile.places:
            return "…" if profile is None else ""
        return say(PLACES[place_word(profile.places[one])])

    def _with(self, one: str) -> str:
        return "…" if self.known.together is None else f"{self.known.beside[one]:,}"

    def _score(self, one: str) -> str:
        score = (self.known.scores or {}).get(one)
        return "" if score is None else f"{score:.2f}"


def heads(known: Known, sort: Sort) -> tuple[Content, Content]:
    """Return the heads of the columns, left and right; the one sorted by has an arrow."""

    def head(text: str, by: Sort, width: int) -> Content:
        marked = f"↓{text}" if sort is by else text
        return line(marked.rjust(width), ACCENT if sort is by else MUTED)

    left_by = {Sort.NAME: say("tag, by name"), Sort.RARE: say("tag, the rarest first")}
    left = line(f"   {left_by.get(sort, say('tag'))}", ACCENT if sort in left_by else MUTED)
    right = [
        head(say("images"), Sort.IMAGES, IMAGES),
        Content.styled("%".rjust(PERCENT), MUTED),
        head(say("place"), Sort.PLACE, PLACE),
    ]
    if known.marked:
        right.append(head(_with_head(known), Sort.WITH, WITH))
    if known.scores:
        right.append(head(say("score"), Sort.SCORE, SCORE))
    return left, Content("").join([*right, Content(" ")])


def _with_head(known: Known) -> str:
    if len(known.marked) > 1:
        return say("with {n} marked", n=len(known.marked))[: WITH - 2]
    name = line(known.vocabulary.spelling(known.marked[0])).plain
    text = say("with {tag}", tag=name)
    return text if len(text) < WITH - 1 else f"{text[: WITH - 3]}…"


def totals(known: Known, images: int, where: str) -> Content:
    """Return ``412 images · 1,287 tags · 8,114 uses``, and what chooses the images."""
    counts = known.vocabulary.counts
    parts = (
        many(images, "{n} image", "{n} images"),
        many(len(counts), "{n} tag", "{n} tags"),
        many(sum(counts.values()), "{n} use", "{n} uses"),
    )
    title = Content.assemble((f" {say('Tags')}", "bold"), line(f" · {' · '.join(parts)}", MUTED))
    return title + Content.assemble((" · ", MUTED), line(where, ACCENT)) if where else title


def selection(known: Known) -> Content:
    """Return ``with: dog, outdoors (118)``."""
    if not known.marked:
        return Content()
    names = ", ".join(known.vocabulary.spelling(one) for one in known.marked)
    number = "…" if known.together is None else f"{known.together:,}"
    return Content.assemble(
        (say("with: "), MUTED),
        line(names, ACCENT).truncate(WIDEST_SELECTION, ellipsis=True),
        (f" ({number}) ", MUTED),
    )

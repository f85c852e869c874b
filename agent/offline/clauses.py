"""What a sentence can mean: frozen clauses, built by the grammar and turned into calls."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class MentionKind(StrEnum):
    """How a tag was named; ``WORD`` is an unknown tag that is a word of the lexicon."""

    TAG = "tag"
    PLURAL = "plural"
    QUOTED = "quoted"
    PATTERN = "pattern"
    UNKNOWN = "unknown"
    WORD = "word"
    PRONOUN = "pronoun"


@dataclass(frozen=True, slots=True)
class Mention:
    """A tag as it was named: ``text`` is what a call gets, ``said`` what the user wrote.

    ``definite`` tells "the dogs" from "dogs"; ``noun`` tells "the tag dog" from "dog".
    """

    text: str
    kind: MentionKind
    said: str = ""
    definite: bool = False
    noun: bool = False


# "it", "them": what was named before.
PRONOUN = Mention("", MentionKind.PRONOUN)
THEM = Mention("", MentionKind.PRONOUN, "them")


@dataclass(frozen=True, slots=True)
class Has:
    """The images that have a tag."""

    tag: Mention


@dataclass(frozen=True, slots=True)
class Raw:
    """A condition that is already a query (``tags:<5``)."""

    query: str


@dataclass(frozen=True, slots=True)
class Not:
    """The images that a condition does not match."""

    part: Condition


@dataclass(frozen=True, slots=True)
class AllOf:
    """The images that match every part; without parts, all images."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """The images that match some part."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Unclear:
    """Words that can be read in two ways; ``reason`` names the question to ask back."""

    reason: str
    tags: tuple[Mention, ...] = ()


Condition = Has | Raw | Not | AllOf | AnyOf | Unclear
EVERYTHING = AllOf(())
UNCAPTIONED = Raw("captioned:no")
UNTAGGED = Raw("tags:=0")
# "ponles X": the images named before, all of them if none were.
THOSE = Raw("")
# "the rest": the images that the order before left out.
REST = Not(THOSE)


@dataclass(frozen=True, slots=True)
class Group:
    """Images as a noun phrase names them.

    ``images`` when a word for images, or a file name, says so: only those can be deleted.
    ``loose`` when a bare tag stands for its images ("in outdoors").
    """

    where: Condition
    images: bool = False
    loose: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a caption: ``first``, ``last``, or ``after`` an anchor."""

    position: str
    anchor: Mention | None = None


# How a tagger shall work: its model, threshold, mode, style, by the names of the tool's arguments.
Setting = tuple[str, str | float]


@dataclass(frozen=True, slots=True)
class Order:
    """One thing to do. ``where`` is None when no images were named."""

    intent: str
    tags: tuple[Mention, ...] = ()
    new: tuple[Mention, ...] = ()
    where: Condition | None = None
    place: Place | None = None
    count: int | None = None
    name: str = ""
    option: str = ""
    unclear: str = ""
    settings: tuple[Setting, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """Something to look up; it never stages an edit."""

    intent: str
    tags: tuple[Mention, ...] = ()
    where: Condition | None = None
    count: int | None = None
    name: str = ""
    option: str = ""


@dataclass(frozen=True, slots=True)
class Negated:
    """Something that the user does not want done."""

    order: Order | None = None


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A refinement of what was said before.

    ``kind``: ``more`` (other tags, same order), ``also`` (same order, other images), ``only``,
    ``narrow``, ``except`` and ``keep`` (other condition), ``instead`` and ``images`` (other tags,
    place or object), ``set`` and ``too`` (other settings of a tagger, one more tagger), ``rather``
    (after a refusal), ``undo``, ``cancel`` and ``redo``.
    """

    kind: str
    tags: tuple[Mention, ...] = ()
    where: Condition | None = None
    place: Place | None = None
    count: int | None = None
    corrects: bool = False
    settings: tuple[Setting, ...] = ()


@dataclass(frozen=True, slots=True)
class Talk:
    """Words to the engine itself: help, thanks, hello, yes, status."""

    topic: str


Clause = Order | Question | Negated | FollowUp | Talk

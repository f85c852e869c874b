"""What the files of knowledge hold, as they are written; unknown fields are errors."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Advice = Literal["prune", "choose", "keep"]
Scope = Literal["image", "solo", "not several"]


def _split(value: Any) -> Any:
    """Accept ``a, b, c`` for a list: tags hold no comma."""
    if isinstance(value, str):
        return tuple(item for part in value.split(",") if (item := " ".join(part.split())))
    return value


def _split_words(value: Any) -> Any:
    return tuple(value.split()) if isinstance(value, str) else value


def _split_each(value: Any) -> Any:
    return tuple(map(_split, value)) if isinstance(value, list) else value


Tags = Annotated[tuple[str, ...], BeforeValidator(_split)]
Words = Annotated[tuple[str, ...], BeforeValidator(_split_words)]
Classes = Annotated[tuple[tuple[str, ...], ...], BeforeValidator(_split_each)]


class Entry(BaseModel):
    """What every entry may say: why it is there, who says so, and how it stands to earlier ones.

    An entry of a later file adds to the one of the same name; ``replace`` puts it in its place,
    ``off`` takes that away, ``without`` takes single tags away.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    reason: str = ""
    source: str = ""
    replace: bool = False
    off: bool = False
    without: Tags = ()

    def called(self) -> str:
        """Return what a later file calls this entry by."""
        return ""


class NamedEntry(Entry):
    """An entry with a name."""

    name: str

    def called(self) -> str:
        """Return its name."""
        return self.name


class WordGroup(NamedEntry):
    """Words that ``{name}`` stands for in tags."""

    words: Words = ()


class TagList(NamedEntry):
    """Tags under a name: whole, by their last words, their first words or their qualifier."""

    tags: Tags = ()
    heads: Tags = ()
    starts: Tags = ()
    qualifiers: Tags = ()
    except_: Tags = Field(default=(), alias="except")


class TraitGroup(TagList):
    """A group of traits and the family it belongs to."""

    family: str = ""


class Family(NamedEntry):
    """A family of traits, and what is proposed for one that the trigger has absorbed."""

    advice: Advice = "choose"


class Contradiction(NamedEntry):
    """Classes of tags that deny each other."""

    scope: Scope = "image"
    all: bool = False
    confidence: float = Field(default=0.95, ge=0, le=1)
    classes: Classes = ()
    unless: Tags = ()


class Synonym(Entry):
    """Tags of one meaning, the usual one first; ``near`` where they may differ a little."""

    tags: Tags
    near: bool = False

    def called(self) -> str:
        """Return what a later file calls it by."""
        return self.tags[0] if self.tags else ""


class Implication(Entry):
    """Tags each of which says what another one says, and more."""

    tags: Tags
    implies: str

    def called(self) -> str:
        """Return what a later file calls it by."""
        return self.implies


class Variant(Entry):
    """Words of two spellings, ``one=usual``."""

    pairs: Tags


class Language(Entry):
    """A common tag, and what it is called in English, Spanish, Japanese and Chinese."""

    tag: str
    en: Tags = ()
    es: Tags = ()
    ja: Tags = ()
    zh: Tags = ()

    def called(self) -> str:
        """Return what a later file calls it by."""
        return self.tag


class CheckAdvice(Entry):
    """Why a check matters to training."""

    check: str

    def called(self) -> str:
        """Return what a later file calls it by."""
        return self.check


class About(BaseModel):
    """The reason and source of every entry of a file that gives none of its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reason: str = ""
    source: str = ""


class File(BaseModel):
    """One file of knowledge."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    about: About = About()
    words: tuple[WordGroup, ...] = ()
    list: tuple[TagList, ...] = ()
    family: tuple[Family, ...] = ()
    trait: tuple[TraitGroup, ...] = ()
    contradiction: tuple[Contradiction, ...] = ()
    synonym: tuple[Synonym, ...] = ()
    implication: tuple[Implication, ...] = ()
    variant: tuple[Variant, ...] = ()
    language: tuple[Language, ...] = ()
    advice: tuple[CheckAdvice, ...] = ()

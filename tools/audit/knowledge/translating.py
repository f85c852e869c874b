"""Which common tags a word of another language, or another word, may mean: for suggestions."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tagsmith.tools.audit.knowledge.knowledge import Knowledge
from tagsmith.tools.audit.knowledge.matching import unaccented
from tagsmith.tools.audit.knowledge.reading import load
from tagsmith.tools.errors import TagsmithError
from tagsmith.tools.tags import key


def meanings(name: str, known: Callable[[str], bool]) -> list[str]:
    """Return the keys of a vocabulary that a name may mean, the likeliest first.

    ``known`` tells whether a key is in the vocabulary. Synonyms count, accents do not; a plural is
    tried as a singular. A user's knowledge that cannot be read is passed over here: whoever asks
    for a tag is not the one to be told.
    """
    knowledge = _knowledge()
    found: dict[str, None] = {}
    for form in _forms(key(name)):
        for tag in (*_tags(knowledge, form), form):
            for one in (key(tag), *_same(knowledge, key(tag))):
                if known(one) and one != key(name):
                    found.setdefault(one)
    return list(found)


def _knowledge() -> Knowledge:
    try:
        return load()
    except TagsmithError:
        return _shipped()


def _shipped() -> Knowledge:
    from tagsmith.tools.audit.knowledge import reading

    return reading.compiled([reading.parse(*one) for one in reading.shipped()])


def _tags(knowledge: Knowledge, form: str) -> tuple[str, ...]:
    return knowledge.translated(form) or knowledge.unaccented.get(unaccented(form), ())


def _same(knowledge: Knowledge, tag_key: str) -> Iterator[str]:
    """Yield the synonyms of a key."""
    for meaning in knowledge.meanings:
        if tag_key in meaning.keys:
            yield from meaning.keys


def _forms(name: str) -> Iterator[str]:
    """Yield a name, and it without the ending of an English or Spanish plural."""
    yield name
    for ending in ("es", "s"):
        if name.endswith(ending) and len(name) > len(ending) + 2:
            yield name.removesuffix(ending)

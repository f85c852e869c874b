"""What boorus and their downloaders say of a picture: its tags by category.

Field names of Danbooru's API (``tag_string_general``), e621's (``tags`` by category), Gelbooru's
and moebooru's (``tags`` in one string, no categories), and of gallery-dl, which keeps those and
adds ``tags_general`` and so on where its option ``tags`` is set.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tagsmith.tools.metadata.bounded import MetadataError, parse_json, printable, string
from tagsmith.tools.metadata.prompts import MAX_TAG
from tagsmith.tools.prose import reads_as_prose

# In the order in which their tags are written: who, of what, what kind, and then all the rest.
CATEGORIES = "character copyright species artist general meta lore unsorted".split()
# How sites call them.
_ALIASES = {
    "metadata": "meta",
    "medium": "meta",
    "style": "general",
    "faults": "meta",
    "franchise": "copyright",
    "series": "copyright",
    "creator": "artist",
    "circle": "artist",
    "studio": "artist",
    "director": "artist",
    "contributor": "artist",
    "oc": "character",
    "genre": "general",
    "invalid": "",
    "deprecated": "",
} | {name: name for name in CATEGORIES}
# Philomena and Hydrus write categories in front of tags; other colons (``:3``) are their own.
_PREFIXES = frozenset("artist creator character series species oc studio meta".split())
_MAX_TAGS = 2000

# Tags of category meta that sites without categories mix in (Danbooru's most frequent ones).
_META = frozenset(
    "highres absurdres incredibly_absurdres lowres tagme commentary commentary_request "
    "english_commentary translated translation_request partially_translated bad_id bad_pixiv_id "
    "bad_twitter_id md5_mismatch duplicate revision photoshop_(medium) commission "
    "second-party_source third-party_edit source_request character_request "
    "artist_request copyright_request annotated hi_res huge_filesize "
    "paid_reward_available mixed-language_commentary".split()
)


@dataclass(frozen=True, slots=True)
class Sourced:
    """The tags of one sidecar by category; ``form`` says whose fields they were."""

    form: str
    tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def parse_source(data: bytes) -> Sourced:
    """Read a sidecar. Raises MetadataError where it is no JSON of a booru, or not UTF-8."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MetadataError("it is not UTF-8") from error
    post = _post(parse_json(text))
    if post is None:
        raise MetadataError("it holds no tags of a known form")
    for form, given in (
        ("danbooru", _fields(post, "tag_string_")),
        ("gallery-dl", _fields(post, "tags_")),
        ("e621", post.get("tags")),
    ):
        if isinstance(given, Mapping) and (tags := _sorted(given)):
            return Sourced(form, tags)
    unsorted = _words(post.get("tag_string") or post.get("tags"))
    if not unsorted:
        raise MetadataError("it holds no tags of a known form")
    return Sourced("booru", _by_prefix(unsorted))


def parse_lines(data: bytes) -> Sourced:
    """Read a list of tags, one a line (gallery-dl's mode ``tags``, Hydrus) or between commas.

    Raises MetadataError where it is not UTF-8, or a caption in sentences.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MetadataError("it is not UTF-8") from error
    if any(reads_as_prose(line) for line in text.splitlines()):
        raise MetadataError("it holds sentences, not tags")
    return Sourced("list", _by_prefix(_clean(text.replace(",", "\n").splitlines())))


def _post(found: Any) -> dict[str, Any] | None:
    """Return the post itself, out of what an API wraps around it."""
    for _ in range(3):
        if isinstance(found, list):
            found = found[0] if len(found) == 1 else None
        if not isinstance(found, dict):
            return None
        inner = found.get("post", found.get("posts"))
        if not isinstance(inner, dict | list):
            return found
        found = inner
    return None


def _fields(post: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    return {
        name.removeprefix(prefix): value for name, value in post.items() if name.startswith(prefix)
    }


def _sorted(given: Mapping[Any, Any]) -> dict[str, tuple[str, ...]]:
    """Return the tags of known categories, in their order."""
    found: dict[str, list[str]] = {}
    for name, value in given.items():
        category = _ALIASES.get(str(name), "")
        words = _words(value)
        if category and words:
            found.setdefault(category, []).extend(words)
    return {name: tuple(dict.fromkeys(found[name])) for name in CATEGORIES if name in found}


def _words(value: Any) -> list[str]:
    """Return the tags of a string, or of a list of strings or of objects with a name."""
    if isinstance(value, str):
        return _clean(value.split(",") if ", " in value else value.split())
    if not isinstance(value, list):
        return []
    return _clean(string(one.get("name")) if isinstance(one, dict) else one for one in value)


def _clean(words: Iterable[Any]) -> list[str]:
    """Return what can be tags; Gelbooru escapes them as HTML."""
    found: list[str] = []
    for word in words:
        if isinstance(word, str) and len(word) <= MAX_TAG:
            tag = " ".join(printable(html.unescape(word)).split())
            if tag and len(found) < _MAX_TAGS:
                found.append(tag)
    return found


def _by_prefix(words: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Sort tags by the category in front of them; what tells none is unsorted, or known meta."""
    found: dict[str, list[str]] = {}
    for word in words:
        prefix, colon, rest = word.partition(":")
        if colon and prefix in _PREFIXES and rest.strip():
            found.setdefault(_ALIASES[prefix], []).append(rest.strip())
        else:
            meta = word.replace(" ", "_") in _META
            found.setdefault("meta" if meta else "unsorted", []).append(word)
    return {name: tuple(dict.fromkeys(found[name])) for name in CATEGORIES if name in found}

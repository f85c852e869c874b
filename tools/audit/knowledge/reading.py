"""Reading knowledge from TOML: the shipped files, then the user's, then the dataset's."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from importlib import resources
from itertools import product
from typing import TypeVar

from pydantic import ValidationError

from tagsmith.tools import state_files
from tagsmith.tools.audit.knowledge import imported
from tagsmith.tools.audit.knowledge.entries import (
    Contradiction,
    Entry,
    File,
    Synonym,
    TagList,
    TraitGroup,
)
from tagsmith.tools.audit.knowledge.knowledge import FamilyAdvice, Knowledge, Meaning, Rule
from tagsmith.tools.audit.knowledge.matching import Kind, keys
from tagsmith.tools.errors import UsageError
from tagsmith.tools.paths import STATE_FOLDER
from tagsmith.tools.tags import key

FILE = "knowledge.toml"
LARGEST = 4 << 20
_PACKAGE = "tagsmith.tools.audit.knowledge"
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_HINT = "docs/audit.md describes these files."

Texts = tuple[tuple[str, str], ...]
Named = TypeVar("Named", bound=Entry)


def load(root: str | None = None) -> Knowledge:
    """Return what is known, with the user's own file and, given its root, the dataset's.

    Raises UsageError that names the file and line where one of them cannot be used.
    """
    texts = [*shipped(), *_users()]
    if root is None:
        return _compiled(tuple(texts))
    data = state_files.read(root, FILE, LARGEST)
    if data is not None:
        name = f"{STATE_FOLDER}/{FILE}"
        texts.append((name, _decoded(data, name)))
    return replace(_compiled(tuple(texts)), imported=imported.load(root))


@cache
def shipped() -> Texts:
    """Return the names and texts of the files that ship."""
    folder = resources.files(_PACKAGE)
    found = sorted(one.name for one in folder.iterdir() if one.name.endswith(".toml"))
    return tuple((name, folder.joinpath(name).read_text(encoding="utf-8")) for name in found)


def _users() -> Texts:
    import platformdirs

    path = platformdirs.user_config_path("tagsmith", appauthor=False) / FILE
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.", _HINT) from error
    if len(data) > LARGEST:
        raise UsageError(f"{path} is larger than {LARGEST >> 20} MiB.", _HINT)
    return ((str(path), _decoded(data, str(path))),)


def _decoded(data: bytes, name: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise UsageError(f"{name}, line {line}: it is not UTF-8.", _HINT) from error


@lru_cache(maxsize=256)
def parse(name: str, text: str) -> File:
    """Read one file. Raises UsageError that names it, the line and what is wrong."""
    try:
        return File.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{name}: it is not valid TOML: {error}.", _HINT) from error
    except RecursionError as error:
        raise UsageError(f"{name}: it is nested too deeply.", _HINT) from error
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        line = _line(text, problem["loc"])
        where = ".".join(str(part) for part in problem["loc"] if isinstance(part, str))
        raise UsageError(f"{name}, line {line}: {where}: {problem['msg']}.", _HINT) from error


def _line(text: str, place: tuple[str | int, ...]) -> int:
    """Return the line of the entry that an error is about: that of its heading."""
    if not place:
        return 1
    heading = re.compile(rf"^\s*\[+\s*{re.escape(str(place[0]))}\s*\]+")
    number = place[1] if len(place) > 1 and isinstance(place[1], int) else 0
    lines = [at for at, line in enumerate(text.splitlines(), start=1) if heading.match(line)]
    if number < len(lines):
        return lines[number]
    plain = re.compile(rf"^\s*{re.escape(str(place[0]))}\s*=")
    lines = [at for at, line in enumerate(text.splitlines(), start=1) if plain.match(line)]
    start = lines[0] if lines else 1
    tables = [
        at
        for at, line in enumerate(text.splitlines(), start=1)
        if at >= start and re.match(r"\s*\{", line)
    ]
    return tables[number] if number < len(tables) else start


@lru_cache(maxsize=8)
def _compiled(texts: Texts) -> Knowledge:
    return compiled([parse(name, text) for name, text in texts])


def compiled(files: Sequence[File]) -> Knowledge:
    """Make knowledge of files, later ones over earlier ones."""
    files = [_with_reasons(one) for one in files]
    words = {one.name: one.words for one in _merged(one.words for one in files)}
    traits = _merged(one.trait for one in files)
    lists = _merged(one.list for one in files)
    families = _merged(one.family for one in files)
    implications = _merged(one.implication for one in files)
    implied: dict[str, set[str]] = {}
    for entry in implications:
        for tag in _expanded(entry.tags, words):
            implied.setdefault(key(tag), set()).add(key(entry.implies))
    return Knowledge(
        lists={one.name: _kind(one, words) for one in lists},
        traits=tuple(_kind(one, words) for one in traits),
        families={one.name: FamilyAdvice(one.name, one.advice, one.reason) for one in families},
        rules=tuple(_rule(one, words) for one in _merged(one.contradiction for one in files)),
        meanings=tuple(_meaning(one) for one in _merged(one.synonym for one in files)),
        implications={one: frozenset(tags - {one}) for one, tags in implied.items()},
        variants=_variants(files),
        languages=_languages(files),
        advice={one.check: one.reason for one in _merged(one.advice for one in files)},
    )


def _with_reasons(file: File) -> File:
    """Give every entry the reason and source of its file where it has none."""
    told = file.about
    changed = {
        field: tuple(
            one.model_copy(
                update={"reason": one.reason or told.reason, "source": one.source or told.source}
            )
            for one in getattr(file, field)
        )
        for field in File.model_fields
        if field != "about"
    }
    return file.model_copy(update=changed)


def _merged(groups: Iterable[Iterable[Named]]) -> list[Named]:
    """Join entries of one name: lists grow, ``replace``, ``off`` and ``without`` do as they say."""
    found: dict[str, Named] = {}
    for entries in groups:
        for one in entries:
            name = key(one.called())
            if one.off:
                found.pop(name, None)
            elif one.replace or name not in found:
                found[name] = one
            else:
                found[name] = _joined(found[name], one)
    return list(found.values())


def _joined(old: Named, new: Named) -> Named:
    without = keys(new.without)
    update = {}
    for name in type(old).model_fields:
        before, after = getattr(old, name), getattr(new, name)
        if isinstance(before, tuple) and name != "without":
            kept = (one for one in before if not (isinstance(one, str) and key(one) in without))
            update[name] = tuple(dict.fromkeys((*kept, *after)))
        elif name in new.model_fields_set or (name == "reason" and after):
            update[name] = after
    return old.model_copy(update=update)


def _expanded(tags: Iterable[str], words: Mapping[str, Sequence[str]]) -> list[str]:
    """Write ``{colour} hair`` once for every colour; unknown names stay as they are."""
    found = []
    for tag in tags:
        names = [name for name in _PLACEHOLDER.findall(tag) if name in words]
        for chosen in product(*(words[name] for name in names)):
            text = tag
            for name, word in zip(names, chosen, strict=True):
                text = text.replace(f"{{{name}}}", word.replace("-", " "))
            found.append(text)
    return found


def _kind(one: TagList, words: Mapping[str, Sequence[str]]) -> Kind:
    return Kind(
        one.name,
        exact=keys(_expanded(one.tags, words)),
        heads=keys(one.heads),
        starts=keys(one.starts),
        qualifiers=keys(one.qualifiers),
        excepted=keys(_expanded(one.except_, words)),
        family=one.family if isinstance(one, TraitGroup) else "",
        reason=one.reason,
        source=one.source,
    )


def _rule(one: Contradiction, words: Mapping[str, Sequence[str]]) -> Rule:
    classes = tuple(keys(_expanded(tags, words)) for tags in one.classes)
    unless = keys(_expanded(one.unless, words))
    return Rule(
        one.name, one.scope, one.all, one.confidence, classes, unless, one.reason, one.source
    )


def _meaning(one: Synonym) -> Meaning:
    return Meaning(tuple(dict.fromkeys(map(key, one.tags))), one.near, one.reason, one.source)


def _variants(files: Iterable[File]) -> dict[str, str]:
    found = {}
    for file in files:
        for entry in file.variant:
            for pair in entry.pairs:
                word, _, usual = pair.partition("=")
                found[word.strip().casefold()] = usual.strip().casefold() or word
    return found


def _languages(files: Iterable[File]) -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = {}
    for entry in _merged(one.language for one in files):
        for name in (*entry.en, *entry.es, *entry.ja, *entry.zh):
            found.setdefault(key(name), {})[entry.tag] = None
    return {name: tuple(tags) for name, tags in found.items()}

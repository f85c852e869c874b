"""YAML as plain data: text, numbers, lists and mappings, each with its line.

A file is data: PyYAML's safe loader composes its nodes, and they become values here, so that no
object is ever constructed and no text becomes a date, a sexagesimal number or a truth value unseen.
Anchors, duplicate keys, and what is deep or huge are refused. PyYAML is imported here only.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tagsmith.tools.errors import UsageError

if TYPE_CHECKING:
    import yaml

MAX_DEPTH = 5
MAX_NODES = 50_000

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})(\.[0-9]{1,17})?")
_TYPE = "tag:yaml.org,2002:"
_TRUE = frozenset({"true", "yes", "on"})

Place = tuple[str | int, ...]


@dataclass(slots=True)
class Tree:
    """A document: its value, and by place (keys and positions from the root) the lines.

    ``written`` has the scalars that YAML does not take for text, as they are written.
    """

    name: str
    value: Any = None
    lines: dict[Place, int] = field(default_factory=dict)
    written: dict[Place, str] = field(default_factory=dict)

    def where(self, place: Place) -> str:
        """Return file and line of a value, or of the nearest one around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return f"{self.name}, line {self.lines.get(place, 1)}"

    def wrong(self, place: Place, message: str, hint: str = "") -> UsageError:
        """Return the error about a value that does not fit."""
        return UsageError(f"{self.where(place)}: {message}", hint)

    def not_text(self, place: Place, why: str) -> UsageError:
        """Return the error about a scalar that had to be text, and how to write it as text."""
        written = self.written.get(place, "")
        if not written:
            return self.wrong(place, f"{why}, and nothing is written there.", "Write it in quotes.")
        told = f"{why}, and YAML does not take {written} for text."
        return self.wrong(
            place, told, f"Write {json.dumps(written, ensure_ascii=False)} in quotes."
        )


def parse(text: str, name: str) -> Tree:
    """Return a document; ``name`` is what errors call the file.

    Raises UsageError, with the line, where it is no YAML or more than plain data.
    """
    import yaml

    tree = Tree(name)
    try:
        tree.value = _value(tree, (), _composed(text, tree))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        told = error.problem or error.context or "this is no YAML"
        raise _wrong(tree, mark.line + 1 if mark else 1, f"{told}.") from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        char = f"U+{ord(text[error.position]):04X}"
        raise _wrong(tree, line, f"the character {char} may not stand in YAML.") from error
    return tree


def quoted(text: str) -> str:
    """Return text in double quotes, on one line, such that YAML reads the same text."""
    import yaml

    width = len(text) * 10 + 80  # every character escaped: nothing is folded
    dumped: str = yaml.dump(text, default_style='"', allow_unicode=True, width=width)
    return dumped.rstrip("\n")


def _wrong(tree: Tree, line: int, message: str, hint: str = "") -> UsageError:
    return UsageError(f"{tree.name}, line {line}: {message}", hint)


def _composed(text: str, tree: Tree) -> yaml.Node | None:
    """Return the root node of a document, bounded while it is read; None for an empty one."""
    import yaml

    class Bounded(yaml.SafeLoader):
        depth = 0
        nodes = 0

        def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
            event: Any = self.peek_event()  # type: ignore[no-untyped-call]
            self.depth += 1
            self.nodes += 1
            if why := self.refusal(event):
                raise _wrong(tree, event.start_mark.line + 1, why)
            node: yaml.Node | None = super().compose_node(parent, index)
            self.depth -= 1
            return node

        def refusal(self, event: Any) -> str:
            if getattr(event, "anchor", None) is not None:
                return "anchors and aliases are not allowed."
            if self.depth > MAX_DEPTH:
                return f"this is nested deeper than {MAX_DEPTH} levels."
            return f"more than {MAX_NODES:,} values." if self.nodes > MAX_NODES else ""

    loader = Bounded(text)
    try:
        root: yaml.Node | None = loader.get_single_node()
    finally:
        loader.dispose()
    return root


def _value(tree: Tree, place: Place, node: yaml.Node | None) -> Any:
    import yaml

    if node is None:
        return None
    tree.lines.setdefault(place, node.start_mark.line + 1)
    kind = node.tag.removeprefix(_TYPE)
    if not isinstance(node, yaml.ScalarNode) and kind not in ("map", "seq"):
        raise _wrong(tree, node.start_mark.line + 1, f"the type {kind} is not allowed.")
    if isinstance(node, yaml.MappingNode):
        return _mapping(tree, place, node)
    if isinstance(node, yaml.SequenceNode):
        return [_value(tree, (*place, number), one) for number, one in enumerate(node.value)]
    return _scalar(tree, place, node)


def _mapping(tree: Tree, place: Place, node: yaml.MappingNode) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in node.value:
        name, line = str(key.value), key.start_mark.line + 1
        if key.tag != f"{_TYPE}str":
            raise _wrong(tree, line, "a key has to be text.", "Write it in quotes.")
        at = (*place, name)
        if name in found:
            told = f"{name!r} stands here again; it is in line {tree.lines[at]} already."
            raise _wrong(tree, line, told, "Keep one of them.")
        tree.lines[at] = line
        found[name] = _value(tree, at, value)
    return found


def _scalar(tree: Tree, place: Place, node: yaml.Node) -> Any:
    """Return text, a plain number, a truth value or None.

    YAML 1.1 has more: it reads ``12:30`` as 750, ``010`` as 8, ``2024-01-01`` as a date.
    """
    kind, written = node.tag.removeprefix(_TYPE), str(node.value)
    if kind == "str":
        return written
    tree.written[place] = written
    if kind == "null":
        return None
    if kind == "bool":
        return written.lower() in _TRUE
    number = _NUMBER.fullmatch(written) if kind in ("int", "float") else None
    if number is None:
        raise tree.not_text(place, "text or a plain number has to stand here")
    return float(written) if number[1] else int(written)

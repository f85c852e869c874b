"""No widget gets text as a bare string: a string could be foreign, and could be markup.

What is shown must be Content, and Content is made of literals or by the sanitiser: anything else
goes through ``line`` or ``block`` of ``tui/text.py``, whoever wrote it.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

import tagsmith.tui

ROOT = Path(tagsmith.tui.__file__).parent
SANITISER = ROOT / "text.py"
MODULES = sorted(
    path for path in ROOT.rglob("*.py") if "textual" in path.read_text() and path != SANITISER
)

# Calls that put their first argument on the screen.
SINKS = {"Static", "Label", "Message", "update"}
BANNED = {"from_markup", "Markdown", "RichLog", "Log", "OptionList", "DataTable", "Tree", "Pretty"}
SHOWN_ATTRIBUTES = {"border_title", "border_subtitle", "placeholder", "tooltip", "left", "right"}
CONTENT_METHODS = {"pad_right", "pad_left", "truncate", "stylize", "join"}
# Calls whose result is this program's own words and numbers.
OWN_CALLS = {"count", "rjust"}
# Calls that look words up in a catalogue: own words if all that they fill in are.
TRANSLATIONS = {"say", "many"}


def called(node: ast.Call) -> str:
    function = node.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def is_annotated(annotation: ast.expr | None) -> bool:
    return annotation is not None and "Content" in ast.unparse(annotation)


def is_number(annotation: ast.expr | None) -> bool:
    return annotation is not None and ast.unparse(annotation) in ("int", "float")


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef]:
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


MAKERS = {"Content", "styled", "assemble", "line", "block"} | {
    function.name
    for path in MODULES
    for function in functions(ast.parse(path.read_text()))
    if is_annotated(function.returns)
}


def own_words(node: ast.expr, own: Collection[str] = ()) -> bool:
    """Tell whether an expression is this program's own words: literals, constants, numbers.

    ``own`` are the names that hold such.
    """
    match node:
        case ast.Constant():
            return True
        case ast.Name():
            return node.id.isupper() or node.id in own
        case ast.FormattedValue():
            spec = "" if node.format_spec is None else ast.unparse(node.format_spec)
            return "," in spec or own_words(node.value, own)
        case ast.Call():
            return own_call(node, own)
        case ast.Subscript():
            return own_words(node.value, own) or ast.unparse(node) == "plan.id[:4]"
        case _:
            parts = parts_of(node)
            return bool(parts) and all(own_words(part, own) for part in parts)


def own_call(node: ast.Call, own: Collection[str]) -> bool:
    if called(node) not in TRANSLATIONS:
        return called(node) in OWN_CALLS
    words = node.args[1:] if called(node) == "many" else node.args
    filled = [one.value for one in node.keywords]
    return all(own_words(one, own) for one in [*words, *filled])


def parts_of(node: ast.expr) -> list[ast.expr]:
    """Return what a text is put together from."""
    match node:
        case ast.JoinedStr():
            return node.values
        case ast.IfExp():
            return [node.body, node.orelse]
        case ast.BinOp(op=ast.Add()):
            return [node.left, node.right]
        case ast.BinOp(op=ast.Mult()):
            return [node.left]
    return []


class Names:
    """The names of one function that hold Content."""

    def __init__(self, function: ast.FunctionDef) -> None:
        arguments = [*function.args.args, *function.args.kwonlyargs]
        self.content = {one.arg for one in arguments if is_annotated(one.annotation)}
        self.numbers = {one.arg for one in arguments if is_number(one.annotation)}
        self.own: set[str] = set()
        for _ in range(2):
            for node in ast.walk(function):
                self._learn(node)
            self.own = set(self._own(function))

    def _own(self, function: ast.FunctionDef) -> Iterator[str]:
        """Yield the names that hold own words wherever they are assigned, or numbers."""
        values: dict[str, list[ast.expr]] = {}
        for node in ast.walk(function):
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    values.setdefault(name, []).append(value)
                case ast.AugAssign(target=ast.Name(id=name), value=value):
                    values.setdefault(name, []).append(value)
                case ast.For(target=target) | ast.comprehension(target=target):
                    for one in ast.walk(target):
                        if isinstance(one, ast.Name):
                            values.setdefault(one.id, []).append(node)  # type: ignore[arg-type]
        arguments = {one.arg for one in [*function.args.args, *function.args.kwonlyargs]}
        yield from self.numbers
        for name, found in values.items():
            if name not in arguments and all(own_words(one, self.own) for one in found):
                yield name

    def _learn(self, node: ast.AST) -> None:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if self.holds(value):
                self.content.add(name)
            case ast.AnnAssign(target=ast.Name(id=name)) if is_annotated(node.annotation):
                self.content.add(name)

    def holds(self, node: ast.expr) -> bool:
        """Tell whether an expression is Content, or None."""
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                return name in self.content or name == "content"
            case ast.BinOp():
                return self.holds(node.left) or self.holds(node.right)
            case ast.IfExp():
                return self.holds(node.body) and self.holds(node.orelse)
            case ast.BoolOp() | ast.Tuple():
                parts = node.values if isinstance(node, ast.BoolOp) else node.elts
                return all(self.holds(one) for one in parts)
            case ast.Constant():
                return node.value is None
            case ast.Call(func=ast.Attribute(value=value, attr=name)) if name in CONTENT_METHODS:
                return self.holds(value)
            case ast.Call():
                return called(node) in MAKERS
            case _:
                return False

    def is_part(self, node: ast.expr) -> bool:
        """Tell whether an argument of ``Content.assemble`` is Content or own words."""
        if isinstance(node, ast.Tuple):
            return own_words(node.elts[0], self.own)
        return own_words(node, self.own) or self.holds(node)


def bad_call(names: Names, node: ast.Call) -> bool:
    name, first = called(node), node.args[:1]
    if name in SINKS:
        return not all(names.holds(one) for one in first)
    if name in ("Content", "styled"):
        return not all(own_words(one, names.own) for one in first)
    if name == "assemble":
        return not all(names.is_part(one) for one in node.args)
    if name == "notify":
        return "markup=False" not in ast.unparse(node)
    return name in BANNED


def bad_assignment(names: Names, node: ast.Assign) -> bool:
    targets = [
        one
        for target in node.targets
        for one in (target.elts if isinstance(target, ast.Tuple) else [target])
    ]
    shown = any(isinstance(one, ast.Attribute) and one.attr in SHOWN_ATTRIBUTES for one in targets)
    return shown and not names.holds(node.value)


def violations(source: str) -> list[str]:
    """Return the lines that show something which is not known to be Content."""
    found = []
    for function in functions(ast.parse(source)):
        names = Names(function)
        for node in ast.walk(function):
            bad = (isinstance(node, ast.Call) and bad_call(names, node)) or (
                isinstance(node, ast.Assign) and bad_assignment(names, node)
            )
            if bad:
                found.append(f"{node.lineno}: {ast.unparse(node)}")
    return found


@pytest.mark.parametrize("path", MODULES, ids=[str(path.relative_to(ROOT)) for path in MODULES])
def test_only_content_is_shown(path: Path) -> None:
    assert violations(path.read_text()) == []


@pytest.mark.parametrize(
    "source",
    [
        "def f(tag): Static(tag)",
        "def f(self, tag): self.update(tag)",
        "def f(self, tag): self.update(f'{tag}')",
        "def f(tag): Static(Content(tag))",
        "def f(tag): Static(Content.styled(f'tag {tag}', 'bold'))",
        "def f(tag): Content.assemble((tag, 'bold'))",
        "def f(tag): Content.assemble('a', tag)",
        "def f(tag): Content(say('{tag} here', tag=tag))",
        "def f(tag): Content(say(tag))",
        "def f(tag): Content(many(2, tag, 'more'))",
        "def f(tag): Content(tag[:4])",
        "def f(tag: str): Content.assemble((f'{tag} ', 'bold'))",
        "def f(number: int | str): Content(f'{number}')",
        "def f(tag):\n    told = tag\n    Content(told)",
        "def f(tag):\n    tag = 'x'\n    Content(tag)",
        "def f(tags):\n    told = 'x'\n    for told in tags:\n        Content(told)",
        "def f(tag):\n    told = 'x'\n    told += tag\n    Content(told)",
        "def f(self, tag): self.border_title = tag",
        "def f(foot, tag): foot.left, foot.right = tag, Content()",
        "def f(self, tag): self.app.notify(tag)",
        "def f(tag): Content.from_markup(tag)",
        "def f(): OptionList()",
    ],
)
def test_the_lint_finds(source: str) -> None:
    assert violations(source)


@pytest.mark.parametrize(
    "source",
    [
        "def f(job): Content.styled(f' {SIGNS[job.state]} ', 'bold')",
        "def f(number: int): Content.assemble((f'{number}  ', 'bold'))",
        "def f(count): Content(say('{n} here', n=f'{count:,}'))",
        "def f(tag): Static(line(say('{tag} here', tag=tag)))",
    ],
)
def test_the_lint_lets_own_words_pass(source: str) -> None:
    assert not violations(source)

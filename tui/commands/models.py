"""``tagsmith models``: which vision models there are, and getting, checking and removing them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from tagsmith.tools.errors import Exit, ModelError, UsageError
from tagsmith.tools.watch import Step, Watch
from tagsmith.tools.wording import listing
from tagsmith.tui.commands.console import Console
from tagsmith.tui.commands.parsing import Parser
from tagsmith.tui.commands.progress import Progress
from tagsmith.tui.language import many, say
from tagsmith.tui.offers import in_words

if TYPE_CHECKING:
    from tagsmith.tools.vision.installed import ModelFolder
    from tagsmith.tools.vision.schema import ModelSpec

USAGE = "tagsmith models list | pull NAME | check [NAME] | remove NAME | quantize NAME --on DATASET"
EXAMPLES = """\
  tagsmith models list
  tagsmith models pull wd-swinv2-tagger-v3
  tagsmith models check
  tagsmith models remove joytag
  tagsmith models quantize wd-swinv2-tagger-v3 --on pets
"""
ACTIONS = ("list", "pull", "check", "remove", "quantize")


def run(words: list[str], console: Console) -> Exit:
    """Do what the word after ``models`` says."""
    action = words[1] if len(words) > 1 else ""
    if action in ACTIONS:
        return _actions()[action](words[1:], console)
    parser = Parser("tagsmith models", "List, get, check and remove vision models.", EXAMPLES)
    parser.usage = USAGE
    parser.add_argument("action", metavar="ACTION", help=", ".join(ACTIONS))
    parser.add_argument("rest", metavar="...", nargs="*", help="`ACTION --help` shows it")
    parser.parse_args(words[1:])
    raise UsageError(f"There is no `tagsmith models {action}`.", f"There are {listing(ACTIONS)}.")


def _actions() -> Mapping[str, Callable[[list[str], Console], Exit]]:
    from tagsmith.tui.commands import models_changes

    return {
        "list": list_models,
        "check": check_models,
        "pull": models_changes.pull_model,
        "remove": models_changes.remove_model,
        "quantize": models_changes.quantize_model,
    }


@dataclass(frozen=True, slots=True)
class Listed:
    """One model of the list, as ``--json`` prints it; ``size`` is None where it is not known."""

    name: str
    title: str
    role: str
    size: int | None
    license: str
    default: bool
    installed: bool
    place: str | None = None
    path: str | None = None
    revision: str | None = None
    verified: bool = False
    pinned: bool = True
    gated: bool = False
    own: bool = False
    problem: str | None = None

    @property
    def state(self) -> str:
        """Where it is and what is to be known about it, in words."""
        if self.role == "built in":
            return say("always there")
        if self.problem is not None:
            words = [say("damaged")]
        elif self.installed:
            words = [
                say(self.place or ""),
                say("verified") if self.verified else say("not verified yet"),
            ]
        else:
            words = [say("not installed")]
        words += [say("gated")] if self.gated else []
        words += [] if self.pinned else [say("not pinned")]
        words += [say("your own")] if self.own else []
        return ", ".join(words)


def list_models(words: list[str], console: Console) -> Exit:
    """List every model that there is a spec for, and ``pixels``."""
    from tagsmith.tools.vision.spec import broken_specs

    parser = Parser("tagsmith models list", "List the models: size, licence, and where they are.")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    found = parser.parse_args(words[1:])
    rows, broken = [*listed()], broken_specs()
    if found.json:
        models = [asdict(row) for row in rows]
        left_out = [{"path": one.path, "reason": one.reason} for one in broken]
        console.write(json.dumps({"models": models, "broken": left_out}, indent=2) + "\n")
        return Exit.DONE
    names, licenses = max(len(row.name) for row in rows), max(len(row.license) for row in rows)
    for row in rows:
        style = "bold" if row.default else "add" if row.installed else ""
        size = in_words(row.size) if row.role != "built in" else ""
        head = f"{'*' if row.default else ' '} {row.name:<{names}}"
        console.row(
            [(head, style), (f"  {size:>9}  {row.license:<{licenses}}  ", ""), (row.state, "dim")]
        )
    for row in rows:
        if row.problem is not None:
            console.note(row.problem)
    for one in broken:
        console.note(str(one.error()))
    console.say("* is used where no model is named. `tagsmith models pull NAME` gets one.")
    return Exit.DONE


def listed() -> Iterator[Listed]:
    """Yield every model that there is a spec for, and ``pixels``, with where it is."""
    from tagsmith.tools.vision.installed import PIXELS, default_model
    from tagsmith.tools.vision.spec import specs

    default = default_model()
    for spec in specs().values():
        yield _row(spec, spec.name == default)
    title = "Tags that follow from the pixels"
    yield Listed(PIXELS, title, "built in", 0, "", default == PIXELS, True, verified=True)


def _row(spec: ModelSpec, default: bool) -> Listed:
    from tagsmith.tools.vision.installed import look

    found, problem = None, None
    try:
        found = look(spec)
    except ModelError as error:
        problem = str(error)
    return Listed(
        name=spec.name,
        title=spec.title,
        role=spec.role,
        size=spec.size,
        license=spec.license,
        default=default,
        installed=found is not None,
        place=str(found.place) if found is not None else None,
        path=found.path if found is not None else None,
        revision=found.revision if found is not None else spec.revision,
        verified=found is not None and found.verified,
        pinned=spec.repo is None or spec.revision is not None,
        gated=spec.gated,
        own=_is_own(spec),
        problem=problem,
    )


def _is_own(spec: ModelSpec) -> bool:
    from importlib.resources import files

    return not (files("tagsmith.tools.vision.specs") / f"{spec.name}.toml").is_file()


def check_models(words: list[str], console: Console) -> Exit:
    """Verify every file and load the graph; exit 1 where a model cannot be used."""
    from tagsmith.tools.vision.installed import PIXELS

    parser = Parser(
        "tagsmith models check",
        "Verify each file of a model, load it, and say what runs it. Without NAME: of all models\n"
        "that are on this machine. Opens no connection.",
    )
    parser.add_argument("name", metavar="NAME", nargs="?", help="one model")
    found = parser.parse_args(words[1:])
    if found.name == PIXELS:
        console.say(f"{PIXELS} needs no files; it is always there.")
        return Exit.DONE
    chosen = _chosen(found.name)
    if not chosen:
        console.say(f"No model is on this machine; {PIXELS} needs none.")
    failed = False
    for spec in chosen:
        progress = Progress(console)
        try:
            text, style = _checked(spec, watching(progress)), "add"
        except ModelError as error:
            text, style, failed = str(error), "remove", True
        finally:
            progress.end()
        mark = "FAIL" if style == "remove" else "ok"
        console.row([(f"{mark:<5}", style), (f"{spec.name}: {text}", "")])
    return Exit.FAILED if failed else Exit.DONE


def _chosen(name: str | None) -> list[ModelSpec]:
    from tagsmith.tools.vision.installed import look
    from tagsmith.tools.vision.spec import find_spec, specs

    if name is not None:
        return [find_spec(name)]
    present = []
    for spec in specs().values():
        try:
            if look(spec) is not None:
                present.append(spec)
        except ModelError:
            present.append(spec)
    return present


def _checked(spec: ModelSpec, watch: Watch) -> str:
    """Return what is right with a model. Raises ModelError that says what is not."""
    from tagsmith.tools.vision import installed

    folder = installed.require(spec, watch)
    found = installed.look(spec)
    files = told_files(spec, found) if found is not None else ""
    return f"{files}; {_loaded(spec, folder, watch)}. {folder}"


def _loaded(spec: ModelSpec, folder: str, watch: Watch) -> str:
    from tagsmith.tools.vision import runtime

    if spec.role == "tagger":
        model = runtime.load(spec, folder)
        provider, note = model.provider, model.note
        model.close()
        return f"runs on the {provider}" + (f" ({note.rstrip('.')})" if note else "")
    if spec.role == "tokenizer":
        from tagsmith.tools.vision.captioners.tokens import read_tokens

        return f"has {read_tokens(spec.name, folder, spec.main.path).size:,} tokens"
    from tagsmith.tools.vision.captioners.local import LocalCaptioner

    captioner = LocalCaptioner(spec)
    captioner.open(watch)
    told = captioner.note.removeprefix(f"{spec.name} ran").rstrip(".")
    captioner.close()
    return f"runs{told}"


def told_files(spec: ModelSpec, found: ModelFolder) -> str:
    """Say how many of a model's files were compared with a checksum, and which could not be."""
    import os

    present = [file for file in spec.files if os.path.isfile(os.path.join(found.path, file.path))]
    right = len(present) - len(found.unchecked)
    text = many(
        len(present),
        "{right} of {n} file match their checksums",
        "{right} of {n} files match their checksums",
        right=right,
    )
    if found.unchecked:
        names = listing(found.unchecked)
        text += " " + say("(there is none for {names})", names=names)
    return text


def watching(progress: Progress) -> Watch:
    """Return a watch that draws bytes as megabytes."""

    def tell(step: Step) -> None:
        if step.unit == "bytes":
            step = Step(step.verb, step.done // 10**6, step.total // 10**6, "MB")
        progress.tell(step)

    return Watch(tell)


def find_model(name: str) -> ModelSpec:
    """Return the spec of a model that has files. Raises UsageError, also for ``pixels``."""
    from tagsmith.tools.vision.installed import PIXELS
    from tagsmith.tools.vision.spec import find_spec

    if name.strip().casefold() == PIXELS:
        raise UsageError(f"{PIXELS} is built in: it has no files.", "It is always there.")
    return find_spec(name)

"""``tagsmith demo``: the real thing, on a dataset that was drawn a moment ago."""

from __future__ import annotations

import os
import sys
import tempfile
from hashlib import sha256
from shlex import quote

from tagsmith.agent import config_start
from tagsmith.agent.conversation import Conversation
from tagsmith.agent.events import Asked, Failed, Said
from tagsmith.tools.errors import Exit
from tagsmith.tools.paths import files_beneath
from tagsmith.tools.plan import Change, Plan
from tagsmith.tools.watch import Watch
from tagsmith.tools.wording import count
from tagsmith.tui import language, plain
from tagsmith.tui.commands import diff
from tagsmith.tui.commands.console import Console
from tagsmith.tui.language import say
from tagsmith.tui.opening import Opened, Opening

SUGGESTION = "quita watermark y pon el trigger coco donde haya dog"
CHAT_SUGGESTION = "quita watermark y etiqueta las que no tienen caption"
QUESTION = "what are the most common tags?"
ORDERS = (SUGGESTION, "remove shirt from the images that have white shirt")
# Without a model on the machine the first of these uses pixels as well, and says so.
TAGGING = ("etiqueta las que no tienen caption", "tag everything with pixels")
ROWS = 8


def run_demo(headless: bool) -> int:
    """Open the chat on the sample dataset, or play a conversation where there is no terminal.

    The chat's folder is kept, and named at the end; the played one is removed. Returns the exit
    status: 1 where the folder was not as before after the undo.
    """
    if headless or not (sys.stdin.isatty() and sys.stdout.isatty()):
        with tempfile.TemporaryDirectory(prefix="tagsmith-demo-") as folder:
            return play(draw(folder), Console())
    language.use(config_start.read().language)
    conversation, status = _in_plain_lines() if plain.is_wanted() else _in_the_app()
    if conversation is not None:
        root = conversation.workspace.root
        told = say(
            "The sample dataset stays in {folder}. `{command}` opens it again.",
            folder=root,
            command=f"tagsmith {quote(root)}",
        )
        print(told)
    return status


def _in_the_app() -> tuple[Conversation | None, int]:
    from tagsmith.tui.app import TagsmithApp

    app = TagsmithApp(opening=opening_of_demo())
    status = app.run() or app.return_code
    if app.refusal is not None:
        raise app.refusal
    return app.conversation, status or Exit.DONE


def _in_plain_lines() -> tuple[Conversation | None, int]:
    from tagsmith.tui.plain.chat import PlainChat

    chat = PlainChat(Console())
    status = chat.run(opening_of_demo())
    return chat.conversation, status


def opening_of_demo() -> Opening:
    """Return how the sample dataset is drawn into a new temporary folder and opened."""

    def enter(watch: Watch) -> Opened:
        del watch  # it is small
        return Opened(converse(draw(tempfile.mkdtemp(prefix="tagsmith-demo-"))))

    return Opening("pets", enter, CHAT_SUGGESTION)


def draw(parent: str) -> str:
    """Draw the sample dataset into a folder of its own; returns that folder."""
    from tagsmith.tools.demo import draw_demo

    root = os.path.join(parent, "pets")
    draw_demo(root)
    return root


def converse(root: str) -> Conversation:
    """Open a conversation with the built-in engine."""
    from tagsmith.agent.offline.engine import OfflineEngine
    from tagsmith.tools.workspace import Workspace

    return Conversation(Workspace.open(root), OfflineEngine(), origin="demo")


def play(root: str, console: Console) -> int:
    """Play the scripted conversation: ask, order, tag, review, apply, undo, compare every byte."""
    before = digests(root)
    conversation = converse(root)
    images = count(len(conversation.workspace.samples), "image")
    console.say(f"A sample dataset of {images} and their captions, just drawn.")
    for text in (QUESTION, *ORDERS, *TAGGING):
        if not _turn(conversation, text, console):
            return Exit.FAILED
    plan = conversation.pending()
    _show_plan(plan, console)
    console.say(f"Nothing is written yet: {_compare(before, digests(root))}.")
    conversation.apply(plan.id)
    console.say(f"\n[apply] {_compare(before, digests(root))}. One of them:")
    _show_change(max(plan.changes, key=lambda change: len(change.steps)), root, console)
    for change in plan.changes:
        if change.before is None:
            console.say(f"New, with what the tagger saw: {change.path}")
            _show_change(change, root, console)
    conversation.call("undo", {})
    conversation.apply(conversation.pending().id)
    after = digests(root)
    console.say(f"\n[undo] By the SHA-256 of every file: {_compare(before, after)}.")
    return Exit.DONE if after == before else Exit.FAILED


def digests(root: str) -> dict[str, str]:
    """Return the SHA-256 of every file of a folder, Tagsmith's own state left out."""
    found = {}
    for path in files_beneath(root):
        with open(os.path.join(root, path), "rb") as file:
            found[path] = sha256(file.read()).hexdigest()
    return found


def _turn(conversation: Conversation, text: str, console: Console) -> bool:
    """Say something and show the answer; whether it was understood and done."""
    console.say(f"\n> {text}")
    answer, done = "", True
    for event in conversation.say(text):
        match event:
            case Said(said):
                answer += said
            case Asked(question):
                answer, done = answer + question, False
            case Failed(message, hint):
                answer, done = f"{answer}{message} {hint}", False
            case _:
                pass
    lines = answer.splitlines()
    if len(lines) > ROWS + 1:
        lines = [*lines[: ROWS + 1], f"and {count(len(lines) - ROWS - 1, 'more line')}"]
    console.say("\n".join(f"  {line}" for line in lines))
    return done


def _show_plan(plan: Plan, console: Console) -> None:
    console.say(f"\n[review] Plan {plan.id} would change {diff.totals_text(plan.totals)}.")
    for row in diff.rows(plan, ROWS):
        console.row(row)


def _show_change(change: Change, root: str, console: Console) -> None:
    with open(os.path.join(root, change.path), "rb") as file:
        now = file.read()
    if change.before is not None:
        console.row([(f"  before  {change.before.decode()}", "remove")])
    console.row([(f"  now     {now.decode()}", "add")])


def _compare(before: dict[str, str], after: dict[str, str]) -> str:
    """Tell in words how two states of a folder differ."""
    changed = sum(before[path] != after.get(path) for path in before)
    new = len(after.keys() - before.keys())
    if not changed and not new:
        return f"all {count(len(before), 'file')} are as they were"
    told = f"{changed:,} of {count(len(before), 'file')} {'is' if changed == 1 else 'are'} changed"
    return f"{told}, {new:,} {'is' if new == 1 else 'are'} new" if new else told

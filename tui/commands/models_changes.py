"""``tagsmith models pull``, ``remove`` and ``quantize``: what changes which models are here."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from tagsmith.tools.errors import Exit, ModelError, NotUnderstoodError, StoppedError
from tagsmith.tools.wording import count, listing
from tagsmith.tui.commands.asking import agreed
from tagsmith.tui.commands.console import Console
from tagsmith.tui.commands.models import find_model, told_files, watching
from tagsmith.tui.commands.parsing import Parser, positive
from tagsmith.tui.commands.progress import Progress
from tagsmith.tui.offers import files, in_words, notes, offer_lines, question, source
from tagsmith.tui.removal import find_removal
from tagsmith.tui.text import one_line

if TYPE_CHECKING:
    from tagsmith.tools.vision.installed import ModelFolder
    from tagsmith.tools.vision.pulling import Offer
    from tagsmith.tools.vision.schema import ModelSpec

IMAGES = 200


def pull_model(words: list[str], console: Console) -> Exit:
    """Download a model into the hub's cache, after a yes."""
    from tagsmith.tools.vision import pulling

    parser = Parser(
        "tagsmith models pull",
        "Download a model from the hub, and verify it. What would be fetched is shown first.\n"
        "A model that is here already is verified, and nothing is asked of the network.",
    )
    parser.add_argument("name", metavar="NAME", help="the model, see `tagsmith models list`")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    found = parser.parse_args(words[1:])
    spec = find_model(found.name)
    progress = Progress(console)
    watch = watching(progress)
    try:
        offer = pulling.offer(spec, watch)
        progress.end()
        if not (offer.found or found.yes or _accepted(offer, console)):
            console.say("Nothing was downloaded.")
            return Exit.DONE
        if found.yes and not offer.found:
            for line in notes(offer):
                console.note(line)
        folder = pulling.pull(offer, watch)
    except KeyboardInterrupt:
        raise StoppedError(
            f"The download of {spec.name} was stopped.",
            "Nothing uses what has come of it; another pull goes on with it.",
        ) from None
    finally:
        progress.end()
    console.say(_ready(spec, folder, here_before=offer.found is not None))
    return Exit.DONE


def _accepted(offer: Offer, console: Console) -> bool:
    otherwise = NotUnderstoodError(
        f"Nothing was downloaded. {offer.spec.name} needs {in_words(offer.size)} from "
        f"{source(offer)}: {listing(files(offer))}.",
        "Say --yes to download it.",
    )
    if not console.live:
        raise otherwise
    for line in offer_lines(offer):
        console.tell(f"{one_line(line)}\n")
    return agreed(console, question(offer), otherwise)


def _ready(spec: ModelSpec, folder: ModelFolder, *, here_before: bool) -> str:
    head = f"{spec.name} {'was here already' if here_before else 'is ready'}: "
    text = f"{head}{told_files(spec, folder)}. {folder.path}"
    if spec.revision is None and folder.revision is not None:
        text += (
            f"\nIt is not pinned by us: this is commit {folder.revision}, which is kept from now "
            f"on. `tagsmith models remove {spec.name}` and a new pull get a newer one."
        )
    return text


def remove_model(words: list[str], console: Console) -> Exit:
    """Delete a model's files from the hub's cache, after a yes."""
    parser = Parser(
        "tagsmith models remove",
        "Delete a model's files from the hub's cache; other files there stay. They can be pulled\n"
        "again. Scores that the model has left in datasets stay.",
    )
    parser.add_argument("name", metavar="NAME", help="the model")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    found = parser.parse_args(words[1:])
    spec = find_model(found.name)
    removal = find_removal(spec)
    what = removal.what
    if not what:
        console.say(f"Nothing of {spec.name} is in the hub's cache.")
        return Exit.DONE
    otherwise = NotUnderstoodError(f"Nothing was deleted. This would free {what}.", "Say --yes.")
    if not (found.yes or agreed(console, f"Delete {what}?", otherwise)):
        console.say("Nothing was deleted.")
        return Exit.DONE
    removal.do()
    console.say(f"Deleted {what}.")
    return Exit.DONE


def quantize_model(words: list[str], console: Console) -> Exit:
    """Make the int8 form of a tagger, and measure on a dataset what it changes."""
    parser = Parser(
        "tagsmith models quantize",
        "Make a smaller, on most CPUs faster form of a tagger (int8). It becomes a model of its\n"
        "own, NAME-int8, which nothing uses unasked. Both are then compared on your images.",
    )
    parser.add_argument("name", metavar="NAME", help="the tagger")
    parser.add_argument("--on", metavar="DATASET", required=True, help="images to compare them on")
    parser.add_argument(
        "--images", metavar="N", type=positive, default=IMAGES, help="how many (%(default)s)"
    )
    found = parser.parse_args(words[1:])
    spec = find_model(found.name)
    root, images = _images(found.on, found.images)
    progress = Progress(console)
    try:
        report, made = _quantized(spec, root, images, progress)
    finally:
        progress.end()
    for line in report.splitlines():
        console.say(line)
    console.say(f"Use it as model={made.name} ({in_words(made.size)}, was {in_words(spec.size)}).")
    return Exit.DONE


def _images(folder: str, most: int) -> tuple[str, list[str]]:
    from tagsmith.tools.vision.agreement import sample
    from tagsmith.tools.workspace import Workspace

    dataset = Workspace.open(folder).dataset
    return dataset.root, sample([one.image for one in dataset.samples], most)


def _quantized(
    spec: ModelSpec, root: str, images: list[str], progress: Progress
) -> tuple[str, ModelSpec]:
    """Return the report and the spec of the new model, which is known from then on."""
    from tagsmith.tools.vision import installed, quantize
    from tagsmith.tools.vision.agreement import agreement
    from tagsmith.tools.vision.scores import Scores
    from tagsmith.tools.vision.spec import user_folder
    from tagsmith.tools.vision.taggers import OnnxTagger

    watch = watching(progress)
    folder = installed.require(spec, watch)
    out = installed.hand_folder(spec.name + quantize.SUFFIX)
    made = quantize.quantize(spec, folder, out, watch)
    try:
        user_folder().mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copyfile(os.path.join(out, f"{made.name}.toml"), user_folder() / f"{made.name}.toml")
    except OSError as error:
        raise ModelError(
            f"The spec of {made.name} cannot be written: {error.strerror or error}.",
            f"Copy it from {out} to {user_folder()}.",
        ) from error
    scores = Scores.open(root)
    try:
        before = OnnxTagger(spec).score(images, scores, watch)
        after = OnnxTagger(made).score(images, scores, watch)
        contents = scores.contents(images).values()
        report = agreement(spec, before.model, after.model, contents, scores).told()
    finally:
        scores.close()
    left_out = f"\n{count(len(before.bad), 'image')} cannot be read." if before.bad else ""
    return report + left_out, made

"""What deleting a model's files would free, and deleting them: for the command and the screen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tagsmith.tools.errors import ModelError
from tagsmith.tui.language import say
from tagsmith.tui.offers import in_words

if TYPE_CHECKING:
    from tagsmith.tools.vision.schema import ModelSpec


@dataclass(frozen=True, slots=True)
class Removal:
    """``what`` would be deleted, "" where nothing is there; ``do`` deletes it."""

    what: str
    do: Callable[[], None]


def find_removal(spec: ModelSpec) -> Removal:
    """Return what deleting a model would free; other files of the hub's cache stay.

    Raises ModelError where it was placed by hand. ``Removal.do`` raises it where files cannot be
    deleted.
    """
    from tagsmith.tools.vision import hub_cache, installed, pulled

    if installed.made_by_hand(spec):
        raise ModelError(
            say(
                "{model} was placed by hand; only what was pulled is deleted here.",
                model=spec.name,
            ),
            say("Delete {folder} yourself.", folder=installed.hand_folder(spec.name)),
        )
    repo, freed = spec.repo, hub_cache.freeable(spec, pulled.commit_of(spec) or "none")
    if repo is None or not freed.paths:
        return Removal("", lambda: None)

    def do() -> None:
        try:
            hub_cache.remove(repo, freed)
        except OSError as error:
            raise ModelError(
                say(
                    "{model} cannot be deleted: {why}.",
                    model=spec.name,
                    why=error.strerror or error,
                ),
                say("Check the permissions."),
            ) from error
        pulled.forget(spec)

    what = say(
        "{size} of {model} in {folder}",
        size=in_words(freed.size),
        model=spec.name,
        folder=hub_cache.repo_folder(repo),
    )
    return Removal(what, do)

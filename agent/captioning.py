"""Giving a workspace the captioner of the configured model server, made when it is first used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tagsmith.agent.consent import Consents, ImageConsent

if TYPE_CHECKING:
    from tagsmith.agent.captioner import ServerCaptioner
    from tagsmith.tools.workspace import Workspace


def equip(
    workspace: Workspace,
    arguments: Mapping[str, Any] | None = None,
    *,
    allow_remote: bool = False,
    asks: bool = False,
) -> ImageConsent:
    """Let a workspace caption through the model server of the settings.

    ``arguments`` are those of the command line, as ``config.load`` takes them; the settings are
    read when the first caption is asked for. ``allow_remote`` agrees, for this run, that images go
    to another machine; ``asks`` says that there is somebody to be asked. Returns what remembers
    that an agreement is missing.
    """
    from tagsmith.agent import config

    consent = ImageConsent(Consents(config.folder()), allowed=allow_remote, asks=asks)
    made: list[ServerCaptioner] = []

    def make() -> ServerCaptioner:
        if not made:
            from tagsmith.agent.captioner import ServerCaptioner

            settings = config.load(arguments)
            made.append(ServerCaptioner(settings.endpoint(), consent, settings.caption_model))
        return made[0]

    workspace.captioners = {"server": make}
    return consent

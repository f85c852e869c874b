"""What a download of a model would bring, in lines: for the command and for the chat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tagsmith.tui.language import say

if TYPE_CHECKING:
    from tagsmith.tools.vision.pulling import Offer


def offer_lines(offer: Offer) -> list[str]:
    """Return the model with its licence, what to know before, the files, from where and whereto."""
    spec = offer.spec
    return [
        f"{spec.title}, {spec.license}",
        *notes(offer),
        *(f"  {file}" for file in files(offer)),
        say("from {source}", source=source(offer)),
        say("into {folder}", folder=offer.folder),
    ]


def question(offer: Offer) -> str:
    """Return the question to agree to."""
    return say("Download {size}?", size=in_words(offer.size))


def files(offer: Offer) -> list[str]:
    """Return the files to be fetched with their sizes."""
    return [f"{one.file.path} ({in_words(one.size)})" for one in offer.files]


def source(offer: Offer) -> str:
    """Return the repository and the commit."""
    place = f"{offer.endpoint}/{offer.spec.repo}"
    return say("{place} at {commit}", place=place, commit=offer.commit[:12])


def notes(offer: Offer) -> list[str]:
    """Return what someone should know before the download."""
    from tagsmith.tools.vision.pulling import HUB

    spec, told = offer.spec, []
    if offer.endpoint != HUB:
        told.append(
            say(
                "HF_ENDPOINT is set: it comes from {place}, not from {hub}.",
                place=offer.endpoint,
                hub=HUB,
            )
        )
    if spec.revision is None:
        told.append(say("Not pinned by us: nobody here has checked the files of this commit."))
    if spec.gated:
        told.append(
            say("Gated: its terms have to be accepted at {page} first.", page=f"{HUB}/{spec.repo}")
        )
    return told


def in_words(size: int | None) -> str:
    """Return a size, or that it is not known."""
    from tagsmith.tools.vision.installed import megabytes

    return say("size ?") if size is None else megabytes(size)

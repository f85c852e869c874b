"""What a download of a model would bring, in lines: for the command and for the chat."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tagsmith.tools.vision.pulling import Offer


def offer_lines(offer: Offer) -> list[str]:
    """Return the model with its licence, what to know before, the files, from where and whereto."""
    spec = offer.spec
    return [
        f"{spec.title}, {spec.license}",
        *notes(offer),
        *(f"  {file}" for file in files(offer)),
        f"from {source(offer)}",
        f"into {offer.folder}",
    ]


def question(offer: Offer) -> str:
    """Return the question to agree to."""
    return f"Download {in_words(offer.size)}?"


def files(offer: Offer) -> list[str]:
    """Return the files to be fetched with their sizes."""
    return [f"{one.file.path} ({in_words(one.size)})" for one in offer.files]


def source(offer: Offer) -> str:
    """Return the repository and the commit."""
    return f"{offer.endpoint}/{offer.spec.repo} at {offer.commit[:12]}"


def notes(offer: Offer) -> list[str]:
    """Return what someone should know before the download."""
    from tagsmith.tools.vision.pulling import HUB

    spec, told = offer.spec, []
    if offer.endpoint != HUB:
        told.append(f"HF_ENDPOINT is set: it comes from {offer.endpoint}, not from {HUB}.")
    if spec.revision is None:
        told.append("Not pinned by us: nobody here has checked the files of this commit.")
    if spec.gated:
        told.append(f"Gated: its terms have to be accepted at {HUB}/{spec.repo} first.")
    return told


def in_words(size: int | None) -> str:
    """Return a size, or that it is not known."""
    from tagsmith.tools.vision.installed import megabytes

    return "size ?" if size is None else megabytes(size)

"""Midjourney: the prompt and its parameters in a PNG's ``Description``, or IPTC's caption."""

from __future__ import annotations

import re

from tagsmith.tools.metadata import iptc
from tagsmith.tools.metadata.chunks import Chunks
from tagsmith.tools.metadata.found import Found

SOURCE = "midjourney"
_JOB = re.compile(r"\s*Job ID: [0-9a-f-]{36}\s*\Z")
# ``--ar 2:3 --v 6.1`` at the end, and what ``--no`` asks to be left out.
_PARAMETER = re.compile(r"(?:\A|\s)--(?=[a-z])")
# ``hot:: dog``, ``hot::2 dog``: parts of a prompt with a weight.
_WEIGHT = re.compile(r"::(?:-?\d{1,4}(?:\.\d{1,4})?)?")
# Pictures that the prompt refers to.
_ADDRESS = re.compile(r"<?https?://\S+>?")


def read_midjourney(chunks: Chunks) -> Found | None:
    """Read the description that ends with the number of a job."""
    text = chunks.texts.get("Description", "")
    if not _JOB.search(text[-100:]):
        text = iptc.read_iptc(chunks.iptc).get(iptc.CAPTION, [""])[0]
        if not _JOB.search(text[-100:]):
            return None
    words = text[: text.rindex("Job ID: ")]
    prompt, *parameters = _PARAMETER.split(words)
    pairs = (parameter.strip().partition(" ") for parameter in parameters)
    settings = {name: value for name, _, value in pairs}
    prompt = _WEIGHT.sub(",", _ADDRESS.sub("", prompt)).strip(" ,")
    return Found(SOURCE, prompt, settings.get("no", ""), settings=settings)

"""The tagger that needs no model: tags that follow from a file and from what its pixels sum up to.

Every rule is a function of a ``Look``, with its source in its docstring, that answers with a
confidence; 0.5 is the rule itself. docs/pixel-tags.md says how often each is right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from tagsmith.tools.vision import statistics_colour as colour
from tagsmith.tools.vision import statistics_edges as edges
from tagsmith.tools.vision import statistics_file as file
from tagsmith.tools.vision.decode import Picture, open_image
from tagsmith.tools.vision.statistics_look import SIDE, Look

# Changes with every change of a rule, so that stored answers of older rules are not used.
VERSION = "1"

_RULES: dict[str, tuple[str, Callable[[Look], float]]] = {
    "incredibly_absurdres": ("meta", file.incredibly_absurdres),
    "absurdres": ("meta", file.absurdres),
    "highres": ("meta", file.highres),
    "lowres": ("meta", file.lowres),
    "wide_image": ("meta", file.wide_image),
    "tall_image": ("meta", file.tall_image),
    "animated": ("meta", file.animated),
    "animated_gif": ("meta", file.animated_gif),
    "animated_png": ("meta", file.animated_png),
    "exif_rotation": ("meta", file.exif_rotation),
    "transparent_background": ("general", file.transparent_background),
    "greyscale": ("general", colour.greyscale),
    "monochrome": ("general", colour.monochrome),
    "sepia": ("general", colour.sepia),
    "simple_background": ("general", edges.simple_background),
    "white_background": ("general", edges.white_background),
    "black_background": ("general", edges.black_background),
    "grey_background": ("general", edges.grey_background),
    "letterboxed": ("general", edges.letterboxed),
    "pillarboxed": ("general", edges.pillarboxed),
    "windowboxed": ("general", edges.windowboxed),
    "border": ("general", edges.border),
    "white_border": ("general", edges.white_border),
    "black_border": ("general", edges.black_border),
}

TAGS: Mapping[str, str] = MappingProxyType({tag: rule[0] for tag, rule in _RULES.items()})


def measure(picture: Picture) -> dict[str, float]:
    """Return the confidence, above 0 and up to 1, of every tag that has one."""
    look = Look.of(picture)
    found = {tag: rule(look) for tag, (_, rule) in _RULES.items()}
    return {tag: confidence for tag, confidence in found.items() if confidence > 0}


def measured(data: bytes, argument: object = None) -> dict[str, float]:
    """Measure the bytes of a file: the job for image workers. Raises BadImageError."""
    del argument  # every rule is fixed
    return measure(open_image(data, draft=(SIDE, SIDE)))

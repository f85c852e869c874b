"""Words of prompts that say how good a picture shall be, not what it shows.

They are left out of captions by default: a LoRA that is trained on them ties its subject to them.
Sources: the recommended prompts of NovelAI's, Animagine's, Pony's and Illustrious' model cards.
"""

from __future__ import annotations

import re

from tagsmith.tools.tags import key

_WORDS = frozenset(
    key(word)
    for word in (
        "masterpiece, best quality, amazing quality, great quality, good quality, high quality, "
        "highest quality, normal quality, average quality, low quality, bad quality, worst "
        "quality, very aesthetic, aesthetic, displeasing, very displeasing, absurdres, "
        "incredibly absurdres, highres, high resolution, lowres, ultra detailed, ultra-detailed, "
        "ultra high res, ultra hd, hd, uhd, 4k, 8k, 16k, 4k wallpaper, 8k wallpaper, hdr, "
        "highly detailed, extremely detailed, extremely detailed cg unity 8k wallpaper, "
        "extremely detailed wallpaper, intricate details, intricate detail, best detail, "
        "finely detailed, very detailed, hyper detailed, hyperdetailed, super detailed, "
        "award winning, award-winning, trending on artstation, artstation, newest, recent, mid, "
        "early, oldest, top quality, perfect quality, professional quality, raw photo, "
        "source anime, source pony, source furry, source cartoon, general, sensitive, "
        "questionable, explicit, safe, nsfw, sfw, rating safe, rating general, rating sensitive, "
        "rating questionable, rating explicit"
    ).split(", ")
)
# Pony's scores, and what stands in place of a quality: score_9, score_8_up, year 2024.
_PATTERN = re.compile(r"score \d( up)?|year \d{4}|rating ?: ?\w+|(?:very )?aesthetic score .*")


def is_quality(tag: str) -> bool:
    """Tell whether a tag of a prompt speaks of quality, age rating or year of the training data."""
    tag_key = key(tag)
    return tag_key in _WORDS or _PATTERN.fullmatch(tag_key) is not None

"""What to say instead of words that name a tag which no caption has."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence


def instead(said: str, nearest: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return the message with near tags in place of the unknown ones, the nearest first.

    One unknown tag makes a message for each tag near it; several make one with the nearest of
    each. Without a near tag, or where an unknown one does not stand once in the message as it is
    spelt, there is none.
    """
    if len(nearest) == 1:
        ((unknown, near),) = nearest.items()
        reworded = [_put(said, {unknown: tag}) for tag in near]
    else:
        reworded = [_put(said, {unknown: near[0] for unknown, near in nearest.items() if near})]
    return tuple(dict.fromkeys(one for one in reworded if one != said))


def _put(said: str, tags: Mapping[str, str]) -> str:
    for unknown, tag in tags.items():
        spelt = r"[\s_]+".join(map(re.escape, re.split(r"[\s_]+", unknown)))
        found = list(re.finditer(rf"(?<!\w){spelt}(?!\w)", said, re.IGNORECASE))
        # Of several, another may be a part of a longer tag.
        if len(found) == 1:
            said = said[: found[0].start()] + tag + said[found[0].end() :]
    return said

"""What checks share in making findings: numbers in words, queries, and the usual fixes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from unicodedata import category

from tagsmith.tools.audit.finding import Fix
from tagsmith.tools.query import quote
from tagsmith.tools.tags import is_pattern
from tagsmith.tools.wording import count, listing, share

if TYPE_CHECKING:
    from tagsmith.tools.audit.evidence import Evidence


def either(keys: Iterable[str]) -> str:
    """Return the query for images that have any of some keys."""
    return " or ".join(map(quote, keys))


def both(keys: Iterable[str]) -> str:
    """Return the query for images that have all of some keys."""
    return " and ".join(map(quote, keys))


def in_brackets(query: str) -> str:
    """Return a query that can be joined with ``and``."""
    return f"({query})" if " or " in query else query


def in_folder(folder: str, evidence: Evidence) -> str:
    """Return the query for the images of a folder without those of folders below it."""
    query = f"folder:{quote(folder)}"
    below = f"{folder}/"
    if any(one.folder.startswith(below) for one in evidence.samples):
        return f'{query} and not folder:{quote(below)[:-1]}*"'
    return query


def of_images(number: int, evidence: Evidence) -> str:
    """Return ``12 of 40 images (30.0%)``."""
    total = len(evidence.samples)
    return f"{number:,} of {count(total, 'image')} ({share(number, total)}%)"


def usable(*tags: str) -> bool:
    """Tell whether tools would take each of these tags for itself: no pattern, no control sign."""
    return not any(is_pattern(tag) or any(category(char) == "Cc" for char in tag) for tag in tags)


def prune(tags: list[str], where: str | None, images: int) -> Fix:
    """Return the fix that removes tags where a query says."""
    arguments: dict[str, object] = {"tags": tags}
    if where is not None:
        arguments["where"] = where
    return Fix("prune_tags", arguments, f"remove {listing(tags, 4)} from {count(images, 'image')}")

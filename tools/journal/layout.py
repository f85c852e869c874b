"""Where things lie inside ``.tagsmith/``, and the names of transactions.

::

    .tagsmith/lock                 who holds the dataset
    .tagsmith/tx/0007-3fa2c1d0/    one applied plan: plan (immutable), state (append-only), slots/
    .tagsmith/trash/<tx>/<n>       files that change number n of a plan took away
    .tagsmith/quarantine/<tx>/<n>  bytes that recovery found and did not dare to drop
    .tagsmith/pruned               what prune-history removed, and when
"""

from __future__ import annotations

import re

from tagsmith.tools.paths import STATE_FOLDER

TRANSACTIONS = f"{STATE_FOLDER}/tx"
TRASH = f"{STATE_FOLDER}/trash"
QUARANTINE = f"{STATE_FOLDER}/quarantine"
LOCK = f"{STATE_FOLDER}/lock"
PRUNED = f"{STATE_FOLDER}/pruned"
PLAN = "plan"
STATE = "state"
SLOTS = "slots"

_ID = re.compile(r"(\d{4,9})-[0-9a-f]{8}")


def transaction_id(number: int, plan_id: str) -> str:
    """Return the name of the ``number``-th transaction: readable, and in order of time."""
    return f"{number:04d}-{plan_id[:8]:0<8}"


def number_of(name: str) -> int | None:
    """Return the number in a transaction's name, or None for a foreign name."""
    match = _ID.fullmatch(name)
    return int(match[1]) if match else None


def folder_of(tx: str) -> str:
    """Return the folder of a transaction."""
    return f"{TRANSACTIONS}/{tx}"


def trash_of(tx: str) -> str:
    """Return the folder of what a transaction trashed."""
    return f"{TRASH}/{tx}"


def in_trash(path: str) -> bool:
    """Tell whether a path lies in the trash."""
    return path.startswith(f"{TRASH}/")


def in_state(path: str) -> bool:
    """Tell whether a path lies in Tagsmith's own folder, in any case of letters."""
    return path.split("/", 1)[0].casefold() == STATE_FOLDER

"""Colours and signs. A colour never stands alone: each has a sign or a word beside it."""

ACCENT = "$accent"
ADDED = "$text-success"
REMOVED = "$text-error"
MOVED = "$accent"
MUTED = "$muted $muted-style"
WARNING = "$text-warning"

SAYS = "›"  # noqa: RUF001 - the sign in front of what the user says
MINUS = "−"  # noqa: RUF001 - as wide as the plus

"""A key that is held down is one press: terminals do not tell, but time does.

A held key comes once, again after the delay of the keyboard, and then many times a second. Two
quick presses of a person come without that pattern, so both count. The second one of a held key
looks like a press until the third: then it is to be taken back.
"""

from __future__ import annotations

from enum import Enum

# Keyboards wait 0.2 to 1 s before they repeat, then do so every 0.02 to 0.1 s (X11: 0.66 and 0.04,
# Windows: 0.25 to 1 and 0.03 to 0.5, macOS: 0.225 to 1.8 and 0.03 to 0.09).
DELAY = (0.18, 1.1)
AGAIN = 0.12


class Verdict(Enum):
    """What an event of a key is."""

    PRESS = "press"
    REPEAT = "repeat"
    TAKE_BACK = "take back"


class Repeats:
    """Tells presses from repeats; to be asked about every event of the keys that matter."""

    def __init__(self) -> None:
        self._key = ""
        self._at = 0.0
        self._may_repeat = False
        self._held = False

    def judge(self, key: str, at: float) -> Verdict:
        """Judge an event of a key at a time in seconds.

        TAKE_BACK says that it is a repeat, and that the event before it, a PRESS, was one too.
        """
        gap = at - self._at if key == self._key else float("inf")
        quick = gap <= AGAIN
        verdict = Verdict.PRESS
        if quick and self._held:
            verdict = Verdict.REPEAT
        elif quick and self._may_repeat:
            verdict = Verdict.TAKE_BACK
        self._held = verdict is not Verdict.PRESS
        self._may_repeat = not self._held and DELAY[0] <= gap <= DELAY[1]
        self._key, self._at = key, at
        return verdict

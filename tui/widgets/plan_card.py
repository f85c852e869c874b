"""The card below a turn that staged something: what would change, and what to do about it."""

from __future__ import annotations

import time
from collections.abc import Callable

from textual import events
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Static

from tagsmith.tools.plan import Plan
from tagsmith.tui.actions import Scope, bindings, legend
from tagsmith.tui.changes import group, needs_count
from tagsmith.tui.language import many, say
from tagsmith.tui.text import line
from tagsmith.tui.widgets.edge import keys, spread
from tagsmith.tui.widgets.messages import INDENT
from tagsmith.tui.widgets.palette import MUTED
from tagsmith.tui.widgets.plan_rows import sample_row, title, totals_line
from tagsmith.tui.widgets.rows import Row

GRACE = 0.5
HOLD = 0.3  # seconds: a letter typed as part of a word is followed by the next one before that
_HELD = ("a", "r", "t")
SAMPLE_ROWS = 3


class PlanCard(Static, can_focus=True):
    """A pending plan in the transcript.

    Keys are ignored for half a second after it appears, so that what was typed ahead decides
    nothing. A letter decides only when no other follows it at once, and applying and rejecting ask
    once; any other letter is handed on to the line, together with the one that was held. So
    "add ..." and "remove ..." can just be typed or pasted.
    """

    BINDINGS = bindings(Scope.CARD)

    class Decided(Message):
        """The user decided: ``review``, ``apply``, ``reject``, ``why``.

        ``count`` is apply for a plan that must be counted, which the review does.
        """

        def __init__(self, decision: str) -> None:
            super().__init__()
            self.decision = decision

    class Typed(Message):
        """Text that was meant for the line; ``sent`` by an enter behind it."""

        def __init__(self, text: str, *, sent: bool = False) -> None:
            super().__init__()
            self.text = text
            self.sent = sent

    def __init__(
        self, plan: Plan, samples: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(markup=False, classes="plan-card")
        self.plan = plan
        self._counted = needs_count(plan.totals, samples)
        self._groups = group(plan.changes)
        self._clock = clock
        self._born = clock()
        self._asking = ""
        self._held = ""
        self._handing_on = False
        self._release: Timer | None = None
        self._outcome: Content | None = None

    def on_mount(self) -> None:
        """Name the plan on the frame."""
        self._born = self._clock()
        self.speak()

    def speak(self) -> None:
        """Say the frame's words, and the rest, in the language in use."""
        self.border_title = title(self.plan)
        self._draw_legend()
        self.refresh()

    def render(self) -> Content:
        """Draw the totals and the first samples, or what became of the plan."""
        if self._outcome is not None:
            return self._outcome
        width = self.content_size.width
        rows = [sample_row(one, width) for one in self._groups[:SAMPLE_ROWS]]
        left = len(self._groups) - len(rows)
        if left > 0:
            more = Content.styled(many(left, "… {n} more", "… {n} more"), MUTED)
            rows[-1] = spread(rows[-1], more, width)
        return Content("\n").join([Content(" ") + totals_line(self.plan.totals), *rows])

    def settle(self, outcome: Content) -> None:
        """Shrink to one line that says what became of the plan."""
        self._outcome = outcome
        self.can_focus = False
        self.add_class("-settled")
        self.border_title = None
        self.border_subtitle = None
        self.refresh(layout=True)

    def past(self) -> list[Row]:
        """Return what became of the plan."""
        indent = Content(INDENT)
        return [Row(indent, indent, self._outcome or title(self.plan))]

    def _draw_legend(self) -> None:
        self.border_subtitle = self._question() if self._asking else keys(legend(Scope.CARD))

    def _question(self) -> Content:
        key = self._asking[0]
        asked = many(self.plan.totals.files, "apply {n} file?", "apply {n} files?")
        if self._asking == "reject":
            asked = say("reject the plan?")
        yes = (say("{key} or enter", key=key), say(self._asking))
        return Content.assemble(line(f"{asked}  ", "bold"), keys([yes, ("esc", say("no"))]))

    def _ask(self, decision: str) -> None:
        self._asking = decision
        self._draw_legend()

    def _decide(self, decision: str) -> None:
        self._ask("")
        self.post_message(self.Decided(decision))

    @property
    def in_grace(self) -> bool:
        """Whether the card is so new that keys were not meant for it."""
        return self._clock() - self._born < GRACE

    def on_key(self, event: events.Key) -> None:
        """Hand letters that mean nothing here on to the line; drop keys during the grace period."""
        typed = event.character if event.is_printable else None
        if self._handing_on and (typed or event.key == "enter"):
            # Keys of one burst arrive here until the line has the focus.
            event.stop()
            event.prevent_default()
            self.post_message(self.Typed(typed or "", sent=not typed))
        elif self.in_grace and (typed or event.key == "enter"):
            event.stop()
            event.prevent_default()
            if typed:
                self._hand_on(typed)
        elif event.key == "escape" and self._asking:
            event.stop()
            self._ask("")
        elif self._held:
            self._follow(event, typed)
        elif typed in _HELD and not self._asking:
            event.stop()
            event.prevent_default()
            self._held = typed
            self._release = self.set_timer(HOLD, self._act)
        elif typed and self._is_for_the_line(typed):
            event.stop()
            event.prevent_default()
            asked = self._asking[:1]
            self._ask("")
            self._hand_on(asked + typed)

    def _follow(self, event: events.Key, typed: str | None) -> None:
        """Decide about a held letter by the key after it: the same letter or enter confirms it."""
        held = self._held
        if typed and typed != held:
            event.stop()
            event.prevent_default()
            self._let_go()
            self._hand_on(held + typed)
        else:
            self._act()

    def _hand_on(self, text: str) -> None:
        self._handing_on = True
        self.post_message(self.Typed(text))

    def _act(self) -> None:
        held = self._held
        self._let_go()
        if held:
            {"a": self.action_apply, "r": self.action_reject, "t": self.action_why}[held]()

    def _let_go(self) -> None:
        self._held = ""
        if self._release is not None:
            self._release.stop()
            self._release = None

    def on_paste(self, event: events.Paste) -> None:
        """What is pasted was meant for the line."""
        event.stop()
        self._let_go()
        self.post_message(self.Typed(event.text))

    def _is_for_the_line(self, typed: str) -> bool:
        return typed != self._asking[0] if self._asking else typed not in ("a", "r", "t", "?")

    def on_blur(self) -> None:
        """A question is forgotten when the card is left."""
        self._handing_on = False
        self._let_go()
        self._ask("")

    def action_review(self) -> None:
        """Review the plan, or answer the open question with yes."""
        self._decide(self._asking or "review")

    def action_apply(self) -> None:
        """Apply, after a question; a large or deleting plan is counted in the review."""
        if self._counted:
            self._decide("count")
        elif self._asking == "apply":
            self._decide("apply")
        else:
            self._ask("apply")

    def action_reject(self) -> None:
        """Reject, after a question."""
        if self._asking == "reject":
            self._decide("reject")
        else:
            self._ask("reject")

    def action_why(self) -> None:
        """Reject and say why."""
        self._decide("why")

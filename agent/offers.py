"""The offer to load a model again with a longer context: made once, and only a yes takes it."""

from __future__ import annotations

from dataclasses import dataclass

from tagsmith.agent.consent import agrees, declines
from tagsmith.agent.prompting import one_line
from tagsmith.agent.server import servers
from tagsmith.agent.server.endpoint import Endpoint
from tagsmith.agent.server.listings import ModelInfo

SUGGESTIONS = ("yes", "no")
NAME_LENGTH = 100


@dataclass(frozen=True, slots=True)
class Offer:
    """To load ``model`` again with ``tokens`` of context."""

    model: ModelInfo
    tokens: int

    @property
    def name(self) -> str:
        """Return the model's name, on one line."""
        return one_line(self.model.id, NAME_LENGTH)

    @property
    def question(self) -> str:
        """Return the question to the user."""
        return (
            f"{self._facts}. Load it again with {self.tokens:,}? Longer conversations and more "
            "tools fit then; it takes a moment, and more memory."
        )

    @property
    def note(self) -> str:
        """Return what is said where nobody can be asked."""
        return f"{self._facts}: in LM Studio, load it with {self.tokens:,} or more."

    @property
    def _facts(self) -> str:
        has, most = self.model.context_length or 0, self.model.max_context or 0
        return f"{self.name} is loaded with {has:,} tokens of context and could have {most:,}"


class Offers:
    """What was offered in this run, and the message that waits for the user's answer."""

    def __init__(self) -> None:
        self._made: set[str] = set()
        self._waiting: tuple[Offer, str] | None = None
        self._taken: Offer | None = None

    def find(self, endpoint: Endpoint, model: ModelInfo) -> Offer | None:
        """Return the offer to make for a model, the first time; None where there is none."""
        tokens = servers.longer(endpoint, model)
        if not tokens or model.id in self._made:
            return None
        self._made.add(model.id)
        return Offer(model, tokens)

    def ask(self, offer: Offer, words: str) -> None:
        """Remember that the user is asked, and which message is to be answered afterwards."""
        self._waiting = (offer, words)

    def heard(self, text: str) -> tuple[str, ...]:
        """Return the messages to answer now that the user has said ``text``.

        After a yes or a no that is the message that waited; anything else is no yes, and comes
        after it, so that nothing the user said is lost.
        """
        waiting, self._waiting = self._waiting, None
        if waiting is None:
            return (text,)
        offer, words = waiting
        if agrees(text):
            self._taken = offer
            return (words,)
        return (words,) if declines(text) else (words, text)

    def taken(self) -> Offer | None:
        """Return the offer that the user has taken, once."""
        taken, self._taken = self._taken, None
        return taken

"""The server engine: a model behind an OpenAI-compatible server drives the tools."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, replace

from tagsmith.agent import shown
from tagsmith.agent.chat_model import wants_thoughts
from tagsmith.agent.context import Fill, Gauge, Room, Window, size
from tagsmith.agent.events import Asked, Call, Done, Event, Failed, Noted, Said
from tagsmith.agent.forced import TAKES_SCHEMA, Attempt, Forcing
from tagsmith.agent.loop import Agent, warm
from tagsmith.agent.middleware import Budget, QuestionError, TurnLimits
from tagsmith.agent.offers import SUGGESTIONS, Offers
from tagsmith.agent.prompting import few_shot, harmless, one_line, prompt, state_line
from tagsmith.agent.relay import Relay
from tagsmith.agent.server import servers
from tagsmith.agent.server.client import ChatClient
from tagsmith.agent.server.endpoint import Endpoint
from tagsmith.agent.server.faults import ContextOverflowError, EndpointError
from tagsmith.agent.server.listings import ModelInfo
from tagsmith.agent.task import Task
from tagsmith.agent.turns import Message, ModelText, Turn, UserText, closed
from tagsmith.tools import toolbox
from tagsmith.tools.errors import TagsmithError
from tagsmith.tools.toolbox import Outcome
from tagsmith.tools.workspace import Workspace

EXAMPLES_FROM = 8192  # tokens of context
STOPPED = "(stopped before it was done)"
# How long a stopped turn is waited for: its thread ends at its next step, within milliseconds.
RELEASE_SECONDS, RELEASE_TRIES = 0.02, 4


@dataclass(slots=True)
class Connection:
    """A server that was found, the model on it, and the agent that talks to them."""

    client: ChatClient
    agent: Agent
    model: ModelInfo
    context: servers.Context
    forcing: Forcing
    answers_as: str = ""


class ServerEngine:
    """Answers through a model server, which is asked for at the first message.

    ``cancel`` may be called from any thread; a turn that is stopped, or whose consumer leaves,
    runs no further tool. What the tools staged until then stays staged.
    """

    name = "server"

    def __init__(
        self, endpoint: Endpoint, limits: TurnLimits | None = None, *, asks: bool = False
    ) -> None:
        self.endpoint = endpoint
        self._asks = asks
        self._offers = Offers()
        self._limits = limits or TurnLimits()
        self._connection: Connection | None = None
        self._window: Window | None = None
        self._relay: Relay | None = None
        self._restored: tuple[Turn, ...] = ()
        self._tokens = 0
        self._found = False

    @property
    def connected(self) -> bool:
        """Whether a server and a model were found, at any time."""
        return self._found

    def respond(self, text: str, workspace: Workspace) -> Generator[Event, None, None]:
        """Answer one message; see Engine."""
        for number, words in enumerate(self._offers.heard(text)):
            if number:
                yield Said("\n")
            yield from self._answer(words, workspace)
        yield Done(workspace.state())

    def _answer(self, text: str, workspace: Workspace) -> Generator[Event, None, None]:
        relay = self._relay = Relay()
        asked = UserText(f"{harmless(text)}\n\n{state_line(workspace)}")
        task: list[Task] = []

        def work() -> None:
            self._load_again(relay)
            connection = self._connected(relay)
            self._offer_longer(text, relay, connection)
            task.append(self._task(text, asked, relay, connection))
            connection.agent.run(task[0])

        def run_tool(call: Call) -> Outcome:
            return toolbox.call(workspace, call.tool, call.arguments)

        try:
            yield from relay.events(work, run_tool)
            if not relay.stopped:
                yield from self._closing_remarks(task[0], workspace)
        except QuestionError as question:
            yield Asked(question.question, question.suggestions)
        except TagsmithError as error:
            self._forget_connection(error)
            yield Failed(error.message, error.hint, error.exit)
        finally:
            self._release(relay)
            if task:
                self._tokens += task[0].tokens
                self._remember(task[0])

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The turns that the model can still be told of, oldest first."""
        return self._restored if self._window is None else tuple(self._window.turns)

    def restore(self, turns: Iterable[Turn]) -> None:
        """Go on with an earlier conversation: to be called before the first message."""
        self._restored = tuple(turns)

    @property
    def tokens(self) -> int:
        """Return the tokens of all prompts and answers so far: as the server counts, or about."""
        return self._tokens

    @property
    def fill(self) -> Fill | None:
        """Return the model and how full its context is; None before one was found."""
        if self._connection is None or self._window is None:
            return None
        window = self._window
        return Fill(self._connection.model.id, window.used, window.room.context)

    def cancel(self) -> None:
        """Stop the turn that is going on, if there is one, at once."""
        if self._relay is not None:
            self._relay.stop()
        if self._connection is not None:
            self._connection.client.cancel()

    def use(self, model: str) -> None:
        """Have another model of the server answer from the next message on; not during a turn."""
        self.endpoint = replace(self.endpoint, model=model)
        self._disconnect()

    def warm(self) -> None:
        """Import what the first answer needs, which takes seconds: while nobody waits."""
        warm()

    def close(self) -> None:
        """Stop what is going on and close the connection; the engine can be used again."""
        self.cancel()
        self._disconnect()

    # Connecting

    def _connected(self, relay: Relay) -> Connection:
        """Return the connection; the first time, find the server and tell what was found."""
        if self._connection is None:
            self._connection = connection = self._connect(relay)
            self._window = self._new_window(connection)
            self._found = True
        return self._connection

    def _connect(self, relay: Relay) -> Connection:
        info = servers.probe(self.endpoint)
        model = servers.choose(info, self.endpoint.model)
        context = servers.context(self.endpoint, model)
        tools = shown.shown_tools(context.tokens)
        client = ChatClient(replace(self.endpoint, model=model.id))
        relay.tell(Noted(f"{one_line(model.id, 100)} at {info.base_url}. {context.note}"))
        for note in info.notes:
            relay.tell(Noted(note))
        forcing = Forcing(info.kind in TAKES_SCHEMA)
        return Connection(client, Agent(client, tools), model, context, forcing)

    def _offer_longer(self, words: str, relay: Relay, connection: Connection) -> None:
        """Ask once whether to load the model with a longer context, where the server can do that.

        Raises QuestionError; the answer comes with the next message.
        """
        offer = self._offers.find(self.endpoint, connection.model)
        if offer is None:
            return
        if not self._asks:
            relay.tell(Noted(offer.note))
            return
        self._offers.ask(offer, words)
        raise QuestionError(offer.question, SUGGESTIONS)

    def _load_again(self, relay: Relay) -> None:
        """Load the model as the user has agreed; where that fails, go on with what there is."""
        offer = self._offers.taken()
        if offer is None:
            return
        relay.tell(Noted(f"Loading {offer.name} with {offer.tokens:,} tokens; please wait."))
        try:
            servers.load(self.endpoint, offer.model, offer.tokens)
        except TagsmithError as error:
            relay.tell(Noted(f"It was not loaded with {offer.tokens:,} tokens. {error.message}"))
        self._disconnect()

    def _new_window(self, connection: Connection) -> Window:
        """Return what is sent, with the turns and the estimates that there were before."""
        tokens = connection.context.tokens
        fixed = len(prompt("system")) + shown.chars(shown.shown_tools(tokens))
        fixed += size(_examples(tokens))
        before = self._window
        window = Window(Room(tokens), fixed, before.gauge if before else Gauge())
        for turn in self.turns:
            window.add(turn)
        return window

    def _forget_connection(self, error: TagsmithError) -> None:
        """Look for the server anew next time, after an error that may be gone by then."""
        if isinstance(error, EndpointError) and not isinstance(error, ContextOverflowError):
            self._disconnect()

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.client.close()

    # Turns

    def _task(self, words: str, asked: UserText, relay: Relay, connection: Connection) -> Task:
        if self._window is None:
            raise AssertionError("a connection has a window")
        tools = shown.shown_tools(connection.context.tokens)
        return Task(
            words,
            relay,
            self._window,
            {one.name: one.parameters for one in tools},
            Budget(self._limits),
            [asked],
            _examples(connection.context.tokens),
            keeps_thoughts=wants_thoughts(connection.model.id),
            attempt=Attempt(connection.forcing),
        )

    def _closing_remarks(self, task: Task, workspace: Workspace) -> Iterator[Event]:
        """Say what is true where a turn staged nothing and might seem to have.

        That is where no tool ran, whatever the model claims, or one that edits had nothing to do;
        what only looks things up needs no such word.
        """
        connection = self._connection
        if connection is not None and task.heard_model:
            before, connection.answers_as = connection.answers_as, task.heard_model
            if before not in ("", task.heard_model):
                yield Noted(f"Another model answers now: {one_line(task.heard_model, 100)}.")
        if task.staged or (task.budget.calls and not task.idle):
            return
        told = f"still {workspace.state()}" if workspace.steps else "nothing is staged"
        yield Noted(f"{' and '.join(task.idle) or 'This answer'} changed nothing; {told}.")

    def _remember(self, task: Task) -> None:
        """Keep a turn in which the model said or did something, whole as servers want it."""
        messages = list(task.messages)
        if len(messages) < 2 or self._window is None:
            return
        if not isinstance(messages[-1], ModelText) or messages[-1].calls:
            messages.append(ModelText(STOPPED))
        self._window.add(Turn(closed(messages, STOPPED)))

    def _release(self, relay: Relay) -> None:
        relay.stop()
        for _ in range(RELEASE_TRIES):
            if self._connection is not None:
                self._connection.client.cancel()
            if relay.join(RELEASE_SECONDS):
                return


def _examples(context: int) -> tuple[Message, ...]:
    """Return the examples, where a context of so many tokens has room for them."""
    return few_shot() if context >= EXAMPLES_FROM else ()

"""The server engine: a model behind an OpenAI-compatible server drives the tools."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, replace

from tagsmith.agent import shown
from tagsmith.agent.chat_model import wants_thoughts
from tagsmith.agent.context import Gauge, Room, Window, size
from tagsmith.agent.events import Asked, Call, Done, Event, Failed, Noted
from tagsmith.agent.loop import Agent, warm
from tagsmith.agent.middleware import Budget, QuestionError, TurnLimits
from tagsmith.agent.prompting import few_shot, harmless, one_line, prompt, state_line
from tagsmith.agent.relay import Relay
from tagsmith.agent.server import servers
from tagsmith.agent.server.client import ChatClient
from tagsmith.agent.server.endpoint import Endpoint
from tagsmith.agent.server.faults import ContextOverflowError, EndpointError
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
    model: str
    context: servers.Context
    answers_as: str = ""


class ServerEngine:
    """Answers through a model server, which is asked for at the first message.

    ``cancel`` may be called from any thread; a turn that is stopped, or whose consumer leaves,
    runs no further tool. What the tools staged until then stays staged.
    """

    name = "server"

    def __init__(self, endpoint: Endpoint, limits: TurnLimits | None = None) -> None:
        self.endpoint = endpoint
        self._limits = limits or TurnLimits()
        self._connection: Connection | None = None
        self._window: Window | None = None
        self._relay: Relay | None = None
        self._restored: tuple[Turn, ...] = ()
        self._found = False

    @property
    def connected(self) -> bool:
        """Whether a server and a model were found, at any time."""
        return self._found

    def respond(self, text: str, workspace: Workspace) -> Generator[Event, None, None]:
        """Answer one message; see Engine."""
        relay = self._relay = Relay()
        asked = UserText(f"{harmless(text)}\n\n{state_line(workspace)}")
        task: list[Task] = []

        def work() -> None:
            connection = self._connected(relay)
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
                self._remember(task[0])
        yield Done(workspace.state())

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The turns that the model can still be told of, oldest first."""
        return self._restored if self._window is None else tuple(self._window.turns)

    def restore(self, turns: Iterable[Turn]) -> None:
        """Go on with an earlier conversation: to be called before the first message."""
        self._restored = tuple(turns)

    def cancel(self) -> None:
        """Stop the turn that is going on, if there is one, at once."""
        if self._relay is not None:
            self._relay.stop()
        if self._connection is not None:
            self._connection.client.cancel()

    def warm(self) -> None:
        """Import what the first answer needs, which takes seconds: while nobody waits."""
        warm()

    def close(self) -> None:
        """Stop what is going on and close the connection; the engine can be used again."""
        self.cancel()
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.client.close()

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
        return Connection(client, Agent(client, tools), model.id, context)

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
            keeps_thoughts=wants_thoughts(connection.model),
        )

    def _closing_remarks(self, task: Task, workspace: Workspace) -> Iterator[Event]:
        """Say what is true when a turn staged nothing, whatever the model claims."""
        connection = self._connection
        if connection is not None and task.heard_model:
            before, connection.answers_as = connection.answers_as, task.heard_model
            if before not in ("", task.heard_model):
                yield Noted(f"Another model answers now: {one_line(task.heard_model, 100)}.")
        if task.staged:
            return
        told = f"still {workspace.state()}" if workspace.steps else "nothing is staged"
        yield Noted(f"This answer changed nothing; {told}.")

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

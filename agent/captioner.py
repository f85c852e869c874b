"""The captioner behind the configured model server: one image a request, nothing remembered.

Images go to that server alone, and to one on another machine only after the user has agreed. Before
the first image a model is shown two colours: one that cannot see would describe pictures all the
same, and confidently.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tagsmith.agent.prompting import one_line, render
from tagsmith.agent.server import servers
from tagsmith.agent.server.client import Answer, ChatClient
from tagsmith.agent.server.endpoint import Endpoint
from tagsmith.agent.server.faults import EndpointError, Fault, Kind, explain
from tagsmith.agent.server.listings import ModelInfo
from tagsmith.agent.server.servers import ServerInfo
from tagsmith.agent.server.wire import UNFINISHED, Message
from tagsmith.agent.toolcalls.thinking import spoken
from tagsmith.tools.errors import ModelError
from tagsmith.tools.vision.captioners import pictures, text
from tagsmith.tools.vision.captioners.captioner import (
    Job,
    Request,
    Style,
    UnusableError,
    digest_of,
)
from tagsmith.tools.vision.captioners.waiting import wait_for
from tagsmith.tools.watch import Watch

if TYPE_CHECKING:
    from tagsmith.agent.consent import ImageConsent

FAMILY = "server:"
# Room for an answer, and for the thoughts of models that think first whatever they are told.
MOST_TOKENS: Mapping[Style, int] = {"sentence": 512, "detailed": 1024, "tags": 768}
PROBE_TOKENS = 512
TEMPERATURES = (0.2, 0.7)
PROBES = 2
COLOURS = {
    "red": (224, 0, 0),
    "green": (0, 144, 0),
    "blue": (0, 0, 224),
    "yellow": (255, 232, 0),
    "black": (0, 0, 0),
    "white": (255, 255, 255),
}
SAID, SHOWN_MODELS = 60, 5
_WORDS = re.compile(r"[a-z]+")


@dataclass(frozen=True, slots=True)
class _Connection:
    client: ChatClient
    model: str


class ServerCaptioner:
    """See the module. ``wanted`` is the model that the user set, "" for the one that is loaded."""

    name = "server"
    note = ""
    family = FAMILY
    styles: tuple[Style, ...] = ("sentence", "detailed", "tags")
    takes_words = True
    job: Job = (pictures.sendable, pictures.LONG_SIDE)

    def __init__(self, endpoint: Endpoint, consent: ImageConsent, wanted: str = "") -> None:
        self.endpoint = endpoint
        self._consent = consent
        self._wanted = wanted or endpoint.model
        self._connection: _Connection | None = None

    @property
    def who(self) -> str | None:
        """Return the model that is set, or else the one that was found; None before that."""
        if self._wanted:
            return FAMILY + self._wanted
        return None if self._connection is None else FAMILY + self._connection.model

    def digest(self, request: Request) -> str:
        """Return what stands for the prompt and the seed."""
        return digest_of(_question(request), request.seed, request.style)

    def open(self, watch: Watch) -> None:
        """Find the server and a model that sees; does nothing where that was done.

        Raises ConsentError, EndpointError, and ModelError for a model that does not see.
        """
        self._consent.check(self.endpoint.base_url)
        if self._connection is not None:
            return
        info = servers.probe(self.endpoint)
        model = self._model(info)
        client = ChatClient(replace(self.endpoint, model=model))
        self._connection = _Connection(client, model)
        try:
            # Its imports take half a second, which is not the server's time.
            client.warm()
            self._check_sight(watch)
        except BaseException:
            self.close()
            raise

    def caption(self, image: dict[str, Any], request: Request, watch: Watch) -> str:
        """Return a caption; asks a second time where the first answer is of no use."""
        for attempt, temperature in enumerate(TEMPERATURES):
            body = {
                "temperature": temperature,
                "max_tokens": MOST_TOKENS[request.style],
                "seed": request.seed * len(TEMPERATURES) + attempt,
            }
            try:
                message = self._ask(image, _question(request), body, watch)
                return _caption(message, request.style)
            except UnusableError as error:
                reason = error.reason
            except EndpointError:
                self.close()
                raise
        raise UnusableError(reason)

    def close(self) -> None:
        """Close the connection; the server is looked for anew when it is needed."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.client.close()

    def _model(self, info: ServerInfo) -> str:
        """Return the id of the model to ask. Raises ModelError where it sees nothing."""
        chosen = servers.choose(info, self._wanted)
        if chosen.vision is False:
            raise _blind(chosen.id, "the server says that it takes no images", info.models)
        return chosen.id

    def _check_sight(self, watch: Watch) -> None:
        """Show two colours that only the picture tells; twice, as models stumble."""
        said = ""
        for _ in range(PROBES):
            left, right = random.SystemRandom().sample(list(COLOURS), 2)
            image = pictures.two_colours(COLOURS[left], COLOURS[right])
            question = render("caption_probe", colours=", ".join(COLOURS))
            message = self._ask(
                image, question, {"temperature": 0.0, "max_tokens": PROBE_TOKENS}, watch
            )
            said = spoken(message["content"]).text
            if _colours(said) == [left, right]:
                return
        connection = self._connection
        model = "the model" if connection is None else connection.model
        answer = f'it called a picture of {left} and {right} "{one_line(said, SAID)}"'
        raise _blind(model, answer)

    def _ask(
        self, image: dict[str, Any], question: str, body: dict[str, Any], watch: Watch
    ) -> Message:
        connection = self._connection
        if connection is None:
            raise AssertionError("open comes first")
        content = [
            {"type": "text", "text": question},
            {"type": "image_url", "image_url": {"url": pictures.data_uri(image)}},
        ]
        request = {"messages": [{"role": "user", "content": content}], **body}

        def work() -> Message:
            for event in connection.client.stream(request):
                if isinstance(event, Answer):
                    return event.message
            raise explain(Fault(Kind.CUT), self.endpoint)

        return wait_for(work, watch, connection.client.cancel)


def _question(request: Request) -> str:
    """Return the prompt for a request."""
    wishes = []
    if request.trigger:
        wishes.append(f'Call the main subject "{request.trigger}".')
    if request.max_words is not None:
        what = "tags" if request.style == "tags" else "words"
        wishes.append(f"Write at most {request.max_words} {what}.")
    if request.words:
        wishes.append(request.words)
    return render(f"caption_{request.style}", wishes="\n".join(wishes)).strip()


def _caption(message: Message, style: Style) -> str:
    """Return the caption in an answer. Raises UnusableError where there is none."""
    said = spoken(message["content"])
    if said.unclosed or (message["reasoning"] and not said.text.strip()):
        raise UnusableError("the model only thought")
    if reason := text.trouble(said.text):
        raise UnusableError(reason)
    if message["finish_reason"] in UNFINISHED:
        raise UnusableError("the answer was cut off")
    cleaned = (
        ", ".join(text.clean_tags(said.text)) if style == "tags" else text.clean_prose(said.text)
    )
    if not cleaned:
        raise UnusableError("the answer was empty")
    return cleaned


def _colours(said: str) -> list[str]:
    """Return the colours that an answer names, each once, in their order."""
    named = [word for word in _WORDS.findall(said.casefold()) if word in COLOURS]
    return list(dict.fromkeys(named))


def _blind(model: str, why: str, models: tuple[ModelInfo, ...] = ()) -> ModelError:
    seeing = [one.id for one in models if one.vision]
    known = f" There it says of {', '.join(seeing[:SHOWN_MODELS])} that they see." if seeing else ""
    return ModelError(
        f"{one_line(model, 100)} cannot see pictures: {why}.",
        f"Load a vision model, and name it in the setting caption_model.{known}",
    )

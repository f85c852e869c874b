"""LangChain's view of a model server: a chat model of our own over ``agent/server``'s client.

It assembles streams and interprets calls itself, because the frameworks complete arguments that
were cut off and run them. What it hands on has only calls that are whole and fit their tool.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from tagsmith.agent.forced import interpret_forced, response_format
from tagsmith.agent.server.client import Answer, Event, Waiting
from tagsmith.agent.server.wire import UNFINISHED
from tagsmith.agent.speech import Speech
from tagsmith.agent.toolcalls import Interpretation, ToolCall, interpret
from tagsmith.agent.turns import Message, ModelText, ToolText, UserText

if TYPE_CHECKING:
    from langchain_core.language_models.chat_models import BaseChatModel
    from langchain_core.messages import AIMessage, BaseMessage

TEMPERATURE = 0.2
_ID = re.compile(r"[A-Za-z0-9_.:-]{1,100}")
REJECTED, DROPPED, IN_TEXT = "rejected", "dropped", "in_text"
FINISH, MODEL = "finish_reason", "model_name"
FORCED = "forced"
SETTINGS = ("max_tokens", FORCED)  # of a request; all others are refused by some server
THOUGHTS = "reasoning_content"
# Models whose templates want their thoughts back between the calls of a turn (llama.cpp#15181).
_WANTS_THOUGHTS = re.compile(r"gpt-?oss|minimax-m2|kimi-k2-thinking", re.IGNORECASE)

Schemas = Mapping[str, Mapping[str, Any]]
Heard = str | Waiting
Listener = Callable[[Heard], None]
_listener: ContextVar[Listener | None] = ContextVar("tagsmith_listener", default=None)


class Client(Protocol):
    """What sends requests: ``agent.server.client.ChatClient``, or a test's own."""

    def stream(self, request: Mapping[str, Any]) -> Iterator[Event]:
        """Yield an answer as it comes, whole at the end."""
        ...


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Have the words of answers told to ``listener`` while they come, within this context."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def wants_thoughts(model: str) -> bool:
    """Tell whether a model's own thoughts have to be sent back to it within a turn."""
    return _WANTS_THOUGHTS.search(model) is not None


def chat_model(client: Client, schemas: Schemas) -> BaseChatModel:
    """Return the chat model; ``schemas`` are what the arguments of each tool have to fit."""
    model: BaseChatModel = _chat_model_class()(client=client, schemas=dict(schemas))
    return model


@cache
def _chat_model_class() -> type[Any]:
    from langchain_core.callbacks import CallbackManagerForLLMRun
    from langchain_core.language_models.chat_models import BaseChatModel
    from langchain_core.messages import AIMessageChunk
    from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
    from pydantic import ConfigDict

    class TagsmithChatModel(BaseChatModel):
        """See the module; ``tool_choice`` and the like are never sent: servers refuse them."""

        model_config = ConfigDict(arbitrary_types_allowed=True)
        client: Any
        schemas: dict[str, Any]

        @property
        def _llm_type(self) -> str:
            return "tagsmith"

        def bind_tools(self, tools: Sequence[Any], **settings: Any) -> Any:
            """Bind tools by the names that this model knows; of other settings only ours."""
            return self.bind(tools=[wire_tool(tool) for tool in tools], **_ours(settings))

        def _generate(
            self,
            messages: list[BaseMessage],
            stop: list[str] | None = None,  # noqa: ARG002 - named by the base class
            run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002
            **settings: Any,
        ) -> ChatResult:
            listener = _listener.get() or _nobody
            for heard in _asked(self, messages, settings):
                if isinstance(heard, str | Waiting):
                    listener(heard)
                else:
                    return ChatResult(generations=[ChatGeneration(message=heard)])
            raise AssertionError("the client ended without an answer and without an error")

        def _stream(
            self,
            messages: list[BaseMessage],
            stop: list[str] | None = None,  # noqa: ARG002 - named by the base class
            run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002
            **settings: Any,
        ) -> Iterator[ChatGenerationChunk]:
            for heard in _asked(self, messages, settings):
                if isinstance(heard, str):
                    yield ChatGenerationChunk(message=AIMessageChunk(content=heard))
                elif not isinstance(heard, Waiting):
                    last = AIMessageChunk(
                        content="",
                        tool_call_chunks=_chunks(heard),
                        response_metadata=heard.response_metadata,
                        usage_metadata=heard.usage_metadata,
                        chunk_position="last",
                    )
                    yield ChatGenerationChunk(message=last)

    return TagsmithChatModel


def _ours(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {name: settings[name] for name in SETTINGS if name in settings}


def _asked(
    model: Any, messages: Iterable[BaseMessage], settings: Mapping[str, Any]
) -> Iterator[Heard | AIMessage]:
    """Send a request of the chat model's; see ``answered``."""
    return answered(model.client, model.schemas, request(messages, settings, model.schemas))


def _nobody(heard: Heard) -> None:
    del heard  # an answer that nobody watches


def _chunks(message: AIMessage) -> list[Any]:
    return [
        {
            "type": "tool_call_chunk",
            "index": index,
            "id": call["id"],
            "name": call["name"],
            "args": json.dumps(call["args"], ensure_ascii=False),
        }
        for index, call in enumerate(message.tool_calls)
    ]


# Requests


def wire_tool(tool: Any) -> dict[str, Any]:
    """Return a tool in the form of the API: its schema as the workshop gives it, nothing added."""
    function = {
        "name": tool.name,
        "description": tool.description,
        "parameters": tool.args_schema,
    }
    return {"type": "function", "function": function}


def request(
    messages: Iterable[BaseMessage], settings: Mapping[str, Any], schemas: Schemas
) -> dict[str, Any]:
    """Return the body of a request. ``max_tokens`` has the name that local servers know.

    With FORCED among the settings, the answer is held to the schema of a call.
    """
    body: dict[str, Any] = {"messages": [to_wire(one) for one in messages]}
    if settings.get("tools"):
        body["tools"] = settings["tools"]
    body["temperature"] = settings.get("temperature", TEMPERATURE)
    if settings.get("max_tokens"):
        body["max_tokens"] = settings["max_tokens"]
    if settings.get(FORCED):
        body["response_format"] = response_format(schemas)
    return body


def to_wire(message: BaseMessage) -> dict[str, Any]:
    """Return a message in the form of the API; content is ``""``, never null (LM Studio, Qwen)."""
    content = message.content if isinstance(message.content, str) else message.text
    if message.type == "tool":
        return {
            "role": "tool",
            "tool_call_id": _attribute(message, "tool_call_id"),
            "content": content,
        }
    roles = {"human": "user", "ai": "assistant", "system": "system"}
    wire: dict[str, Any] = {"role": roles[message.type], "content": content}
    calls = getattr(message, "tool_calls", [])
    if calls:
        wire["tool_calls"] = [_wire_call(call) for call in calls]
    if thoughts := message.additional_kwargs.get(THOUGHTS):
        wire[THOUGHTS] = thoughts
    return wire


def _attribute(message: BaseMessage, name: str) -> str:
    return str(getattr(message, name, ""))


def _wire_call(call: Mapping[str, Any]) -> dict[str, Any]:
    arguments = json.dumps(call["args"], ensure_ascii=False)
    return {
        "id": call["id"],
        "type": "function",
        "function": {"name": call["name"], "arguments": arguments},
    }


def to_langchain(messages: Iterable[Message]) -> list[BaseMessage]:
    """Return our messages as LangChain's."""
    from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

    found: list[BaseMessage] = []
    for one in messages:
        match one:
            case UserText(text):
                found.append(HumanMessage(text))
            case ToolText(call, tool, text, _, failed):
                status = "error" if failed else "success"
                found.append(ToolMessage(text, tool_call_id=call, name=tool, status=status))
            case ModelText(text, calls, thoughts):
                more = {THOUGHTS: thoughts} if thoughts else {}
                found.append(AIMessage(text, tool_calls=_calls(calls), additional_kwargs=more))
    return found


def _calls(calls: Iterable[ToolCall]) -> list[Any]:
    return [
        {"name": one.name, "args": one.arguments, "id": one.id, "type": "tool_call"}
        for one in calls
    ]


# Answers


def answered(
    client: Client, schemas: Schemas, body: Mapping[str, Any]
) -> Iterator[Heard | AIMessage]:
    """Send a request: yield the words to show, and at the end the whole, interpreted message.

    Raises what the client raises. A message that was cut, or ended without a reason, has no calls.
    """
    if "response_format" in body:
        yield from _answered_in_schema(client, schemas, body)
        return
    speech = Speech(schemas)
    for event in client.stream(body):
        if isinstance(event, Waiting):
            yield event
        elif isinstance(event, Answer):
            found = interpret(event.message, schemas)
            is_speech = not found.calls and not found.rejected
            if rest := speech.finish(keep=is_speech):
                yield rest
            yield to_message(event.message, found, speech.shown.strip())
        elif shown := speech.feed(event.text):
            yield shown


def _answered_in_schema(
    client: Client, schemas: Schemas, body: Mapping[str, Any]
) -> Iterator[Heard | AIMessage]:
    """Send a request whose answer is an object: its words are shown once it is whole and right."""
    for event in client.stream(body):
        if isinstance(event, Waiting):
            yield event
        elif isinstance(event, Answer):
            found, said = interpret_forced(event.message, schemas)
            whole = not found.rejected and event.message.get("finish_reason") not in UNFINISHED
            if whole and said:
                yield said
            yield to_message(event.message, found, said if whole else "")


def _with_plain_id(numbered: tuple[int, ToolCall]) -> ToolCall:
    """Return a call whose id is one, whatever a server sent: it goes back with every request."""
    number, call = numbered
    return call if _ID.fullmatch(call.id) else replace(call, id=f"tagsmith{number}")


def to_message(wire: Mapping[str, Any], found: Interpretation, said: str) -> AIMessage:
    """Return an interpreted message as LangChain's, its words as they were shown."""
    from langchain_core.messages import AIMessage

    usage = wire.get("usage") or {}
    prompt, answer = usage.get("prompt_tokens", 0), usage.get("completion_tokens", 0)
    return AIMessage(
        said,
        tool_calls=_calls(map(_with_plain_id, enumerate(found.calls))),
        additional_kwargs={THOUGHTS: wire["reasoning"]} if wire.get("reasoning") else {},
        response_metadata={
            FINISH: wire.get("finish_reason"),
            MODEL: wire.get("model", ""),
            REJECTED: [(one.raw, one.reason) for one in found.rejected],
            DROPPED: [(one.name, one.dropped) for one in found.calls if one.dropped],
            IN_TEXT: not wire.get("tool_calls"),
        },
        usage_metadata={
            "input_tokens": prompt,
            "output_tokens": answer,
            "total_tokens": prompt + answer,
        }
        if usage
        else None,
    )

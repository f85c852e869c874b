"""The agent loop: LangChain's ``create_agent`` with middleware of ours. LangChain is imported here.

The middleware are functions around the model and around the tools, the outermost first: what is
wrong with an answer is judged last, when everything else has been done for it. They decide
nothing themselves; ``agent.task`` does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tagsmith.agent.chat_model import (
    DROPPED,
    FINISH,
    FORCED,
    IN_TEXT,
    MODEL,
    REJECTED,
    THOUGHTS,
    Client,
    chat_model,
    listening,
    to_langchain,
)
from tagsmith.agent.prompting import prompt
from tagsmith.agent.server.faults import BadCallError, ContextOverflowError, EndpointError
from tagsmith.agent.shown import ShownTool
from tagsmith.agent.task import Reply, Task
from tagsmith.agent.toolcalls import ToolCall
from tagsmith.tools.errors import BudgetError, StoppedError, TagsmithError

if TYPE_CHECKING:
    from langchain.agents.middleware import ModelRequest, ModelResponse
    from langchain.agents.middleware.types import ToolCallRequest
    from langchain_core.messages import ToolMessage
    from langchain_core.tools import BaseTool

    AskModel = Callable[[ModelRequest[Task]], ModelResponse[Any]]
    RunTool = Callable[[ToolCallRequest], Any]

# Of the graph: two for each answer with a call. The budget of a turn ends before.
STEPS_A_CALL, MORE_STEPS = 2, 20


class Agent:
    """The agent of one connection: a model, its tools, and the loop between them."""

    def __init__(self, client: Client, tools: Sequence[ShownTool]) -> None:
        from langchain.agents import create_agent
        from langchain.agents.middleware import wrap_model_call, wrap_tool_call

        self._graph: Any = create_agent(
            chat_model(client, {one.name: one.parameters for one in tools}),
            [_langchain_tool(one) for one in tools],
            system_prompt=prompt("system"),
            middleware=[
                wrap_model_call(correct),
                wrap_model_call(fit),
                wrap_model_call(spend),
                wrap_tool_call(count_call),
                wrap_tool_call(answer_call),
            ],
            context_schema=Task,
        )

    def run(self, task: Task) -> None:
        """Answer one message of the user; all that comes of it is in the task and its relay.

        Raises what ends a turn early: QuestionError, BudgetError, ServerError, StoppedError.
        """
        from langsmith import tracing_context

        # One tool at a time, in the order of the calls; and no trace leaves this machine, whatever
        # the environment says.
        steps = STEPS_A_CALL * task.budget.limits.calls + MORE_STEPS
        config = {"max_concurrency": 1, "recursion_limit": steps}
        with tracing_context(enabled=False), listening(task.heard):
            self._graph.invoke({"messages": to_langchain(task.messages)}, config, context=task)


def warm() -> None:
    """Import LangChain, which takes seconds."""
    import langchain.agents  # noqa: F401 - for its effect


def _langchain_tool(shown: ShownTool) -> BaseTool:
    from langchain_core.tools import StructuredTool
    from langgraph.runtime import get_runtime

    def run(**arguments: Any) -> tuple[str, Any]:
        outcome = get_runtime(Task).context.run(ToolCall("", shown.name, arguments))
        return outcome.text, outcome

    return StructuredTool.from_function(
        run,
        name=shown.name,
        description=shown.description,
        args_schema=dict(shown.parameters),
        infer_schema=False,
        response_format="content_and_artifact",
    )


def correct(request: ModelRequest[Task], ask: AskModel) -> ModelResponse[Any]:
    """Ask again after a call that cannot be run, or no answer; the user, if that is no use."""
    task = request.runtime.context
    while True:
        try:
            response = ask(request)
        except EndpointError as error:
            if task.attempt.survives(error):
                continue
            if not isinstance(error, BadCallError):
                raise
            task.unreadable_call()
            continue
        reply = _reply(response)
        if not task.again(reply):
            task.accept(reply)
            return response


def fit(request: ModelRequest[Task], ask: AskModel) -> ModelResponse[Any]:
    """Send what fits; after an overflow, less of it, once."""
    task = request.runtime.context
    try:
        return _ask_with_what_fits(request, ask)
    except ContextOverflowError as error:
        if task.attempt.wanted:
            raise
        task.overflowed(error)
    try:
        return _ask_with_what_fits(request, ask)
    except ContextOverflowError:
        task.window.restore()
        raise


def _ask_with_what_fits(request: ModelRequest[Task], ask: AskModel) -> ModelResponse[Any]:
    task = request.runtime.context
    messages: Any = to_langchain(task.fitted())
    settings: dict[str, Any] = {"max_tokens": task.reply_tokens()}
    if task.attempt.wanted:
        # Servers that hold answers to a grammar refuse tools beside it.
        request, settings = request.override(tools=[]), {**settings, FORCED: True}
    response = ask(request.override(messages=messages, model_settings=settings))
    task.measured(_reply(response))
    return response


def spend(request: ModelRequest[Task], ask: AskModel) -> ModelResponse[Any]:
    """End a turn that costs too much, and one that nobody waits for."""
    task = request.runtime.context
    task.relay.check()
    task.budget.ask()
    return ask(request)


def count_call(request: ToolCallRequest, run: RunTool) -> Any:
    """End a turn that calls too many tools."""
    _task(request).budget.call()
    return run(request)


def answer_call(request: ToolCallRequest, run: RunTool) -> ToolMessage:
    """Answer repeated calls from memory, and errors with a sentence that helps."""
    from langchain_core.messages import ToolMessage

    task, asked = _task(request), request.tool_call
    call = ToolCall(asked["id"] or "", asked["name"], asked["args"])
    told = task.earlier(call)
    if told is None:
        try:
            told = task.answer(call, run(request).artifact)
        except (StoppedError, BudgetError):
            raise
        except TagsmithError as error:
            told = task.refuse(call, error)
    status = "error" if told.failed else "success"
    return ToolMessage(told.text, tool_call_id=call.id, name=call.name, status=status)


def _task(request: ToolCallRequest) -> Task:
    context: Any = request.runtime.context
    task: Task = context
    return task


def _reply(response: ModelResponse[Any]) -> Reply:
    """Return what LangChain's message holds for us."""
    message: Any = response.result[-1]
    facts = message.response_metadata
    usage: Mapping[str, Any] = message.usage_metadata or {}
    calls = (ToolCall(one["id"] or "", one["name"], one["args"]) for one in message.tool_calls)
    return Reply(
        text=message.text,
        calls=tuple(calls),
        rejected=tuple(facts.get(REJECTED, ())),
        dropped=tuple(facts.get(DROPPED, ())),
        in_text=facts.get(IN_TEXT, False),
        thoughts=message.additional_kwargs.get(THOUGHTS, ""),
        finish=facts.get(FINISH),
        model=facts.get(MODEL, ""),
        prompt_tokens=usage.get("input_tokens", 0),
        answer_tokens=usage.get("output_tokens", 0),
    )

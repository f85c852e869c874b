"""judge_trigger: whether a word is a good trigger, and why."""

from __future__ import annotations

from pydantic import Field

from tagsmith.tools.toolbox import Arguments, Outcome, tool
from tagsmith.tools.workspace import Workspace


class JudgeTrigger(Arguments):
    """Arguments of judge_trigger."""

    trigger: str = Field(min_length=1, description="the word to judge")


@tool(JudgeTrigger)
def judge_trigger(workspace: Workspace, args: JudgeTrigger) -> Outcome:
    """Judge whether a word is a good trigger: new to the model, no common word, no known tag, and
    unlike the dataset's tags. Changes nothing.
    """
    from tagsmith.tools.audit.evidence import Evidence, Settings
    from tagsmith.tools.audit.judging import verdict

    evidence = Evidence(workspace, Settings(triggers=(args.trigger,)))
    good, facts = verdict(evidence, args.trigger)
    word = "a good trigger" if good else "no good trigger"
    text = "\n".join([f"{args.trigger} is {word}.", *(f"  {one}" for one in facts)])
    return Outcome(text, {"trigger": args.trigger, "good": good, "facts": facts})

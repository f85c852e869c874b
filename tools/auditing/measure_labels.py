"""measure_labels: the guide's two formulas, per image and for the set, from stored scores."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pydantic import Field

from tagsmith.tools.errors import UsageError
from tagsmith.tools.paths import display
from tagsmith.tools.toolbox import Arguments, Outcome, Where, tool
from tagsmith.tools.wording import count, listing
from tagsmith.tools.workspace import Workspace

if TYPE_CHECKING:
    from tagsmith.tools.audit.formulas import Level, Total
    from tagsmith.tools.vision.select import Selector


class MeasureLabels(Arguments):
    """Arguments of measure_labels."""

    where: Where = None
    limit: int = Field(default=10, ge=1, le=1000, description="images to show, the worst first")
    model: str | None = Field(default=None, description="tagger; default the one that ran last")
    k: float = Field(default=1.0, gt=0, le=1000, description="the K of the tagging level")


@tool(MeasureLabels)
def measure_labels(workspace: Workspace, args: MeasureLabels) -> Outcome:
    """Measure how well captions are labelled by a tagger's stored scores: tagging level and
    labelling error, per image and for the set, with their inputs. Runs no model, changes nothing.
    """
    from tagsmith.tools.audit.formulas import Total, levels
    from tagsmith.tools.vision.labelling import judged

    samples = workspace.select(args.where)
    selector = _selector(workspace, args.model)
    found = levels(lambda: judged(workspace, samples, selector), args.k)
    if not found:
        raise UsageError(
            f"{selector.model.name} has not looked at these images yet.", "Use run_tagger first."
        )
    found.sort(key=lambda one: (one.tagging_level, -one.labelling_error, one.image))
    total = Total.of(found)
    lines = [*_set_lines(total, args.k, selector.model.name), "Lowest level first:"]
    lines += map(_line, found[: args.limit])
    if unseen := len(samples) - len(found):
        lines.append(f"{count(unseen, 'image')} not looked at yet: run_tagger does that.")
    data = {
        "model": selector.model.name,
        "k": args.k,
        "set": {name: round(value, 4) for name, value in asdict(total).items()},
        "rows": [_row(one) for one in found[: args.limit]],
    }
    return Outcome("\n".join(lines), data)


def _selector(workspace: Workspace, model: str | None) -> Selector:
    """Return what one model says; raises UsageError that says how to get scores."""
    from tagsmith.tools.vision.labelling import selectors
    from tagsmith.tools.vision.score_query import scores_of

    known = selectors(scores_of(workspace))
    chosen = [one for one in known if model is None or one.model.name == model]
    if chosen:
        return chosen[0]
    names = listing([one.model.name for one in known]) or "none"
    raise UsageError(
        "No scores of a tagger are stored."
        if model is None
        else f"No scores of {model} are stored (there are: {names}).",
        "Use run_tagger with a model first; pixels knows too few tags for this.",
    )


def _set_lines(total: Total, k: float, model: str) -> list[str]:
    return [
        f"{count(total.images, 'caption')} by the scores of {model}:",
        f"tagging level {total.tagging_level:.2f}, the mean of K {k:g} x (1 - error rate) x "
        f"information; error rate {total.error_rate:.2f} and information {total.information:.2f} "
        "on average",
        f"labelling error {total.labelling_error:.2f}, the sum of p log10(1/p) over "
        f"{count(total.tags, 'tag')}, p = 1 - score; {total.labelling_error / total.images:.2f} "
        "a caption",
    ]


def _line(one: Level) -> str:
    return (
        f"{display(one.image)}: level {one.tagging_level:.2f}, error {one.labelling_error:.2f} "
        f"({count(one.tags, 'tag')} judged, error rate {one.error_rate:.2f}; {one.bits:.1f} of "
        f"{one.possible:.1f} bits, {one.missing} missing)"
    )


def _row(one: Level) -> dict[str, Any]:
    return {
        "image": display(one.image),
        "tagging_level": round(one.tagging_level, 4),
        "labelling_error": round(one.labelling_error, 4),
        "error_rate": round(one.error_rate, 4),
        "information": round(one.information, 4),
        "tags": one.tags,
        "missing": one.missing,
        "bits": round(one.bits, 2),
        "possible": round(one.possible, 2),
    }

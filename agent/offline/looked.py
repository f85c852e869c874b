"""What is said of what taggers, captioners and importers staged, and of what they lack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tagsmith.agent.offline.clauses import Order
from tagsmith.agent.offline.looking import model_names
from tagsmith.agent.offline.models import PIXELS
from tagsmith.tools.toolbox import Outcome

if TYPE_CHECKING:
    from tagsmith.agent.offline.answers import Answers

_SHOWN = 3


def looked(words: Answers, order: Order, said: str, outcome: Outcome) -> str:
    """Say what was staged: captions, tags, by which model; then what needs a person's eye."""
    data = outcome.data
    if not outcome.files:
        text = words.get("done", "nothing", order=said)
    else:
        tags, captions = _tags(words, data), words.count("caption", outcome.files)
        text = words.get(
            "done",
            "looked" if tags else "captions",
            order=said,
            tags=tags,
            captions=captions,
            with_model=_by(words, data),
        )
    lines = [text + words.remarks([outcome]), *_top(words, data), *_eyes(words, data)]
    return "\n".join([*lines, *_advice(words, order, data)])


def _tags(words: Answers, data: Mapping[str, Any]) -> str:
    number = int(data.get("tags_added", 0))
    return words.count("tag", number) if number else ""


def _by(words: Answers, data: Mapping[str, Any]) -> str:
    models = data.get("models") or [one for one in (data.get("captioner"),) if one]
    return words.get("done", "with_model", models=" + ".join(models)) if models else ""


def _top(words: Answers, data: Mapping[str, Any]) -> list[str]:
    most = [f"{row['tag']} ({row['captions']:,})" for row in data.get("top", ())]
    return [words.get("done", "most", tags=", ".join(most))] if most else []


def _eyes(words: Answers, data: Mapping[str, Any]) -> list[str]:
    """Say what was replaced, and which images were left without tags or cannot be read."""
    lines = []
    if replaced := int(data.get("replaced", 0)):
        tags, hand = words.count("tag", replaced), int(data.get("replaced_by_hand", 0))
        lines.append(words.get("done", "replaced", tags=tags, hand=hand))
    for name, rows in _images(data).items():
        if rows:
            images = words.count("unread" if name == "bad" else "image", len(rows))
            lines.append(words.get("done", name, images=images, shown=_shown(rows)))
    return lines


def _images(data: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Return the images without tags, and those that cannot be read, each with the reason."""
    rows = [*data.get("bad", ()), *data.get("damaged", ())]
    bad = {row["image"]: row["reason"] for row in rows}
    bad |= dict.fromkeys(data.get("bad_images", ()), "")
    return {"no_tags": dict.fromkeys(data.get("without_tags", ()), ""), "bad": bad}


def _shown(rows: Mapping[str, str]) -> str:
    """List the first images; a reason that all of them share is given once."""
    reasons, first = set(rows.values()), list(rows.items())[:_SHOWN]
    more = f" +{len(rows) - _SHOWN:,}" if len(rows) > _SHOWN else ""
    if len(reasons) == 1:
        reason = f" ({reason})" if (reason := reasons.pop()) else ""
        return ", ".join(image for image, _ in first) + more + reason
    return ", ".join(f"{image} ({reason})" if reason else image for image, reason in first) + more


def _advice(words: Answers, order: Order, data: Mapping[str, Any]) -> list[str]:
    from tagsmith.tools.vision.spec import DEFAULT

    lines = []
    if order.intent == "tagger" and not model_names(order) and data.get("models") == [PIXELS]:
        lines.append(words.get("done", "only_pixels", model=DEFAULT))
    for model, place in dict(data.get("ran_on", {})).items():
        lines.append(words.get("done", "ran_on", model=model, place=place))
    return lines


def doubted(words: Answers, outcome: Outcome) -> str:
    """Say what taggers doubt: one line a tag, with each score and the threshold beside it."""
    data = outcome.data
    if not data["questions"]:
        return words.get("found", "no_doubts")
    images = words.count("image", data["images"])
    lines = [words.get("found", "doubts", n=f"{data['questions']:,}", images=images)]
    for row in data["rows"]:
        scores = ", ".join(
            f"{model} {score:.2f} / {row['thresholds'][model]:.2f}"
            for model, score in row["scores"].items()
        )
        place = words.get("found", "there" if row["in_caption"] else "absent")
        lines.append(f"  {row['image']}  {row['tag']}?  {scores}; {place}")
    rest = int(data["questions"]) - len(data["rows"])
    return "\n".join([*lines, *([words.get("found", "more", n=f"{rest:,}")] if rest else [])])

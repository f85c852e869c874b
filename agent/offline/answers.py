"""What the engine says, from templates in data: one file a language."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from tagsmith.agent.offline.audited import MENDING
from tagsmith.agent.offline.clauses import Clause, Mention, Order
from tagsmith.agent.offline.conditions import tags_in, to_query
from tagsmith.agent.offline.looked import looked
from tagsmith.agent.offline.looking import lacks_captions, looks
from tagsmith.tools.toolbox import Outcome

_IMAGE_ORDERS = frozenset({"isolate", "delete", "restore"})
_HISTORY_ORDERS = frozenset({"undo", "redo"})


@dataclass(frozen=True, slots=True)
class Answers:
    """The templates of one language."""

    language: str
    templates: Mapping[str, Mapping[str, Any]]

    def get(self, section: str, template: str, /, **values: object) -> str:
        """Fill in a template. Raises KeyError where the language has none of that name."""
        return str(self.templates[section][template]).format(**values)

    def count(self, noun: str, number: int) -> str:
        """Return a number with its noun: "1 caption", "1,234 captions"."""
        one, many = self.templates["nouns"][noun]
        return str(one if number == 1 else many).format(n=f"{number:,}")

    def order(self, order: Order) -> str:
        """Say an order in words that the engine would understand."""
        name = "move_last" if order.intent == "move" and order.count is not None else order.intent
        return self.get(
            "orders",
            name,
            tags=_listed(order.tags),
            new=_listed(order.new),
            where=self._where(order),
            place=self._place(order),
            key=self.get("parts", order.option) if order.intent == "sort" and order.option else "",
            what=self._what(order.option),
            name=order.name,
            n=order.count,
            **self._settings(order),
        )

    def _settings(self, order: Order) -> dict[str, str]:
        """Say how a tagger shall work, each setting in words that the engine would understand."""
        given = dict(order.settings)
        said = dict.fromkeys(("model", "threshold", "mode", "style", "form", "sources"), "")
        if given.get("mode") == "fill" and lacks_captions(order.where):
            del given["mode"]
        for name, value in given.items():
            shown = f"{value:g}" if isinstance(value, float) else str(value).strip("?!")
            key = f"{name}_{value}" if name in ("mode", "style", "form") else name
            key = "captioner" if (order.intent, name) == ("caption", "model") else key
            said[name] = self.get("parts", key, value=shown)
        return said

    def clauses(self, clauses: Iterable[Clause]) -> str:
        """Say the orders among these clauses."""
        orders = [self.order(one) for one in clauses if isinstance(one, Order)]
        return "; ".join(orders)

    def done(self, order: Order, outcomes: Iterable[Outcome]) -> str:
        """Say what an order staged, with the counts of its calls."""
        found = list(outcomes)
        said = self.order(order)
        said = said[:1].upper() + said[1:]
        if order.intent in _HISTORY_ORDERS:
            return self.get("done", "history", order=said, text=found[-1].text)
        if order.intent in MENDING:
            return found[-1].text
        if looks(order):
            return looked(self, order, said, found[-1])
        if not any(one.files for one in found):
            text = self.get("done", "nothing", order=said)
        elif order.intent in _IMAGE_ORDERS:
            images = self.count("image", sum(one.data.get("images", 0) for one in found))
            text = self.get("done", "images", order=said, images=images)
        else:
            captions = self.count("caption", max(one.files for one in found))
            text = self.get("done", "captions", order=said, captions=captions)
        return text + self.remarks(found)

    def remarks(self, outcomes: Sequence[Outcome]) -> str:
        """Say what was left alone, what would be created and what would be left empty."""
        prose = max(_left_alone(one.data) for one in outcomes)
        numbers = {
            "prose": prose,
            "created": max(int(one.data.get("created", 0)) for one in outcomes),
            "emptied": max(int(one.data.get("emptied", 0)) for one in outcomes),
        }
        return "".join(self.count(name, number) for name, number in numbers.items() if number)

    def _where(self, order: Order) -> str:
        if order.where is None or any(not tag.text for tag in tags_in(order.where)):
            return ""
        try:
            query = to_query(order.where)
        except ValueError:
            return ""
        return "" if query is None else self.get("parts", "where", query=query)

    def _place(self, order: Order) -> str:
        if order.place is None:
            return ""
        anchor = order.place.anchor
        return self.get("parts", order.place.position, tag=anchor.text if anchor else "")

    def _what(self, option: str) -> str:
        parts = self.templates["parts"]
        joint = str(parts["and"])
        return joint.join(str(parts[name]) for name in option.split() if name in parts)


def _left_alone(data: Mapping[str, Any]) -> int:
    left = data.get("left_alone")
    return int(left.get("prose", 0)) if isinstance(left, Mapping) else 0


def _listed(tags: Iterable[Mention]) -> str:
    return ", ".join(tag.text or tag.said or "…" for tag in tags)


@cache
def answers(language: str) -> Answers:
    """Return the templates of a language."""
    source = resources.files("tagsmith.agent.offline").joinpath(f"answers_{language}.toml")
    return Answers(language, tomllib.loads(source.read_text(encoding="utf-8")))

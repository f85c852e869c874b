"""How many are in a picture, as far as its tags tell: rules about one figure need one figure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from tagsmith.tools.audit.knowledge.knowledge import Knowledge, all_keys
from tagsmith.tools.query import quote


@dataclass(frozen=True, slots=True)
class People:
    """The keys that count figures.

    ``one`` are kinds of single figures (one girl, one boy): two of them together are several, and
    beside one of ``animals`` none of them is alone, unless a tag of ``alone`` says so.
    """

    one: tuple[frozenset[str], ...]
    alone: frozenset[str]
    several: frozenset[str]
    views: frozenset[str]
    animals: frozenset[str]

    @classmethod
    def of(cls, knowledge: Knowledge) -> People:
        """Return the counts that a knowledge names."""
        singles = ("one girl", "one boy", "one other")
        return cls(
            tuple(knowledge.kind(name).exact for name in singles),
            knowledge.kind("alone").exact,
            knowledge.kind("several").exact,
            knowledge.kind("several views").exact,
            all_keys(one.exact for one in knowledge.traits if one.name == "animals"),
        )

    def many(self, keys: Collection[str]) -> bool:
        """Tell whether a caption's keys say that there are several figures, or several views."""
        if not (self.several.isdisjoint(keys) and self.views.isdisjoint(keys)):
            return True
        return sum(not kind.isdisjoint(keys) for kind in self.one) > 1

    def scopes(self, places: Mapping[str, int]) -> Scopes:
        """Return the same for all samples at once, as bit sets."""

        def any_of(keys: frozenset[str]) -> int:
            found = 0
            for one in keys:
                found |= places.get(one, 0)
            return found

        views, singles = any_of(self.views), [any_of(kind) for kind in self.one]
        several = any_of(self.several)
        for number, one in enumerate(singles):
            for other in singles[:number]:
                several |= one & other
        beside = ~any_of(self.animals)
        solo = any_of(self.alone)
        for one in singles:
            solo |= one & beside
        return Scopes(views, several | views, solo & ~several & ~views)

    def not_many(self, query: str, samples: int, places: Mapping[str, int]) -> str:
        """Narrow a query that chooses ``samples`` to those without several figures or views."""
        return self.narrowed(query, samples, places, "not several", frozenset())

    def narrowed(
        self,
        query: str,
        samples: int,
        places: Mapping[str, int],
        scope: str,
        unless: frozenset[str],
    ) -> str:
        """Narrow a query that chooses ``samples`` to a scope (as ``Scopes.within``), and further to
        those that have none of some tags.
        """
        barred = self.views | unless
        if scope != "image":
            barred |= self.several
        terms = [quote(one) for one in sorted(barred) if places.get(one, 0) & samples]
        if scope != "image":
            terms += self._pairs(samples, places)
        found = f"({query}) and not ({' or '.join(terms)})" if terms else query
        if scope != "solo":
            return found
        return f"({found}) and ({self._solo(samples, places)})"

    def _solo(self, samples: int, places: Mapping[str, int]) -> str:
        """Return the query for one figure: ``solo or (1girl and not (dog or cat))``."""

        def present(keys: frozenset[str]) -> list[str]:
            return [quote(one) for one in sorted(keys) if places.get(one, 0) & samples]

        animals, single = " or ".join(present(self.animals)), present(all_keys(self.one))
        one = [f"({tag} and not ({animals}))" if animals else tag for tag in single]
        return " or ".join([*present(self.alone), *one])

    def _pairs(self, samples: int, places: Mapping[str, int]) -> list[str]:
        """Return the terms for two kinds of single figures: ``(1girl and 1boy)``."""
        singles = [
            [quote(one) for one in sorted(kind) if places.get(one, 0) & samples]
            for kind in self.one
        ]
        return [
            f"({one} and {other})"
            for number, ones in enumerate(singles)
            for others in singles[:number]
            for one in ones
            for other in others
        ]


@dataclass(frozen=True, slots=True)
class Scopes:
    """Bit sets of the samples with several views, with several figures (or views), with one."""

    views: int
    many: int
    solo: int

    def within(self, scope: str) -> Callable[[int], int]:
        """Return what narrows samples to a rule's scope: ``image``, ``not several``, ``solo``."""
        if scope == "solo":
            return lambda samples: samples & self.solo
        if scope == "image":
            return lambda samples: samples & ~self.views
        return lambda samples: samples & ~self.many

"""Whether a word is a good trigger: new to the model, one concept's, and not nearly another tag."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tagsmith.tools.tags import key
from tagsmith.tools.wording import count

if TYPE_CHECKING:
    from tagsmith.tools.audit.evidence import Evidence

_SHORTEST, _TWO_LETTERS_FROM = 3, 8


def faults(evidence: Evidence, trigger: str) -> list[str]:
    """Return why a trigger is too general, the gravest first; empty for a good one."""
    wanted = key(trigger)
    knowledge = evidence.knowledge
    found = []
    group = knowledge.trait(wanted)
    category = knowledge.imported.category(wanted)
    if wanted in knowledge.kind("common words"):
        found.append("it is a common word")
    elif group is not None:
        found.append(f"it is a tag with a meaning of its own ({group.name})")
    elif any(wanted in one for one in knowledge.lists.values()):
        found.append("it is a tag with a meaning of its own")
    elif all(map(knowledge.word, wanted.split(" "))):
        found.append("it is made of common words")
    if category == "general":
        found.append("it is a tag that taggers use")
    elif category:
        found.append(f"taggers know it already ({category})")
    others = [one for one in evidence.concepts if one.trigger != wanted]
    places = evidence.places.get(wanted, 0)
    if others and places == (1 << len(evidence.samples)) - 1:
        names = ", ".join(one.name for one in others[:3])
        found.append(f"it stands on all images, those of {names} included")
    return found


def near_tags(evidence: Evidence, trigger: str, limit: int = 3) -> list[tuple[str, int]]:
    """Return the tags of the dataset that a trigger is easily taken for, with their images."""
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    wanted = key(trigger)
    if len(wanted) < _SHORTEST:
        return []
    others = [one for one in evidence.places if one != wanted]
    most = 2 if len(wanted) >= _TWO_LETTERS_FROM else 1
    hits = process.extract(wanted, others, scorer=OSA.distance, limit=limit, score_cutoff=most)
    return [(evidence.spelt(one), evidence.places[one].bit_count()) for one, _, _ in hits]


def verdict(evidence: Evidence, trigger: str) -> tuple[bool, list[str]]:
    """Return whether a word is a good trigger, and everything that speaks for or against it."""
    wanted = key(trigger)
    against = faults(evidence, trigger)
    near = near_tags(evidence, trigger)
    against += [f"it is nearly the tag {tag} ({count(number, 'image')})" for tag, number in near]
    if len(wanted) < _SHORTEST:
        against.append("it is very short: other words hold it")
    if len(wanted.split(" ")) > 1:
        against.append("it has several words: each of them brings its own meaning")
    places = evidence.places.get(wanted, 0)
    number = places.bit_count()
    facts = [f"it stands on {number:,} of {count(len(evidence.samples), 'image')}"]
    if number:
        first = evidence.ends[0].get(wanted, 0).bit_count()
        facts.append(f"it comes first in {count(first, 'caption')}")
    if not against:
        facts.append("no common word, no known tag, none of the dataset's tags is like it")
    return not against, against + facts

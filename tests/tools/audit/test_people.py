"""How many are in a picture: the bit sets, the captions' keys and the queries say the same."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tagsmith.tools.audit.evidence import Evidence
from tagsmith.tools.dataset import Dataset, Sample
from tagsmith.tools.workspace import Workspace

TAGS = ("1girl", "2girls", "1boy", "solo", "dog", "cat", "multiple views", "a", "b", "1other")
CAPTIONS = st.lists(
    st.lists(st.sampled_from(TAGS), max_size=6, unique=True), min_size=1, max_size=12
)


def workspace_of(captions: list[list[str]]) -> Workspace:
    """Return a workspace of captions that stand on no disk."""
    dataset = Dataset("/nowhere")
    for number, tags in enumerate(captions):
        dataset.samples.append(Sample("", f"{number}.png", f"{number}.txt"))
        dataset.captions[f"{number}.txt"] = ", ".join(tags).encode()
    return Workspace(dataset)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(CAPTIONS)
def test_bits_keys_and_queries_agree(captions: list[list[str]]) -> None:
    workspace = workspace_of(captions)
    evidence = Evidence(workspace)
    people, scopes = evidence.people, evidence.scopes
    for number, tags in enumerate(captions):
        assert bool(scopes.many >> number & 1) is people.many(set(tags))
    samples = evidence.having("a")
    if not samples:
        return
    for scope in ("image", "not several", "solo"):
        if not evidence.scopes.within(scope)(samples):
            continue
        query = people.narrowed("a", samples, evidence.places, scope, frozenset({"b"}))
        chosen = {one.image for one in workspace.select(query)}
        wanted = scopes.within(scope)(samples) & ~evidence.having("b")
        assert chosen == set(evidence.names(wanted, len(captions)))


def test_one_girl_beside_a_dog_is_not_alone(folder: Any) -> None:
    evidence = Evidence(folder.samples("1girl, dog", "1girl, dog, solo", "1girl", "dog").open())
    assert evidence.names(evidence.scopes.solo) == ("1.png", "2.png")

"""Spanish verb forms that give orders: imperatives of tu, vos, usted, ustedes, and infinitives.

Forms come without accents, as ``words.fold`` gives them, so that vos ``quitá`` and tu ``quita``
are one form. Object pronouns joined to a verb (``ponle``, ``borrarlas``) are split off.
"""

from __future__ import annotations

from itertools import product

# Spelling that keeps the sound of an -ar stem before e: Real Academia, Ortografia, 6.2.
_BEFORE_E = {"c": "qu", "g": "gu", "z": "c"}

OBJECTS = frozenset("lo la los las".split())
_DATIVES = ("", "me", "nos", "te", "le", "les", "se")
CLITICS = tuple(
    (first, second)
    for first, second in product(_DATIVES, ("", *sorted(OBJECTS)))
    if first or second
)


def order_forms(infinitive: str, stem: str = "") -> frozenset[str]:
    """Return the forms of a regular verb; ``stem`` is the stressed stem (``muev`` of mover)."""
    root, ending = infinitive[:-2], infinitive[-2:]
    forms = {infinitive}
    for base in {root, stem or root}:
        indicative = base + ("a" if ending == "ar" else "e")
        subjunctive = _softened(base) + "e" if ending == "ar" else base + "a"
        forms |= {indicative, subjunctive, subjunctive + "n", subjunctive + "s"}
    vos = root + ending[0]
    plural = (_softened(root) + "emos") if ending == "ar" else root + "amos"
    return frozenset(forms | {vos, vos + "d", plural})


def accented_forms(infinitive: str, stem: str = "") -> frozenset[str]:
    """Return the forms that are written only with an accent: vos ``remové``, where tu differs."""
    root, ending = infinitive[:-2], infinitive[-2:]
    spoken = root + ending[0]
    plain = (stem or root) + ("a" if ending == "ar" else "e")
    return frozenset() if spoken == plain else frozenset({spoken})


def split_clitics(word: str, known: frozenset[str]) -> tuple[str, str, str] | None:
    """Split a folded word into (verb, dative, object) if what remains is a known verb form.

    ``quitaselo`` gives ("quita", "se", "lo"); a missing pronoun is "". None for other words.
    """
    for dative, accusative in CLITICS:
        ending = dative + accusative
        verb = word.removesuffix(ending)
        if verb != word and verb in known:
            return verb, dative, accusative
    return None


def _softened(stem: str) -> str:
    return stem[:-1] + _BEFORE_E.get(stem[-1], stem[-1])

"""What every run of tokens can be: words of the lexicon, tags of the dataset, names of files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cached_property

from tagsmith.agent.offline.chart import Parse
from tagsmith.agent.offline.clauses import Mention, MentionKind
from tagsmith.agent.offline.lexicon import FILLER, POLITE, REQUEST, Lexicon, is_object
from tagsmith.agent.offline.models import Models, models
from tagsmith.agent.offline.words import Kind, Sentence, Token, fold
from tagsmith.tools.tags import Vocabulary

# A tag of more words than this is not looked for: the longest booru tag has nine.
_LONGEST = 10

# The strain of a reading, in units of "one rare turn of phrase".
_PLURAL, _ALSO_A_WORD = 1, 2
_SKIPPING = 1
_NEAR = 3
_NEW, _NEW_LOOSE, _NEW_FOREIGN, _NEW_ALL_LOOSE = 5, 4, 2, 6
UNKNOWN = 25

# Marks that may stand between words without a meaning: "for the dogs: add pet (and animal)".
_SKIPPED = frozenset(":()")

# Words that shape a sentence never stand in a new tag, not even in a sentence of another language.
_STRUCTURE = frozenset(
    """AND OR NOR BUT THEN ALSO EXCEPT BUTNOT ONLY IN ON TO INTO OF FOR WITH WITHOUT WHERE UNLESS
    NOT NEGATED IMG CAP TAGN TRIGGER ALL DET EVERYTHING EVERYWHERE THAT INSTEADOF PRON HAVE TAGGED
    FIRST LAST AFTER""".split()
)

_TAG_TOKENS = frozenset({Kind.WORD, Kind.NUMBER, Kind.MARK, Kind.CLITIC})
_TOKENS: dict[str, Callable[[Token], bool]] = {
    "ARROW": lambda token: token.kind is Kind.ARROW,
    "COMMA": lambda token: token.kind is Kind.COMMA,
    "SEMICOLON": lambda token: token.kind is Kind.SEMICOLON,
    "QUERY": lambda token: token.kind is Kind.QUERY,
    "QUOTED": lambda token: token.kind is Kind.QUOTED,
    "CLITIC": is_object,
    "CLITIC_PLURAL": lambda token: is_object(token) and token.fold.endswith("s"),
    "WORD": lambda token: token.kind is Kind.WORD,
    "DATIVE": lambda token: token.kind is Kind.CLITIC and token.fold in ("le", "les"),
}
TERMINALS = frozenset({"TAG", "NEW", "NUM", "NAME", "NAMES", "SCORE", "MODEL", *_TOKENS})
_LONGEST_NUMBER = 6
_SCORE = re.compile(
    r"(?P<number>\d?[.,]\d{1,4}|\d{1,3}(?:[.,]\d{1,2})?(?=\s?[%p]))"
    r"(?:\s?(?P<percent>%|percent|per cent|por ciento))?"
)
_SCORE_TOKENS = 4
_MODEL_TOKENS = 5
_MODEL_KINDS = frozenset({Kind.WORD, Kind.NUMBER, Kind.MARK})
_IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".avif", ".tif", ".tiff")


class Lattice:
    """The terminals of the grammar over one sentence.

    ``TAG`` is a tag where only an existing one makes sense (an unknown one is read, dearly, so
    that the answer can name it), ``NEW`` is a tag that may be new, ``NAME`` a file of the dataset,
    ``NAMES`` a wildcard that only files match, ``NUM`` a number, ``SCORE`` one with a fraction,
    ``MODEL`` a tagger or captioner (with ``?`` in front what is merely like its name, with ``!``
    what is also a tag); every other symbol is a class of the lexicon.
    """

    def __init__(
        self,
        sentence: Sentence,
        lexicon: Lexicon,
        language: str,
        vocabulary: Vocabulary,
        is_name: Callable[[str], bool],
    ) -> None:
        self.sentence = sentence
        self._tokens = sentence.tokens
        self._lexicon = lexicon
        self._language = language
        self._vocabulary = vocabulary
        self._is_name = is_name
        self._known: dict[int, list[Parse]] = {}
        self._skips: dict[int, list[int]] = {}

    def read(self, symbol: str, start: int) -> Iterator[Parse]:
        """Return the readings of a terminal at ``start``, or behind fillers that stand there."""
        for begin in self.behind_fillers(start):
            if begin == start and begin < len(self._tokens):
                yield from self._read(symbol, begin)
            elif begin < len(self._tokens):
                for parse in self._read(symbol, begin):
                    yield Parse(parse.end, parse.cost + _SKIPPING, parse.value)

    def behind_fillers(self, start: int) -> list[int]:
        """Return ``start`` and every place reached by skipping polite words (and their commas)."""
        known = self._skips.get(start)
        if known is None:
            found = {start}
            comma = self._is_comma(start)
            if self._is_bracket(start):
                found.update(self.behind_fillers(start + 1))
            if self._is_dative(start):
                found.update(self.behind_fillers(start + 1))
            for name, end in self._words_at(start + comma):
                if name in (FILLER, POLITE, REQUEST):
                    found.update(self.behind_fillers(end))
                    if self._is_comma(end):
                        found.update(self.behind_fillers(end + 1))
            known = self._skips[start] = sorted(found)
        return known

    def known_words(self) -> list[bool]:
        """Tell for each token whether the lexicon or the dataset knows it."""
        known = [
            token.kind not in (Kind.WORD, Kind.MARK)
            or token.text in _SKIPPED
            or token.fold in self._lexicon.numbers
            for token in self._tokens
        ]
        for index in range(len(self._tokens)):
            ends = [end for _, end in self._words_at(index)]
            ends += [parse.end for parse in self._existing(index)]
            for end in ends:
                known[index:end] = [True] * (end - index)
        return known

    def mentioned(self) -> list[Mention]:
        """Return the existing tags that the sentence names, longest first, without overlaps."""
        found: list[Mention] = []
        index = 0
        while index < len(self._tokens):
            parses = [parse for parse in self._existing(index) if parse.cost < _ALSO_A_WORD]
            if parses:
                best = max(parses, key=lambda parse: parse.end)
                found.append(best.value)
                index = best.end
            else:
                index += 1
        return found

    def _is_comma(self, index: int) -> bool:
        return index < len(self._tokens) and self._tokens[index].kind is Kind.COMMA

    def _is_bracket(self, index: int) -> bool:
        return index < len(self._tokens) and self._tokens[index].text in _SKIPPED

    def _words_at(self, index: int) -> list[tuple[str, int]]:
        if index >= len(self._tokens) or self._tokens[index].kind in (Kind.QUOTED, Kind.CLITIC):
            return []
        return self._lexicon.starts(self._tokens, index)

    def _read(self, symbol: str, start: int) -> Iterator[Parse]:
        if symbol in ("TAG", "NEW"):
            yield from self._existing(start)
            yield from self._other(start, new=symbol == "NEW")
        elif symbol == "NUM":
            yield from self._number(start)
        elif symbol == "NAME":
            yield from self._names(start)
        elif symbol == "NAMES":
            yield from self._wildcards(start)
        elif symbol == "SCORE":
            yield from self._score(start)
        elif symbol == "MODEL":
            yield from self._model(start)
        elif symbol in _TOKENS:
            token = self._tokens[start]
            if _TOKENS[symbol](token):
                yield Parse(start + 1, 0, token.text)
        else:
            yield from self._lexical(symbol, start)

    def _number(self, start: int) -> Iterator[Parse]:
        token = self._tokens[start]
        if token.kind is Kind.NUMBER and len(token.text) <= _LONGEST_NUMBER:
            yield Parse(start + 1, 0, int(token.text))
        elif token.fold in self._lexicon.numbers:
            yield Parse(start + 1, 1, self._lexicon.numbers[token.fold])

    def _score(self, start: int) -> Iterator[Parse]:
        """Read 0.4, .4, 40 %, 40 percent and, as Spanish writes it, 0,4."""
        for end in range(min(start + _SCORE_TOKENS, len(self._tokens)), start, -1):
            if found := _SCORE.fullmatch(fold(self.sentence.slice(start, end))):
                number = float(found["number"].replace(",", "."))
                yield Parse(end, 0, number / 100 if found["percent"] else number)
                return

    def _model(self, start: int) -> Iterator[Parse]:
        """Read the name of a model, which may be of several words; a quotation is a tag."""
        for end in range(start + 1, min(start + _MODEL_TOKENS, len(self._tokens)) + 1):
            if self._tokens[end - 1].kind not in _MODEL_KINDS:
                return
            said = self.sentence.slice(start, end)
            if name := self._models.find(said):
                yield Parse(end, 0, f"!{name}" if said in self._vocabulary else name)
            elif end == start + 1 and self._is_strange(start) and self._models.near(said):
                yield Parse(end, _NEAR, f"?{said}")

    def _is_strange(self, index: int) -> bool:
        token = self._tokens[index]
        return not self._lexicon.classes(token.fold) and token.text not in self._vocabulary

    @cached_property
    def _models(self) -> Models:
        return models()

    def _wildcards(self, start: int) -> Iterator[Parse]:
        token = self._tokens[start]
        if token.kind is not Kind.PATTERN or self._vocabulary.matching(token.text):
            return
        if self._is_name(token.text):
            yield Parse(start + 1, 0, token.text)

    def _lexical(self, symbol: str, start: int) -> Iterator[Parse]:
        for name, end in self._words_at(start):
            if name == symbol:
                yield Parse(end, 0, self.sentence.slice(start, end))

    def _is_dative(self, index: int) -> bool:
        """Tell whether a joined pronoun of the person stands here: "muestra-me", "pon-le"."""
        if index >= len(self._tokens):
            return False
        token = self._tokens[index]
        return token.kind is Kind.CLITIC and not is_object(token)

    def _names(self, start: int) -> Iterator[Parse]:
        token = self._tokens[start]
        if token.kind is Kind.PATTERN:
            return
        lexical = bool(self._lexicon.classes(token.fold)) and token.kind is not Kind.QUOTED
        named = token.fold.endswith(_IMAGE_SUFFIXES) or (not lexical and self._is_name(token.text))
        if named:
            tag = token.text in self._vocabulary
            yield Parse(start + 1, _ALSO_A_WORD if tag else 0, token.text)

    def _existing(self, start: int) -> list[Parse]:
        known = self._known.get(start)
        if known is None:
            known = self._known[start] = list(self._find_existing(start))
        return known

    def _find_existing(self, start: int) -> Iterator[Parse]:
        token = self._tokens[start]
        if token.kind is Kind.QUOTED:
            yield Parse(start + 1, 0, Mention(token.text, MentionKind.QUOTED, token.text))
            return
        if token.kind is Kind.PATTERN:
            yield Parse(start + 1, 0, Mention(token.text, MentionKind.PATTERN, token.text))
            return
        if token.kind is Kind.CLITIC:
            return
        for end in self._run_ends(start):
            said = self.sentence.slice(start, end)
            if not any(char.isalnum() for char in said) and len(said) < 2:
                continue
            cost = _ALSO_A_WORD if self._is_word(start, end) else 0
            if said in self._vocabulary:
                yield Parse(end, cost, Mention(said, MentionKind.TAG, said))
            elif single := self._singular(said):
                yield Parse(end, cost + _PLURAL, Mention(single, MentionKind.PLURAL, said))

    def _run_ends(self, start: int) -> Iterator[int]:
        for end in range(start + 1, min(start + _LONGEST, len(self._tokens)) + 1):
            if self._tokens[end - 1].kind not in _TAG_TOKENS:
                return
            yield end

    def _is_word(self, start: int, end: int) -> bool:
        """Tell whether these tokens are also an entry of the lexicon, other than a noun of tags."""
        if end == start + 1 and self._tokens[start].fold in self._lexicon.loose:
            return False
        return any(stop == end for _, stop in self._words_at(start))

    def _singular(self, said: str) -> str:
        """Return the existing tag that ``said`` is the plural of, or ""."""
        *first, last = fold(said).replace("_", " ").split() or [""]
        for single in self._lexicon.singulars(last):
            if (tag := self._spelt(" ".join([*first, single]))) is not None:
                return tag
        if first:
            # Spanish adjectives agree: "vestidos rojos" is the plural of "vestido rojo".
            words = [*first, last]
            for drop in ("s", "es"):
                if all(word.endswith(drop) for word in words):
                    every = " ".join(word.removesuffix(drop) for word in words)
                    if (tag := self._spelt(every)) is not None:
                        return tag
        return ""

    def _spelt(self, folded: str) -> str | None:
        key = self._folded_keys.get(folded)
        return None if key is None else self._vocabulary.spelling(key)

    @cached_property
    def _folded_keys(self) -> dict[str, str]:
        return {fold(key): key for key in self._vocabulary.counts}

    def _other(self, start: int, *, new: bool) -> Iterator[Parse]:
        """Read runs of unknown words as a tag: cheap where it may be new, dear where it may not."""
        if self._tokens[start].kind in (Kind.QUOTED, Kind.PATTERN):
            return
        taken = {parse.end for parse in self._existing(start)}
        strain, proper = _NEW if new else UNKNOWN, False
        for end in self._run_ends(start):
            cost = self._word_cost(end - 1)
            if cost is None:
                return
            strain += cost
            proper = proper or cost == 1
            weak = self._tokens[end - 1].fold in self._lexicon.inner
            if (
                not weak
                and end not in taken
                and (proper or (new and end == start + 1 and cost == _NEW_LOOSE))
                and self._balanced(start, end)
            ):
                said = self.sentence.slice(start, end)
                extra = 0 if proper else _NEW_ALL_LOOSE
                kind = MentionKind.UNKNOWN if proper else MentionKind.WORD
                yield Parse(end, strain + extra, Mention(said, kind, said))

    def _balanced(self, start: int, end: int) -> bool:
        texts = [token.text for token in self._tokens[start:end]]
        return texts.count("(") == texts.count(")")

    def _word_cost(self, index: int) -> int | None:
        """Return what this token strains an unknown tag; None for words that never stand in one."""
        token = self._tokens[index]
        if token.kind is Kind.CLITIC:
            return None
        if token.kind is Kind.MARK and token.text not in "()_^\\#@$%~=<>|[]{}/":
            return None
        if token.kind is Kind.NUMBER or token.fold in self._lexicon.numbers:
            return 2
        if token.fold in self._lexicon.loose or token.fold in self._lexicon.inner:
            return _NEW_LOOSE
        classes = self._lexicon.classes(token.fold)
        if not classes:
            return 1
        foreign = not self._lexicon.speaks(self._language, token.fold)
        return _NEW_FOREIGN if foreign and not classes & _STRUCTURE else None

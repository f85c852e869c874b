"""Token counts: exact by CLIP's tokenizer where it is here, else estimated, and said so."""

from __future__ import annotations

from pathlib import Path

import pytest
from hub_case import open_case
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

from tagsmith.tools.audit.tokens import MODEL, estimate_word, estimator, token_counter
from tagsmith.tools.errors import UsageError
from tagsmith.tools.vision import pulling
from tagsmith.tools.vision.spec import find_spec, parse_spec

# CLIP's own pattern (openai/CLIP, clip/simple_tokenizer.py), without its special tokens.
PIECES = Regex(r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+")
# Looked up in CLIP's vocabulary: the tokens of common tags.
TRUE_COUNTS = {
    "1girl": 2,
    "long hair": 2,
    "looking at viewer": 3,
    "white background": 2,
    "hatsune miku": 3,
    "thighhighs": 3,
    "school uniform": 2,
    "simple background": 2,
    "(medium)": 3,
    "fate/grand order": 4,
    "score_9_up": 5,
    "dog, cat": 3,
}


def tiny() -> Tokenizer:
    """A tokenizer of CLIP's kind that knows two merges: l+o, lo+ng."""
    letters = sorted(set(pre_tokenizers.ByteLevel.alphabet()))
    made = [*letters, *(f"{one}</w>" for one in letters), "lo", "ng</w>", "long</w>"]
    merges = [("l", "o"), ("n", "g</w>"), ("lo", "ng</w>")]
    model = models.BPE(
        vocab={token: number for number, token in enumerate(made)},
        merges=merges,
        end_of_word_suffix="</w>",
    )
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(PIECES, behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    return tokenizer


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where the tokenizer would lie; no other model of this machine is found."""
    monkeypatch.setenv("TAGSMITH_MODELS_FOLDER", str(tmp_path))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    folder = tmp_path / MODEL
    folder.mkdir()
    return folder


def test_without_the_tokenizer_the_count_is_called_an_estimate(here: Path) -> None:
    here.rmdir()
    counter = token_counter()
    assert not counter.exact
    assert (
        counter.how == "estimated; `tagsmith models pull clip-tokenizer` gets what counts exactly"
    )


def test_with_the_tokenizer_it_is_exact(here: Path) -> None:
    (here / "tokenizer.json").write_text(tiny().to_str(), encoding="utf-8")
    counter = token_counter()
    assert (counter.exact, counter.how) == (True, "exact, by clip-tokenizer")
    assert counter.count("Long  long, no\nlong(") == len("long long , n o long (".split())


def test_the_one_that_was_pulled_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    spec = find_spec(MODEL)
    with open_case(tmp_path, monkeypatch) as case:
        assert not token_counter().exact
        files = {"tokenizer.json": tiny().to_str().encode(), "model.safetensors": b"large"}
        case.hub.add(str(spec.repo), str(spec.revision), files)
        pulling.pull(pulling.offer(spec))
        asked = {request.path.rpartition("/")[2] for request in case.hub.requests}
        assert asked == {"tokenizer.json"}
        assert token_counter().exact


def test_a_damaged_tokenizer_is_told_and_not_used(here: Path) -> None:
    (here / "tokenizer.json").write_text("{}", encoding="utf-8")
    counter = token_counter()
    assert not counter.exact
    assert "tokenizer.json" in counter.how


@given(st.text(alphabet=st.sampled_from("lLong,( .'s1_-éß 初\n\t"), max_size=40))
def test_words_apart_count_as_the_whole_text_does(text: str) -> None:
    tokenizer = tiny()
    whole = len(tokenizer.encode(text, add_special_tokens=False).ids)
    apart = sum(len(tokenizer.encode(word, add_special_tokens=False).ids) for word in text.split())
    assert whole == apart


@pytest.mark.parametrize("tag", TRUE_COUNTS)
def test_the_estimate_is_near_the_truth_and_seldom_below(tag: str) -> None:
    found = estimator().count(tag)
    assert TRUE_COUNTS[tag] - 1 <= found <= TRUE_COUNTS[tag] + 2


def test_over_many_tags_the_estimate_is_above_the_truth() -> None:
    caption, truth = ", ".join(TRUE_COUNTS), sum(TRUE_COUNTS.values()) + len(TRUE_COUNTS) - 1
    assert truth <= estimator().count(caption) <= 1.3 * truth


@given(st.text(max_size=30))
def test_an_estimate_is_no_more_than_a_token_for_each_byte(text: str) -> None:
    for word in text.lower().split():
        assert 0 < estimate_word(word) <= len(word.encode())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('role = "tokenizer"\n[[files]]\npath = "t.json"\nkind = "config"', "kind = 'tokenizer'"),
        ('[[files]]\npath = "m.onnx"\nkind = "graph"', r"has \[input\]"),
    ],
)
def test_a_spec_that_does_not_fit_its_role_is_refused(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        parse_spec(f'name = "x"\ntitle = "X"\nlicense = "MIT"\n{text}', "x.toml")


def test_the_tokenizer_is_pinned_and_looks_at_no_picture() -> None:
    spec = find_spec(MODEL)
    assert (spec.role, spec.main.path) == ("tokenizer", "tokenizer.json")
    assert spec.repo == "openai/clip-vit-large-patch14"
    assert spec.revision is not None

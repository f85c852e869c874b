"""What a model spec says: where its files come from, what goes in, what comes out."""

from __future__ import annotations

import hashlib
import re
from fractions import Fraction
from typing import Annotated, Literal, NamedTuple

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

Category = Literal[
    "general",
    "character",
    "copyright",
    "artist",
    "meta",
    "rating",
    "species",
    "lore",
    "year",
    "model",
    "quality",
    "invalid",
]

_HEX = r"[0-9a-f]"
_MOST_BYTES = 64 << 30
_MOST_LABELS = 1_000_000
_FRACTION = re.compile(r"\d{1,4}(?:\.\d{1,4})?/\d{1,4}(?:\.\d{1,4})?")


def _a_fraction(value: object) -> object:
    """Let TOML, which has no fractions, say ``"1/255"`` where 0.00392157 is meant."""
    if isinstance(value, str) and _FRACTION.fullmatch(value):
        above, below = (Fraction(part) for part in value.split("/"))
        if below:
            return float(above / below)
    return value


def _or_none(value: object) -> object:
    """Let TOML, which has no null, say ``""``."""
    return value or None


def _inside_the_folder(path: str) -> str:
    """Refuse a path that a folder joined in front of it would not hold."""
    parts = path.split("/")
    if "\\" in path or ":" in path or not path.isprintable():
        raise ValueError("a plain path with '/' between folders was expected")
    if any(part in ("", ".", "..") or part != part.strip() for part in parts):
        raise ValueError("the path must lie inside the model's folder")
    return path


Text = Annotated[str, StringConstraints(min_length=1, max_length=200)]
InnerPath = Annotated[
    str, StringConstraints(min_length=1, max_length=255), AfterValidator(_inside_the_folder)
]
Probability = Annotated[float, Field(gt=0, lt=1)]
Byte = Annotated[int, Field(ge=0, le=255)]
Side = Annotated[int, Field(ge=16, le=4096)]
Number = Annotated[float, Field(allow_inf_nan=False, ge=-1000, le=1000)]
Divisor = Annotated[float, Field(allow_inf_nan=False, gt=0, le=1000)]
Scale = Annotated[float, Field(allow_inf_nan=False, gt=0, le=1000), BeforeValidator(_a_fraction)]
Colour = tuple[Byte, Byte, Byte]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ModelFile(_Part):
    """A file of a model, ``path`` as the repository has it (and as a hand-made folder must).

    ``sha256`` may be a prefix of 12 or more hex digits where no source gives all 64; whoever
    verifies compares as many digits as there are. ``size`` (bytes) and ``sha256`` are None where
    they are not known: nothing is checked then, and nothing was made up.
    """

    path: InnerPath
    kind: Literal["graph", "data", "labels", "thresholds", "tokenizer", "config"]
    size: Annotated[int, Field(gt=0, le=_MOST_BYTES)] | None = None
    sha256: Annotated[str, StringConstraints(pattern=rf"^{_HEX}{{12,64}}$")] | None = None
    required: bool = True


class InputSpec(_Part):
    """What the graph's one image input expects; name None means the graph's first input.

    A value is ``(byte * scale - mean) / std``, with ``mean`` and ``std`` in the order of
    ``colour``. ``size`` is (height, width). Geometry: ``pad`` puts the image in the middle of a
    square of ``fill`` (left and top get the smaller half) and resamples that; ``letterbox``
    resamples to fit and puts the result in the middle of ``fill``; ``stretch`` ignores the
    aspect; ``crop`` resamples the shorter side to ``short_side`` (default: to cover) and cuts the
    middle out. ``background`` is what shows through transparent pixels.
    """

    name: Text | None = None
    layout: Literal["NHWC", "NCHW"]
    size: tuple[Side, Side]
    colour: Literal["RGB", "BGR"]
    background: Colour = (255, 255, 255)
    geometry: Literal["pad", "stretch", "letterbox", "crop"]
    fill: Colour = (255, 255, 255)
    resample: Literal["bicubic", "bilinear", "lanczos", "box"]
    short_side: Side | None = None
    scale: Scale = 1.0
    mean: tuple[Number, Number, Number] = (0.0, 0.0, 0.0)
    std: tuple[Divisor, Divisor, Divisor] = (1.0, 1.0, 1.0)

    @model_validator(mode="after")
    def _sizes_fit(self) -> InputSpec:
        if self.geometry == "pad" and self.size[0] != self.size[1]:
            raise ValueError("geometry = 'pad' needs a square size; 'letterbox' does not")
        if self.short_side is not None and self.geometry != "crop":
            raise ValueError("short_side belongs to geometry = 'crop'")
        if self.short_side is not None and self.short_side < max(self.size):
            raise ValueError("short_side must be at least as long as the sides of size")
        return self


class OutputSpec(_Part):
    """What comes out; name None means the graph's first output.

    ``batch`` "dynamic": the graph takes any number of images at once. "one": it is fed one image
    at a time, whether its batch axis is fixed or free.
    """

    name: Text | None = None
    activation: Literal["probabilities", "logits"] = "probabilities"
    embedding: Text | None = None
    batch: Literal["dynamic", "one"] = "dynamic"


class Columns(_Part):
    """Header names of a csv label file; None (in TOML ``""``) where it has no such column."""

    name: Text = "name"
    category: Annotated[Text | None, BeforeValidator(_or_none)] = "category"
    threshold: Text | None = None
    series: Text | None = None


class LabelSpec(_Part):
    """The file that names the outputs, in order.

    Formats: ``csv`` (with a header), ``lines`` (one name a line), ``json_map``
    (``{"0": {"tag", "category"}}``), ``json_idx`` (``idx_to_tag`` and ``tag_to_category`` below
    ``nested``), ``json_groups`` (``categories: [{name, offset, count, tags}]``).
    ``categories`` maps the file's own words or numbers, without case, to ours; words that are
    ours need no entry. ``category`` is that of every label where the file has none.
    ``thresholds`` names a csv (``category`` or ``name``, and ``threshold``) that the model ships.
    """

    file: InnerPath
    format: Literal["csv", "lines", "json_map", "json_idx", "json_groups"]
    columns: Columns = Columns()
    nested: tuple[Text, ...] = ()
    count: Annotated[int, Field(gt=0, le=_MOST_LABELS)] | None = None
    category: Category = "general"
    categories: dict[Text, Category] = {}
    thresholds: InnerPath | None = None


class FormatSpec(_Part):
    """How a label becomes a tag where the dataset has no style of its own.

    models.md, section 4: kaomoji keep their underscores; ``sort`` by score reads better in diffs.
    """

    underscores: Literal["space", "keep"] = "space"
    escape_parentheses: bool = False
    sort: Literal["score", "label"] = "score"


class CaptionSpec(_Part):
    """How a captioner is decoded: token ids, and how many tokens at most."""

    family: Literal["florence2", "blip"]
    start: Annotated[int, Field(ge=0)]
    stop: Annotated[int, Field(ge=0)]
    pad: Annotated[int, Field(ge=0)]
    max_tokens: Annotated[int, Field(gt=0, le=4096)]


class ModelId(NamedTuple):
    """Under what a model's scores are kept; ``contract`` changes whenever the scores could."""

    name: str
    revision: str
    contract: str

    def __str__(self) -> str:
        return f"{self.name}@{self.revision[:12]}#{self.contract}"


_NO_PICTURES = InputSpec(
    layout="NCHW", size=(16, 16), colour="RGB", geometry="stretch", resample="box"
)


class ModelSpec(_Part):
    """Everything Tagsmith knows about one model.

    ``repo`` None: not on the hub, only a folder placed by hand. ``revision`` None: no source
    names a commit, so the model is not pinned, and is shown so. ``thresholds`` are by category; a
    category that is in neither ``thresholds`` nor ``argmax`` is not proposed unless asked for.
    ``argmax`` names the categories of which the one best label counts (ratings). ``balanced`` is
    the general threshold at which precision equals recall, where the authors give one. A
    ``tokenizer`` looks at no pictures: its ``input`` says nothing, and it has no graph.
    """

    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$")]
    title: Text
    aliases: tuple[Text, ...] = ()
    role: Literal["tagger", "captioner", "tokenizer"] = "tagger"
    repo: Annotated[str, StringConstraints(pattern=r"^[\w.-]{1,96}/[\w.-]{1,96}$")] | None = None
    revision: Annotated[str, StringConstraints(pattern=rf"^{_HEX}{{40}}$")] | None = None
    license: Text
    gated: bool = False
    notes: Annotated[str, StringConstraints(max_length=4000)] = ""
    min_runtime: Annotated[str, StringConstraints(pattern=r"^\d{1,4}(\.\d{1,4}){1,2}$")] | None = (
        None
    )
    files: Annotated[tuple[ModelFile, ...], Field(min_length=1, max_length=32)]
    input: InputSpec = _NO_PICTURES
    output: OutputSpec = OutputSpec()
    labels: LabelSpec | None = None
    captions: CaptionSpec | None = None
    thresholds: dict[Category, Probability] = {}
    thresholds_source: Annotated[str, StringConstraints(max_length=500)] = ""
    balanced: Probability | None = None
    argmax: tuple[Category, ...] = ()
    formatting: FormatSpec = FormatSpec()

    @model_validator(mode="after")
    def _fits_together(self) -> ModelSpec:
        paths = [file.path.casefold() for file in self.files]
        if len(set(paths)) < len(paths):
            raise ValueError("two entries of files have the same path")
        if self.name == "pixels":
            raise ValueError("'pixels' is the built-in tagger's name")
        self._role_fits()
        self._labels_are_files()
        return self

    def _role_fits(self) -> None:
        looks = self.role != "tokenizer"
        needed = "graph" if looks else "tokenizer"
        if not any(file.kind == needed for file in self.files):
            raise ValueError(f"files needs an entry with kind = {needed!r}")
        if looks != ("input" in self.model_fields_set):
            raise ValueError("a model that looks at pictures, and only such a one, has [input]")
        if (self.role == "tagger") != (self.labels is not None):
            raise ValueError("a tagger, and only a tagger, has [labels]")
        if (self.role == "captioner") != (self.captions is not None):
            raise ValueError("a captioner, and only a captioner, has [captions]")

    def _labels_are_files(self) -> None:
        if self.labels is None:
            return
        for path, kind in ((self.labels.file, "labels"), (self.labels.thresholds, "thresholds")):
            if path is not None and not any(
                file.path == path and file.kind == kind for file in self.files
            ):
                raise ValueError(f"{path!r} has no entry with kind = {kind!r} in files")

    @property
    def main(self) -> ModelFile:
        """The file that a hub is asked about first: the graph, else the tokenizer."""
        kind = "tokenizer" if self.role == "tokenizer" else "graph"
        return next(file for file in self.files if file.kind == kind)

    @property
    def graph(self) -> ModelFile:
        """The (first) ONNX graph."""
        return next(file for file in self.files if file.kind == "graph")

    @property
    def size(self) -> int | None:
        """Bytes of all required files; None when one of them is not known."""
        sizes = [file.size for file in self.files if file.required]
        known = [size for size in sizes if size is not None]
        return sum(known) if len(known) == len(sizes) else None

    @property
    def id(self) -> ModelId:
        """The key of stored scores; thresholds are no part of it, they change no score."""
        return ModelId(self.name, self.revision or "unpinned", self._contract())

    def _contract(self) -> str:
        # Twelve digits of the hashes: a spec that learns the others later keeps its scores.
        graphs = [
            [file.path, (file.sha256 or "")[:12]]
            for file in self.files
            if file.kind in ("graph", "data")
        ]
        rest = self.model_dump_json(include={"input", "output", "labels"})
        return hashlib.blake2b(f"{graphs}{rest}".encode(), digest_size=8).hexdigest()

"""Captioners that run on this machine, made from their specs; the last one used stays loaded."""

from __future__ import annotations

import os
import threading
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from tagsmith.tools.errors import ModelError
from tagsmith.tools.vision import installed
from tagsmith.tools.vision.captioners import text
from tagsmith.tools.vision.captioners.blip import Blip
from tagsmith.tools.vision.captioners.captioner import (
    Job,
    Request,
    Style,
    UnusableError,
    digest_of,
)
from tagsmith.tools.vision.captioners.florence import Florence
from tagsmith.tools.vision.captioners.graphs import Graphs
from tagsmith.tools.vision.captioners.greedy import Decoded
from tagsmith.tools.vision.captioners.tokens import Tokens, read_tokens
from tagsmith.tools.vision.captioners.waiting import wait_for
from tagsmith.tools.vision.fitted import fitted
from tagsmith.tools.vision.prepare import tensor
from tagsmith.tools.vision.schema import CaptionSpec, ModelSpec
from tagsmith.tools.watch import Watch

Floats = npt.NDArray[np.float32]


class Writer(Protocol):
    """A loaded model of one family."""

    graphs: Graphs

    def write(self, pixels: Floats, style: Style) -> Decoded:
        """Return the tokens of a caption."""


_FAMILIES: dict[str, type[Florence] | type[Blip]] = {"florence2": Florence, "blip": Blip}

_kept: dict[str, LocalCaptioner] = {}
_kept_lock = threading.Lock()


def captioner_of(spec: ModelSpec) -> LocalCaptioner:
    """Return the captioner of a spec; what another one has loaded goes once this one loads."""
    with _kept_lock:
        found = _kept.get(spec.name)
        if found is None or found.spec != spec:
            found = _kept[spec.name] = LocalCaptioner(spec)
        return found


def _let_go(kept: LocalCaptioner) -> None:
    """Free what all others have loaded: there is never more than one in memory."""
    with _kept_lock:
        for other in _kept.values():
            if other is not kept:
                other.close()


def release() -> None:
    """Free the captioner that stays loaded."""
    with _kept_lock:
        for one in _kept.values():
            one.close()
        _kept.clear()


class LocalCaptioner:
    """A captioner of the specs: its graphs load with the first image that needs them."""

    takes_words = False

    def __init__(self, spec: ModelSpec) -> None:
        if spec.captions is None:
            raise ModelError(f"{spec.name} is no captioner.", "Use run_tagger.")
        self.spec = spec
        self.name = spec.name
        self.styles: tuple[Style, ...] = _FAMILIES[spec.captions.family].styles
        self.job: Job = (fitted, spec.input)
        self.who = f"local:{spec.id}{digest_of(spec.captions.model_dump_json())}"
        self.family = self.who
        self._captions: CaptionSpec = spec.captions
        self._tokens: Tokens | None = None
        self._writer: Writer | None = None
        self._files: list[tuple[str, int, int]] = []

    @property
    def note(self) -> str:
        """Return what it runs on, as the runtime found out; "" before it is loaded."""
        if self._writer is None:
            return ""
        truths = [graph.truth for graph in self._writer.graphs.parts.values()]
        one = next((truth for truth in truths if truth.note), truths[0])
        told = f" ({one.note.rstrip('.')})" if one.note else ""
        return f"{self.name} ran on {one.provider}{told}."

    def digest(self, request: Request) -> str:
        """Return what stands for the style: nothing else changes the answer."""
        return digest_of(request.style)

    def open(self, watch: Watch) -> None:
        """Load the graphs, or keep those that are loaded; raises ModelError, StoppedError."""
        folder = installed.require(self.spec, watch)
        files = _stamps(self.spec, folder)
        if self._writer is not None and files == self._files:
            return
        self.close()
        _let_go(self)
        path = next((one.path for one in self.spec.files if one.kind == "tokenizer"), None)
        if path is None:
            raise ModelError(
                f"The spec of {self.name} names no tokenizer.", "See docs/captions.md."
            )
        self._tokens = read_tokens(self.name, folder, path)
        make = _FAMILIES[self._captions.family]
        self._writer, self._files = make(self.spec, self._captions, folder, self._tokens), files

    def caption(self, image: Any, request: Request, watch: Watch) -> str:
        """Return the caption of a fitted picture, uint8 (height, width, 3)."""
        writer, tokens = self._writer, self._tokens
        if writer is None or tokens is None:
            raise AssertionError("open comes first")
        pixels = tensor([image], self.spec.input)
        writer.graphs.begin()
        decoded = wait_for(lambda: writer.write(pixels, request.style), watch, writer.graphs.stop)
        return _caption(tokens.text(decoded.ids), ended=decoded.ended)

    def close(self) -> None:
        """Free the memory."""
        writer, self._writer, self._tokens = self._writer, None, None
        if writer is not None:
            writer.graphs.close()


def _caption(said: str, *, ended: bool) -> str:
    """Return the caption in what a model wrote: what never ended is cut behind a sentence."""
    if reason := text.trouble(said):
        raise UnusableError(reason)
    cleaned = text.clean_prose(said)
    if not ended:
        cleaned = text.whole_sentences(cleaned)
    if not cleaned:
        raise UnusableError("it came to no end")
    return cleaned


def _stamps(spec: ModelSpec, folder: str) -> list[tuple[str, int, int]]:
    """Return what changes when a file of the model does."""
    found = []
    for file in spec.files:
        path = os.path.join(folder, file.path)
        if os.path.isfile(path):
            status = os.stat(path)
            found.append((path, status.st_size, status.st_mtime_ns))
    return found

"""The text that A1111, Forge, SD.Next and many others write: prompt, negative prompt, settings.

AUTOMATIC1111/stable-diffusion-webui, modules/infotext_utils.py (``parse_generation_parameters``):
a line of ``key: value`` pairs is settings where there are three or more of them; what stands before
the line that begins with ``Negative prompt:`` is the prompt.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tagsmith.tools.metadata.bounded import MetadataError, parse_json, string
from tagsmith.tools.metadata.chunks import Chunks
from tagsmith.tools.metadata.found import Found

SOURCE = "a1111"
_NEGATIVE = "Negative prompt:"
_LEAST_PAIRS = 3
# Four times what a prompt may have (prompts.py).
_MAX_TEXT = 1 << 18
_STEPS = re.compile(r"(?:^|[\s,.])(?=Steps: ?\d)")
_KEY = re.compile(r"[\w ./()+-]{1,80}")
_MARK = re.compile(r'\\.|[",]', re.DOTALL)


def read_a1111(chunks: Chunks) -> Found | None:
    """Read the ``parameters`` of a PNG."""
    text = chunks.texts.get("parameters") or chunks.texts.get("postprocessing", "")
    return parse_infotext(text) if text.strip() else None


def parse_infotext(text: str) -> Found:
    """Split a text into prompt, negative prompt and settings; any text is one."""
    lines = text[:_MAX_TEXT].replace("\r\n", "\n").replace("\r", "\n").strip("\n").split("\n")
    head, settings = _one_line(lines[0]) if len(lines) == 1 else _settings(lines)
    prompt, negative = _halves(head)
    return Found(SOURCE, prompt, negative, settings=settings)


def _settings(lines: list[str]) -> tuple[list[str], dict[str, str]]:
    """Return the lines before the settings, and the settings.

    Extensions write lines of their own behind them, so the line that begins with the steps counts
    wherever it is.
    """
    for at in range(len(lines) - 1, -1, -1):
        if lines[at].lstrip().startswith("Steps:") and len(found := _pairs(lines[at])) >= 2:
            return lines[:at], found
    found = _pairs(lines[-1])
    if len(found) >= _LEAST_PAIRS and not lines[-1].startswith(_NEGATIVE):
        return lines[:-1], found
    return lines, {}


def _one_line(line: str) -> tuple[list[str], dict[str, str]]:
    """Split a text whose line breaks were lost at the first ``Steps: 20``."""
    match = _STEPS.search(line)
    if match is None:
        return [line], {}
    return [line[: match.start()]], _pairs(line[match.end() :])


def _halves(head: list[str]) -> tuple[str, str]:
    for at, line in enumerate(head):
        if line.strip().startswith(_NEGATIVE):
            rest = [line.strip().removeprefix(_NEGATIVE), *head[at + 1 :]]
            return "\n".join(head[:at]).strip(), "\n".join(rest).strip()
    text = "\n".join(head)
    prompt, mark, negative = text.partition(f" {_NEGATIVE}")
    return prompt.strip(), negative.strip() if mark else ""


def _pairs(line: str) -> dict[str, str]:
    pairs = {}
    for item in _items(line):
        name, colon, value = item.partition(":")
        if colon and _KEY.fullmatch(name.strip()):
            pairs[name.strip()] = _value(value.strip())
    return pairs


def _items(line: str) -> Iterator[str]:
    """Cut a line at the commas that are not within quotes."""
    start, quoted = 0, False
    for match in _MARK.finditer(line):
        if match[0] == '"':
            quoted = not quoted
        elif match[0] == "," and not quoted:
            yield line[start : match.start()]
            start = match.end()
    yield line[start:]


def _value(text: str) -> str:
    """Return a setting's value; one in quotes is a JSON string."""
    if not text.startswith('"'):
        return text
    try:
        return string(parse_json(text)) or text
    except MetadataError:
        return text

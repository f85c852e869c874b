"""The catalogue of bad images: what each case comes to, alone and as one batch, and damage at
random. The cases are in tests/fakes/pictures.py."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from image_jobs import opened
from pictures import CATALOGUE, animated, bad_image, encoded, photo, turned, write_catalogue
from PIL import ImageFile

from tagsmith.tools.images import FORMATS
from tagsmith.tools.vision.decode import BadImageError, open_image
from tagsmith.tools.vision.workers import BadImage, Result, Workers


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_case_opens_or_is_refused_with_the_reason(name: str) -> None:
    reason = CATALOGUE[name][1]
    if reason is None:
        picture = open_image(bad_image(name))
        assert picture.image.mode == "RGB"
        assert picture.image.size == picture.size
        return
    with pytest.raises(BadImageError) as refused:
        open_image(bad_image(name))
    assert reason in refused.value.reason
    assert refused.value.reason in str(refused.value)


def test_a_batch_of_all_cases_goes_on_to_its_end(tmp_path: Path) -> None:
    names = write_catalogue(tmp_path)
    with Workers(opened, root=str(tmp_path)) as workers:
        outcomes = dict(workers.map(names.values()))
    assert list(outcomes) == list(names.values())
    for name, file_name in names.items():
        outcome, reason = outcomes[file_name], CATALOGUE[name][1]
        if reason is None:
            assert isinstance(outcome, Result), f"{name}: {outcome}"
        else:
            assert isinstance(outcome, BadImage), name
            assert reason in outcome.reason
            assert outcome.content is not None


def test_nothing_is_written_to_the_terminal(tmp_path: Path) -> None:
    """Not by Pillow, and not by the C libraries under it."""
    names = write_catalogue(tmp_path)
    script = (
        "import sys\n"
        "from tagsmith.tools.vision.decode import BadImageError, open_image\n"
        "for path in sys.argv[1:]:\n"
        "    try: open_image(path)\n"
        "    except BadImageError: pass\n"
    )
    paths = [str(tmp_path / name) for name in names.values()]
    done = subprocess.run(
        [sys.executable, "-c", script, *paths], check=True, capture_output=True, timeout=60
    )
    assert (done.stdout, done.stderr) == (b"", b"")
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False


SEEDS = [
    *(encoded(photo((12, 9)), kind) for kind in FORMATS),
    *(turned(kind, 6, photo((12, 9))) for kind in ("PNG", "JPEG", "WEBP", "TIFF")),
    *(animated(kind, 2) for kind in ("GIF", "PNG")),
    encoded(photo((12, 9)).convert("CMYK"), "JPEG"),
]


@settings(max_examples=300)
@given(st.sampled_from(SEEDS), st.data())
def test_a_damaged_file_is_a_picture_or_a_bad_image(seed: bytes, data: st.DataObject) -> None:
    content = bytearray(seed)
    for _ in range(data.draw(st.integers(0, 6))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at] = data.draw(st.sampled_from([0, 1, 0x7F, 0x80, 0xFF, 0x2A]))
    # Whatever else were raised, warnings included, would fail the test.
    with suppress(BadImageError):
        picture = open_image(bytes(content[: data.draw(st.integers(1, len(content)))]))
        assert picture.image.mode == "RGB"

"""The sample dataset of ``tagsmith demo``: some sixty drawn images, and captions.

The captions are true to the pictures and carry the usual dirt: a watermark tag, ``shirt`` beside
``white shirt``, underscores in some files, one caption in prose, one that is not UTF-8, one
without its image, one image without a caption.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from tagsmith.tools.art.figures import FIGURES
from tagsmith.tools.art.pen import Pen, colour
from tagsmith.tools.art.places import PLACES

if TYPE_CHECKING:
    from PIL.Image import Image

SIZES = {
    "square": (512, 512),
    "tall": (448, 576),
    "wide": (640, 448),
    "large": (768, 576),
    "panorama": (1280, 320),
    "tiny": (64, 64),
}

# One picture a line: file, size, place (none: a transparent background), figures joined by +,
# marks, and for near-duplicates the file that they repeat.
PICTURES = """
img_001.png          square    meadow     coco                    -
img_002.jpg          wide      beach      coco-running            watermark
img_003.png          square    room       coco                    underscores
img_004.webp         wide      meadow     coco-running            -
img_005.png          tall      street     coco                    -
img_006.jpg          square    sunset     coco-running            watermark
img_007.png          square    plain      coco                    close-up
img_008.png          wide      mountains  coco-running+ball       -
img_009.jpg          square    night      coco                    -
img_010.png          square    meadow     white-dog               underscores
img_011.webp         wide      beach      white-dog               watermark
img_012.png          square    room       white-dog               tight
img_013.jpg          tall      plain      white-dog               close-up
img_014.png          square    street     white-dog               -
img_015.png          wide      meadow     black-dog               -
img_016.jpg          wide      meadow     black-dog               like:img_015.png
img_017.jpg          wide      meadow     black-dog               like:img_015.png,watermark
img_018.png          large     mountains  black-dog               -
img_019.webp         wide      sunset     black-dog               -
img_020.png          wide      meadow     coco+cat                -
img_021.png          wide      room       white-dog+sleeping-cat  -
img_022.png          square    room       sleeping-cat            -
img_023.jpg          square    room       sleeping-cat            like:img_022.png
img_024.png          square    meadow     cat                     -
img_025.jpg          square    street     cat                     watermark
img_026.png          tall      plain      cat                     close-up
img_027.webp         square    night      cat                     -
img_028.png          square    city       cat                     underscores
img_029.png          square    none       cat                     transparent
img_030.jpg          wide      beach      sleeping-cat            -
img_031.png          square    room       grey-cat                crlf
img_032.png          square    plain      grey-cat                close-up
img_033.jpg          square    mountains  grey-cat                watermark
img_034.webp         tall      meadow     grey-cat                -
img_035.png          wide      room       cat+grey-cat            -
img_036.png          tall      meadow     girl                    -
img_037.jpg          tall      beach      girl                    watermark
img_038.png          tall      street     girl                    underscores
img_039.png          tall      room       girl                    -
img_040.png          tall      plain      girl                    -
img_041.jpg          tall      sunset     girl-in-red             -
img_042.png          tall      city       girl-in-red             -
img_043.webp         tall      meadow     girl-in-red             -
img_044.png          tall      mountains  girl-in-a-hat           -
img_045.jpg          tall      beach      girl-in-a-hat           watermark
img_046.png          tall      meadow     girl-in-a-hat           underscores
img_047.png          wide      meadow     girl+coco               -
img_048.jpg          wide      street     girl-in-red+white-dog   -
img_049.png          tiny      meadow     coco                    lowres
img_050.jpg          panorama  mountains  -                       -
holiday/sea_01.jpg   large     beach      -                       -
holiday/sea_02.png   square    sunset     boat                    -
holiday/sea_03.jpg   wide      sunset     -                       watermark
holiday/sea_04.webp  wide      beach      ball                    underscores
holiday/sea_05.png   square    beach      coco                    -
holiday/town_01.png  wide      street     -                       -
holiday/town_02.jpg  large     city       -                       -
holiday/town_03.png  square    night      -                       -
holiday/hike_01.png  wide      mountains  -                       -
holiday/hike_02.jpg  square    mountains  coco                    -
holiday/hike_03.webp square    meadow     -                       -
"""

# Captions that are not made from the tags; None: no caption file.
SPECIAL: dict[str, bytes | None] = {
    "img_005.txt": b"A brown dog is sitting in the street in front of a house with a red roof.",
    "img_027.txt": "猫, 屋外, 夜, 月".encode("cp932"),
    "img_040.txt": None,
}
ORPHAN = ("img_061.txt", b"dog, brown fur, outdoors, grass, watermark")

# Pictures are drawn at twice their size and halved, which smooths every edge.
_SMOOTHING = 2


@dataclass(frozen=True, slots=True)
class Picture:
    """One line of ``PICTURES``."""

    file: str
    size: tuple[int, int]
    place: str
    figures: tuple[str, ...]
    marks: tuple[str, ...]

    @property
    def like(self) -> str:
        """The file whose picture this is, up to a breath of light and size."""
        return next((mark[5:] for mark in self.marks if mark.startswith("like:")), self.file)

    @property
    def tags(self) -> list[str]:
        """The tags that are true of this picture, figures first."""
        place = PLACES[self.place].tags if self.place in PLACES else ("transparent background",)
        figures = [tag for name in self.figures for tag in FIGURES[name].tags]
        alone = ["solo"] if len(self.figures) == 1 else []
        empty = ["no humans", "scenery"] if not self.figures else []
        named = [mark for mark in self.marks if mark in ("close-up", "lowres", "watermark")]
        return list(dict.fromkeys([*figures, *alone, *empty, *place, *named]))


def draw_demo(folder: str) -> None:
    """Draw the sample dataset into a folder: the same bytes every time, in a few seconds."""
    for picture in pictures():
        path = os.path.join(folder, picture.file)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        _save(_draw(picture), path)
        caption = f"{os.path.splitext(picture.file)[0]}.txt"
        data = SPECIAL.get(caption, _caption(picture))
        if data is not None:
            _write(os.path.join(folder, caption), data)
    _write(os.path.join(folder, ORPHAN[0]), ORPHAN[1])


def pictures() -> Iterator[Picture]:
    """Return the pictures of the dataset."""
    for line in PICTURES.strip().splitlines():
        file, size, place, figures, marks = line.split()
        yield Picture(file, SIZES[size], place, _items(figures, "+"), _items(marks, ","))


def _items(text: str, separator: str) -> tuple[str, ...]:
    return () if text == "-" else tuple(text.split(separator))


def _caption(picture: Picture) -> bytes:
    tags = picture.tags
    if "underscores" in picture.marks:
        tags = [tag.replace(" ", "_") for tag in tags]
    text = ("," if "tight" in picture.marks else ", ").join(tags)
    end = "\r\n" if "crlf" in picture.marks else ""
    return (text + end).encode()


def _draw(picture: Picture) -> Image:
    from PIL import Image, ImageDraw

    width, height = (side * _SMOOTHING for side in picture.size)
    bare = picture.place == "none"
    image = Image.new("RGBA" if bare else "RGB", (width, height))
    pen = Pen.page(ImageDraw.Draw(image, "RGBA"), (width, height))
    random = Random(picture.like)
    if not bare:
        PLACES[picture.place].paint(pen, random)
    _set(pen, picture, random)
    if "watermark" in picture.marks:
        pen.write(0.5, 0.5, 0.1, "© sample", colour("ffffff", 0.45))
        pen.write(1 - 0.17 / pen.aspect, 0.95, 0.04, "sample.example", colour("ffffff", 0.8))
    return _varied(image.reduce(_SMOOTHING), picture)


def _set(pen: Pen, picture: Picture, random: Random) -> None:
    """Set the figures side by side on the ground, each turned one way or the other."""
    ground = PLACES[picture.place].ground if picture.place in PLACES else 0.95
    for place, name in enumerate(picture.figures):
        figure = FIGURES[name]
        x = (place + 1) / (len(picture.figures) + 1) + random.uniform(-0.04, 0.04)
        size, low = figure.size, ground
        if name == "boat":
            low = 0.74
        if "close-up" in picture.marks:
            size, low, x = 1.35, 1.35, 0.5
        figure.draw(pen.at(x, low, size, mirrored=random.random() < 0.5))


def _varied(image: Image, picture: Picture) -> Image:
    """Return a near-duplicate a little smaller and lighter; any other picture as it is."""
    if picture.like == picture.file:
        return image
    from PIL import ImageEnhance

    width, height = image.size
    smaller = image.resize((width * 7 // 8, height * 7 // 8))
    return ImageEnhance.Brightness(smaller).enhance(1.06)


def _save(image: Image, path: str) -> None:
    if path.endswith(".png"):
        image.save(path, compress_level=3)
    else:
        image.save(path, quality=88, method=1)


def _write(path: str, data: bytes) -> None:
    with open(path, "wb") as file:
        file.write(data)

"""Every format of every program: what is read out of the file, in the same words."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import metadata_files as files
import pytest

from tagsmith.tools.metadata.exif import user_comment
from tagsmith.tools.metadata.found import Found
from tagsmith.tools.metadata.prompts import to_tags
from tagsmith.tools.metadata.readers import SOURCES, read


def found(data: bytes, *sources: str) -> list[Found]:
    return read(BytesIO(data), frozenset(sources or SOURCES))[0]


def one(data: bytes) -> Found:
    (only,) = found(data)
    return only


def tags(data: bytes) -> list[str]:
    only = one(data)
    return list(to_tags(only.prompt, only.syntax).tags)


UNICODE = b"UNICODE\0"
COMMENTS = {
    "ascii": b"ASCII\0\0\0" + files.A1111.encode(),
    "utf-8 after ascii": b"ASCII\0\0\0" + files.A1111.encode(),
    "big-endian": UNICODE + files.A1111.encode("utf-16-be"),
    "little-endian": UNICODE + files.A1111.encode("utf-16-le"),
    "with a mark": UNICODE + files.A1111.encode("utf-16"),
    "utf-8 after unicode": UNICODE + files.A1111.encode(),
    "jis": b"JIS\0\0\0\0\0" + files.A1111.encode("iso2022_jp"),
    "undefined": b"\0" * 8 + files.A1111.encode(),
    "undefined utf-16": b"\0" * 8 + files.A1111.encode("utf-16-le"),
    "no code at all": files.A1111.encode(),
}


@pytest.mark.parametrize("packed", [False, True])
def test_a1111_in_a_png(packed: bool) -> None:
    data = files.png({"parameters": files.A1111}, packed=packed)
    only = one(data)
    assert only.source == "a1111"
    assert (only.prompt, only.negative) == (files.PROMPT, files.NEGATIVE)
    assert only.settings["Sampler"] == "Euler a"
    assert tags(data) == files.TAGS


@pytest.mark.parametrize("name", COMMENTS)
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("container", [files.jpeg, files.webp, files.avif])
def test_a1111_in_a_comment_of_every_encoding(name: str, order: str, container: Any) -> None:
    data = container(files.exif_bytes(COMMENTS[name], order=order))
    assert one(data).source == "a1111"
    assert tags(data) == files.TAGS


@pytest.mark.parametrize(
    "comment",
    [
        UNICODE + "猫, Steps: 1".encode("utf-16-be"),
        UNICODE + "猫, Steps: 1".encode("utf-16-le"),
        UNICODE + "猫, Steps: 1".encode(),
        b"ASCII\0\0\0" + "猫, Steps: 1".encode(),
        b"JIS\0\0\0\0\0" + "猫, Steps: 1".encode("iso2022_jp"),
        b"JIS\0\0\0\0\0" + "猫, Steps: 1".encode("euc_jp"),
    ],
)
def test_words_beyond_ascii_in_a_comment(comment: bytes) -> None:
    assert tags(files.jpeg(files.exif_bytes(comment))) == ["猫"]


@pytest.mark.parametrize(
    ("mark", "encoding"), [(b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")]
)
def test_a_mark_tells_the_byte_order_where_no_letter_does(mark: bytes, encoding: str) -> None:
    assert user_comment(UNICODE + mark + "猫犬鳥".encode(encoding)) == "猫犬鳥"


def test_exif_in_a_png_and_as_a_raw_profile_of_imagemagick() -> None:
    block = files.exif_bytes(COMMENTS["big-endian"])
    assert tags(files.png(exif=block)) == files.TAGS
    whole = b"Exif\0\0" + block
    profile = f"\nexif\n{len(whole):8}\n{whole.hex()}\n"
    assert tags(files.png({"Raw profile type exif": profile})) == files.TAGS


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (files.png({"parameters": "niño, 猫"}), ["niño", "猫"]),
        (files.png({"parameters": "niño, 猫"}, packed=True), ["niño", "猫"]),
        (files.with_chunks(files.png(), files.raw_text("parameters", "猫".encode())), ["猫"]),
        (files.with_chunks(files.png(), files.raw_text("parameters", b"ni\xf1o")), ["niño"]),
    ],
    ids=["iTXt", "packed iTXt", "UTF-8 in tEXt", "Latin-1 in tEXt"],
)
def test_words_beyond_ascii_in_a_png(data: bytes, expected: list[str]) -> None:
    assert tags(data) == expected


def test_a1111_in_other_fields_of_exif() -> None:
    for values in ({0x010E: files.A1111}, {0x9C9C: files.A1111.encode("utf-16-le") + b"\0\0"}):
        data = files.jpeg(files.exif_bytes(values=values))
        assert one(data).source == "a1111"
        assert tags(data) == files.TAGS


def test_a_comment_that_no_generator_wrote_is_no_prompt() -> None:
    assert found(files.jpeg(files.exif_bytes(b"ASCII\0\0\0my holiday, day two"))) == []


@pytest.mark.parametrize(
    ("text", "prompt", "negative"),
    [
        ("dog, cat", "dog, cat", ""),
        ("dog\ncat\nNegative prompt: x\ny\nSteps: 2, Seed: 1, Size: 8x8", "dog\ncat", "x\ny"),
        ("dog, a: b\nNegative prompt: x", "dog, a: b", "x"),
        ("dog Negative prompt: x Steps: 20, Sampler: a, Seed: 1", "dog", "x"),
        ("Negative prompt: x\nSteps: 20, Sampler: a, Seed: 1", "", "x"),
        ("Steps: 20, Sampler: a, Seed: 1", "", ""),
        ("dog\r\nNegative prompt: x\r\nSteps: 20, Sampler: a, Seed: 1", "dog", "x"),
        ('dog\nSteps: 20, Seed: 1, Lora: "a: b, c", Size: 8x8', "dog", ""),
        ("dog\nSteps: 20, Seed: 1, Size: 8x8\nTemplate: {a|b}\nNegative Template: x", "dog", ""),
    ],
)
def test_the_parts_of_a1111s_text(text: str, prompt: str, negative: str) -> None:
    got = found(files.png({"parameters": text}))
    assert [(one.prompt, one.negative) for one in got] == ([(prompt, negative)] if prompt else [])


def test_settings_in_quotes_hold_commas() -> None:
    text = 'dog\nSteps: 20, Seed: 1, Lora: "a: b, c", Size: 8x8'
    assert one(files.png({"parameters": text})).settings["Lora"] == "a: b, c"


SWARM = json.dumps({"sui_image_params": {"prompt": files.PROMPT, "negativeprompt": "x"}})
FOOOCUS = json.dumps({"prompt": files.PROMPT, "negative_prompt": "x", "styles": "[]"})
EASY = json.dumps({"prompt": files.PROMPT, "negative_prompt": "x", "num_inference_steps": 20})
INVOKE_3 = json.dumps(
    {"positive_prompt": "1girl, (red hair)1.2, sitting++", "negative_prompt": "x"}
)
INVOKE_2 = json.dumps({"image": {"prompt": "1girl, red hair [x]"}})
INVOKE_2_LIST = json.dumps({"image": {"prompt": [{"prompt": "1girl, red hair [x]", "weight": 1}]}})
DRAW = files.xmp_packet(
    files.bag("exif:UserComment", json.dumps({"c": "1girl, red hair", "uc": "x"}), kind="Alt"),
    'xmp:CreatorTool="Draw Things"',
)
CIVITAI = json.dumps({"extra": {}, "extraMetadata": json.dumps({"prompt": files.PROMPT})})
MIDJOURNEY = (
    "https://s.mj.run/abc red hair:: sitting::2, dog --ar 2:3 --no hat, cat --v 6.1 "
    "Job ID: a7421d2f-b262-44f9-977c-ac23e9c7d3e3"
)
V4 = {
    "caption": {
        "base_caption": "1girl, {{red hair}}",
        "char_captions": [{"char_caption": "sitting", "centers": []}, "junk"],
    }
}


@pytest.mark.parametrize(
    ("source", "data", "expected"),
    [
        ("swarmui", files.png({"parameters": SWARM}), files.TAGS),
        ("swarmui", files.jpeg(files.exif_bytes(UNICODE + SWARM.encode("utf-16-le"))), files.TAGS),
        ("fooocus", files.png({"parameters": FOOOCUS}), files.TAGS),
        ("fooocus", files.png({"Comment": FOOOCUS}), files.TAGS),
        ("fooocus", files.jpeg(comment=FOOOCUS.encode()), files.TAGS),
        ("fooocus", files.webp(files.exif_bytes(b"ASCII\0\0\0" + FOOOCUS.encode())), files.TAGS),
        (
            "easydiffusion",
            files.png({"prompt": files.PROMPT, "negative_prompt": "x"}),
            files.TAGS,
        ),
        (
            "easydiffusion",
            files.png({"Prompt": files.PROMPT, "Negative Prompt": "x"}),
            files.TAGS,
        ),
        (
            "easydiffusion",
            files.png({"prompt": files.PROMPT, "use_stable_diffusion_model": "x"}),
            files.TAGS,
        ),
        ("easydiffusion", files.jpeg(files.exif_bytes(UNICODE + EASY.encode())), files.TAGS),
        ("invokeai", files.png({"invokeai_metadata": INVOKE_3}), ["1girl", "red hair", "sitting"]),
        ("invokeai", files.png({"sd-metadata": INVOKE_2}), ["1girl", "red hair"]),
        ("invokeai", files.png({"sd-metadata": INVOKE_2_LIST}), ["1girl", "red hair"]),
        ("invokeai", files.png({"Dream": '"1girl, red hair [x]" -s 50'}), ["1girl", "red hair"]),
        ("drawthings", files.png({"XML:com.adobe.xmp": DRAW.decode()}), ["1girl", "red hair"]),
        (
            "novelai",
            files.png({"Software": "NovelAI", "Description": "{red hair}, saber (fate)"}),
            ["red hair", "saber (fate)"],
        ),
        (
            "novelai",
            files.png({"Software": "NovelAI", "Comment": files.novelai_comment()}),
            ["red hair", "smile", "saber (fate)"],
        ),
        (
            "novelai",
            files.png(
                {
                    "Software": "NovelAI",
                    "Description": "x",
                    "Comment": files.novelai_comment(v4_prompt=V4),
                }
            ),
            ["1girl", "red hair", "sitting"],
        ),
        ("comfyui", files.png({"prompt": json.dumps(files.comfy())}), files.TAGS),
        (
            "comfyui",
            files.webp(files.exif_bytes(values={0x0110: f"prompt:{json.dumps(files.comfy())}"})),
            files.TAGS,
        ),
        (
            "comfyui",
            files.jpeg(files.exif_bytes(values={0x010F: f"Prompt:{json.dumps(files.comfy())}"})),
            files.TAGS,
        ),
        (
            "comfyui",
            files.jpeg(files.exif_bytes(UNICODE + CIVITAI.encode("utf-16-be"))),
            files.TAGS,
        ),
        (
            "comfyui",
            files.jpeg(files.exif_bytes(UNICODE + json.dumps(files.comfy()).encode())),
            files.TAGS,
        ),
        ("midjourney", files.png({"Description": MIDJOURNEY}), ["red hair", "sitting", "dog"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_generator(source: str, data: bytes, expected: list[str]) -> None:
    assert one(data).source == source
    assert tags(data) == expected


@pytest.mark.parametrize(
    "signature",
    [b"stealth_pngcomp", b"stealth_pnginfo", b"stealth_rgbcomp", b"stealth_rgbinfo"],
)
@pytest.mark.parametrize("size", [(64, 128), (200, 60), (40, 333)])
def test_text_hidden_in_pixels(signature: bytes, size: tuple[int, int]) -> None:
    mode = "RGBA" if b"png" in signature else "RGB"
    data = files.stealth(files.novelai_payload(), signature, size=size, mode=mode)
    assert one(data).source == "novelai"
    assert tags(data) == ["red hair", "smile", "saber (fate)"]


@pytest.mark.parametrize("kind", range(5))
def test_text_hidden_in_pixels_under_every_filter(kind: int) -> None:
    data = files.filtered(files.stealth(files.novelai_payload()), kind)
    assert tags(data) == ["red hair", "smile", "saber (fate)"]


def test_a1111s_text_hidden_in_pixels() -> None:
    data = files.stealth(files.A1111.encode())
    assert one(data).source == "a1111"
    assert tags(data) == files.TAGS


def test_midjourneys_job_in_iptc() -> None:
    only, _ = found(files.jpeg(iptc=files.iptc_records([], MIDJOURNEY)))
    assert (only.source, only.negative) == ("midjourney", "hat, cat")
    assert only.settings["v"] == "6.1"


def test_the_more_telling_chunk_wins() -> None:
    texts = {"prompt": json.dumps(files.comfy("cat")), "parameters": files.A1111}
    assert one(files.png(texts)).source == "a1111"
    assert [one.source for one in found(files.png(texts), "comfyui")] == ["comfyui"]
    assert found(files.png(texts), "xmp") == []


def test_keywords_of_photo_programs() -> None:
    body = files.bag("dc:subject", "beach", "Ana &amp; Bea")
    body += files.bag("lr:hierarchicalSubject", "People|Ana", "Place|beach")
    body += files.bag("dc:description", "A day at the sea.", kind="Alt")
    attributes = (
        'photoshop:City="Vigo" photoshop:Country="Spain" tiff:Make="Canon" '
        'tiff:Model="Canon EOS R5" exif:DateTimeOriginal="2021-05-06T10:00:00"'
    )
    packet = files.xmp_packet(body, attributes)
    for data in (files.jpeg(xmp=packet), files.webp(xmp=packet), files.tiff(packet)):
        (only,) = (one for one in found(data) if one.source == "xmp")
        assert only.keywords == ("beach", "Ana & Bea", "Ana")
        assert only.description == "A day at the sea."
        assert (only.camera, only.year) == ("Canon EOS R5", "2021")
        assert only.place == ("Vigo", "Spain")


@pytest.mark.parametrize("length", range(4))
def test_chunks_of_any_length_before_the_one_that_counts(length: int) -> None:
    block = files.exif_bytes(values={0x010E: "x" * (8 + length)})
    packet = files.xmp_packet(files.bag("dc:subject", "beach"))
    for data in (files.webp(block, packet), files.avif(block, packet), files.jpeg(block, packet)):
        assert [one.keywords for one in found(data, "xmp")] == [("beach",)]


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_iptc_keywords(encoding: str) -> None:
    records = files.iptc_records(["niño", "playa"], "Verano", "Vigo", encoding)
    only = one(files.jpeg(iptc=records))
    assert only.source == "iptc"
    assert only.keywords == ("niño", "playa")
    assert (only.description, only.place, only.year) == ("Verano", ("Vigo",), "2019")


def test_exif_of_cameras_and_of_windows() -> None:
    values = {
        0x010E: "Our dog",
        0x010F: "SONY",
        0x0110: "ILCE-7M3",
        0x0132: "2019:07:04 10:00:00",
        0x9C9E: "perro; playa;".encode("utf-16-le") + b"\0\0",
    }
    for order in "<>":
        only = one(files.jpeg(files.exif_bytes(values=values, order=order)))
        assert only.source == "exif"
        assert only.keywords == ("perro", "playa")
        assert (only.description, only.camera, only.year) == ("Our dog", "Sony ILCE-7M3", "2019")


@pytest.mark.parametrize("text", ["OLYMPUS DIGITAL CAMERA", "SONY DSC", "Screenshot", "   "])
def test_what_a_camera_writes_by_itself_is_no_description(text: str) -> None:
    assert found(files.jpeg(files.exif_bytes(values={0x010E: text}))) == []

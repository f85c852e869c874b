"""Image files with metadata, as programs write them, and as an attacker would."""

from __future__ import annotations

import gzip
import io
import json
import struct
import zlib
from collections.abc import Mapping
from typing import Any

from PIL import Image, PngImagePlugin

PROMPT = "1girl, (red hair:1.2), saber \\(fate\\), BREAK sitting <lora:style:0.8>"
TAGS = ["1girl", "red hair", "saber (fate)", "sitting"]
NEGATIVE = "bad hands, [blurry]"
SETTINGS = "Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 8x8"
A1111 = f"{PROMPT}\nNegative prompt: {NEGATIVE}\n{SETTINGS}"


def picture(size: tuple[int, int] = (8, 8), mode: str = "RGB") -> Image.Image:
    return Image.new(mode, size, tuple([200] * len(Image.new(mode, (1, 1)).getbands())))


def png(texts: Mapping[str, str] | None = None, *, packed: bool = False, **options: Any) -> bytes:
    """A PNG with tEXt chunks (zTXt where ``packed``; iTXt where Latin-1 is not enough)."""
    info = PngImagePlugin.PngInfo()
    for name, text in (texts or {}).items():
        info.add_text(name, text, zip=packed)
    return _saved(options.pop("image", None) or picture(), "PNG", pnginfo=info, **options)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def with_chunks(data: bytes, *chunks: bytes) -> bytes:
    """A PNG with more chunks behind its header."""
    at = 8 + 25
    return data[:at] + b"".join(chunks) + data[at:]


def raw_text(name: str, text: bytes) -> bytes:
    return chunk(b"tEXt", name.encode() + b"\0" + text)


def bomb(name: str, size: int) -> bytes:
    """A zTXt chunk of a few KiB that unpacks to ``size``."""
    packer = zlib.compressobj(9)
    block = b"a" * (1 << 20)
    packed = b"".join(packer.compress(block) for _ in range(size >> 20)) + packer.flush()
    return chunk(b"zTXt", name.encode() + b"\0\0" + packed)


def exif_bytes(
    comment: bytes | None = None, values: Mapping[int, Any] | None = None, order: str = ">"
) -> bytes:
    """An EXIF block with a UserComment as it stands, and ASCII or BYTE values."""
    entries = dict(values or {})
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", 8)
    first, second = [], []
    for tag, value in entries.items():
        data = value.encode() + b"\0" if isinstance(value, str) else value
        first.append((tag, 2 if isinstance(value, str) else 1, data))
    if comment is not None:
        second.append((0x9286, 7, comment))
        first.append((0x8769, 4, None))
    count = len(first)
    heap_at = 8 + 2 + 12 * count + 4
    heap = b""
    table = struct.pack(f"{order}H", count)
    for tag, kind, data in sorted(first, key=lambda one: one[0]):
        if data is None:
            inner_at = heap_at + len(heap)
            inner = struct.pack(f"{order}H", len(second))
            inner_heap_at = inner_at + 2 + 12 * len(second) + 4
            inner_heap = b""
            for inner_tag, inner_kind, inner_data in second:
                inner += _entry(
                    order, inner_tag, inner_kind, inner_data, inner_heap_at + len(inner_heap)
                )
                inner_heap += inner_data
            heap += inner + b"\0\0\0\0" + inner_heap
            table += struct.pack(f"{order}HHII", tag, kind, 1, inner_at)
        else:
            table += _entry(order, tag, kind, data, heap_at + len(heap))
            heap += data if len(data) > 4 else b""
    return head + table + b"\0\0\0\0" + heap


def _entry(order: str, tag: int, kind: int, data: bytes, at: int) -> bytes:
    head = struct.pack(f"{order}HHI", tag, kind, len(data))
    return head + (data.ljust(4, b"\0") if len(data) <= 4 else struct.pack(f"{order}I", at))


def jpeg(exif: bytes = b"", xmp: bytes = b"", iptc: bytes = b"", comment: bytes = b"") -> bytes:
    data = _saved(picture(), "JPEG")
    segments = b""
    if exif:
        segments += _segment(0xE1, b"Exif\0\0" + exif)
    if xmp:
        segments += _segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp)
    if iptc:
        block = b"8BIM" + struct.pack(">H", 0x0404) + b"\0\0" + struct.pack(">I", len(iptc)) + iptc
        other = b"8BIM" + struct.pack(">H", 0x03ED) + b"\x03abc" + struct.pack(">I", 3) + b"xyz\0"
        segments += _segment(0xED, b"Photoshop 3.0\0" + other + block)
    if comment:
        segments += _segment(0xFE, comment)
    return data[:2] + segments + data[2:]


def _segment(marker: int, data: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(data) + 2) + data


def webp(exif: bytes = b"", xmp: bytes = b"") -> bytes:
    return _saved(picture(), "WEBP", exif=exif, xmp=xmp)


def avif(exif: bytes = b"", xmp: bytes = b"") -> bytes:
    return _saved(picture((16, 16)), "AVIF", exif=exif, xmp=xmp)


def tiff(xmp: bytes = b"", description: str = "") -> bytes:
    tags = {270: description} if description else {}
    if xmp:
        tags[700] = xmp
    return _saved(picture(), "TIFF", tiffinfo=tags)


def iptc_records(keywords: list[str], caption: str = "", city: str = "", encoding="utf-8") -> bytes:
    data = b""
    if encoding == "utf-8":
        data += b"\x1c\x01\x5a\x00\x03\x1b%G"
    fields = [(25, word) for word in keywords] + [(120, caption), (90, city), (55, "20190704")]
    for number, text in fields:
        if text:
            value = text.encode(encoding)
            data += b"\x1c\x02" + bytes((number,)) + struct.pack(">H", len(value)) + value
    return data


def xmp_packet(body: str, attributes: str = "") -> bytes:
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:lr="http://ns.adobe.com/lightroom/1.0/" '
        'xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" '
        'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/" '
        f'xmlns:tiff="http://ns.adobe.com/tiff/1.0/" {attributes}>{body}</rdf:Description>'
        '</rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    ).encode()


def bag(name: str, *words: str, kind: str = "Bag") -> str:
    items = "".join(f"<rdf:li>{word}</rdf:li>" for word in words)
    return f"<{name}><rdf:{kind}>{items}</rdf:{kind}></{name}>"


def laughs() -> bytes:
    """A document type whose entities unfold to gigabytes."""
    lines = ['<!ENTITY a0 "ha">']
    lines += [f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 11)]
    body = "".join(lines)
    packet = xmp_packet(bag("dc:subject", "&a10;")).decode()
    return f"<!DOCTYPE x [{body}]>{packet.partition('?>')[2]}".encode()


def novelai_comment(prompt: str = "{red hair}, 1.2::smile::, saber (fate)", **more: Any) -> str:
    return json.dumps({"prompt": prompt, "uc": NEGATIVE, "steps": 28, **more})


def novelai_payload() -> bytes:
    fields = {"Software": "NovelAI", "Description": "x", "Comment": novelai_comment()}
    return json.dumps(fields).encode()


def stealth(
    payload: bytes,
    signature: bytes = b"stealth_pngcomp",
    *,
    size: tuple[int, int] = (64, 128),
    length: int | None = None,
    mode: str = "RGBA",
) -> bytes:
    """A PNG with a text in its lowest bits, written as the generators do: column by column."""
    data = gzip.compress(payload) if signature.endswith(b"comp") else payload
    bits = "".join(f"{byte:08b}" for byte in signature)
    bits += f"{len(data) * 8 if length is None else length:032b}"
    bits += "".join(f"{byte:08b}" for byte in data)
    image = Image.effect_noise(size, 60).convert("RGB").convert(mode)
    image.putpixel((0, 0), (1, 2, 3) + (255,) * (mode == "RGBA"))
    pixels = image.load()
    spelt = iter(bits)
    channels = (0, 1, 2) if signature[8:11] == b"rgb" else (3,)
    for x in range(size[0]):
        for y in range(size[1]):
            values = list(pixels[x, y])
            for channel in channels:
                bit = next(spelt, None)
                if bit is not None:
                    values[channel] = values[channel] & 0xFE | int(bit)
            pixels[x, y] = tuple(values)
    return _saved(image, "PNG")


def filtered(data: bytes, kind: int) -> bytes:
    """The same RGBA picture with one of PNG's filters on every row."""
    image = Image.open(io.BytesIO(data))
    pixels, stride = image.tobytes(), image.width * 4
    above = bytes(stride)
    packed = bytearray()
    for start in range(0, len(pixels), stride):
        row = pixels[start : start + stride]
        packed.append(kind)
        for at, byte in enumerate(row):
            left = row[at - 4] if at >= 4 else 0
            corner = above[at - 4] if at >= 4 else 0
            near = min(
                (left, above[at], corner), key=lambda one: abs(left + above[at] - corner - one)
            )
            guess = (0, left, above[at], (left + above[at]) // 2, near)[kind]
            packed.append((byte - guess) & 0xFF)
        above = row
    idat = zlib.compress(bytes(packed))
    end = chunk(b"IEND", b"")
    whole = data[:33] + chunk(b"IDAT", idat[:100]) + chunk(b"IDAT", idat[100:]) + end
    assert Image.open(io.BytesIO(whole)).tobytes() == pixels
    return whole


def comfy(text: Any = PROMPT, **more: Any) -> dict[str, Any]:
    """ComfyUI's default graph; ``more`` are further nodes."""
    return {
        "3": {
            "class_type": "KSampler",
            "inputs": {
                "seed": 1,
                "model": ["4", 0],
                "positive": ["6", 0],
                "negative": ["7", 0],
                "latent_image": ["5", 0],
            },
        },
        "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "a.safetensors"}},
        "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 8, "height": 8}},
        "6": {"class_type": "CLIPTextEncode", "inputs": {"text": text, "clip": ["4", 1]}},
        "7": {"class_type": "CLIPTextEncode", "inputs": {"text": NEGATIVE, "clip": ["4", 1]}},
        "8": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0], "vae": ["4", 2]}},
        "9": {"class_type": "SaveImage", "inputs": {"images": ["8", 0], "filename_prefix": "x"}},
        **more,
    }


def node(kind: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": kind, "inputs": inputs}


def _saved(image: Image.Image, form: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()

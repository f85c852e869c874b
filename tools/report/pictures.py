"""The parts of a report that need the images: sizes from headers, small pictures for the sheets."""

from __future__ import annotations

import base64
import io
import os
from collections import Counter
from collections.abc import Sequence
from typing import Any

from tagsmith.tools.audit.evidence import Evidence
from tagsmith.tools.images import read_header
from tagsmith.tools.report.counting import histogram
from tagsmith.tools.report.numbers import Histogram, Shown, Sizes
from tagsmith.tools.watch import Step

SIDE = 176
QUALITY = 72
CAPTION_CHARACTERS = 240
UNREADABLE_LISTED = 20
POINTS = 400
# Rough classes of width by height, as people say them, with the limits between them.
ASPECTS = ((0.6, "tall"), (0.9, "portrait"), (1.12, "square"), (1.7, "landscape"))
WIDER = "wide"


def sizes(evidence: Evidence) -> Sizes:
    """Read every image's size from its header; no pixel is decoded."""
    found: Counter[tuple[int, int]] = Counter()
    bad: list[tuple[str, str]] = []
    workspace, total = evidence.workspace, len(evidence.samples)
    for number, sample in enumerate(evidence.samples):
        if number % 200 == 0:
            evidence.watch.tell(Step("Reading sizes", number, total))
            evidence.watch.check("Stopped; there is no report.")
        header = read_header(os.path.join(workspace.root, workspace.on_disk(sample)))
        if header.size is None:
            bad.append((sample.image, header.reason))
        else:
            found[header.size] += 1
    shorter = Counter[int]()
    for (width, height), number in found.items():
        shorter[min(width, height)] += number
    common = found.most_common(POINTS)
    return Sizes(
        buckets=tuple((f"{width} x {height}", number) for (width, height), number in common[:12]),
        sides=histogram(shorter),
        aspects=_aspects(found),
        points=tuple((width, height, number) for (width, height), number in common),
        unreadable=tuple(bad[:UNREADABLE_LISTED]),
        unreadable_images=len(bad),
    )


def _aspects(found: Counter[tuple[int, int]]) -> Histogram:
    names = [name for _, name in ASPECTS] + [WIDER]
    counts = dict.fromkeys(names, 0)
    for (width, height), number in found.items():
        ratio = width / height
        counts[next((name for limit, name in ASPECTS if ratio < limit), WIDER)] += number
    return Histogram(tuple(names), tuple(counts.values()))


def shown(evidence: Evidence, images: Sequence[str]) -> list[Shown]:
    """Return small pictures of images, decoded in processes of their own, with their captions.

    ``images`` are named as the workspace has them. A picture that cannot be decoded says why.
    """
    from tagsmith.tools.vision.workers import BadImage, Workers

    workspace = evidence.workspace
    wanted = set(images)
    samples = {one.image: one for one in evidence.samples if one.image in wanted}
    by_path = {workspace.on_disk(samples[name]): samples[name] for name in images}
    found = []
    with Workers(jpeg, SIDE, root=workspace.root) as workers:
        for path, outcome in workers.map(by_path, evidence.watch):
            sample = by_path[path]
            caption = workspace.caption(sample)
            text = caption.text.strip()[:CAPTION_CHARACTERS] if caption is not None else ""
            if isinstance(outcome, BadImage):
                found.append(Shown(sample.image, text, trouble=outcome.reason))
            else:
                picture = base64.b64encode(outcome.value).decode()
                found.append(Shown(sample.image, text, picture))
    return found


def jpeg(data: bytes, side: Any) -> bytes:
    """Return a small JPEG of the bytes of an image: a job for image workers.

    Raises BadImageError.
    """
    from tagsmith.tools.vision.decode import open_image

    image = open_image(data, draft=(2 * side, 2 * side)).image
    image.thumbnail((side, side))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=QUALITY, optimize=True)
    return out.getvalue()

"""A report whose every text is hostile."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tagsmith.tools.report.numbers import (
    Applied,
    Found,
    Group,
    Histogram,
    Matrix,
    Overview,
    Report,
    Shown,
    Sizes,
    TagRow,
)

# A 1 x 1 JPEG is not needed: the page only embeds what it is given.
NO_PICTURE = ""


def payloads(canary: str) -> tuple[str, ...]:
    """Texts that run a script or ask for something at ``canary`` where they are not escaped."""
    return (
        f"<script>document.title='owned';fetch('{canary}/script')</script>",
        f"<img src='{canary}/img' onerror=\"document.title='owned'\">",
        f'"><svg onload="document.title=\'owned\'"><image href="{canary}/svg"/></svg>',
        f"</style><style>body{{background:url({canary}/css)}}</style>",
        f"</title><iframe src='{canary}/frame'></iframe>",
        f"<meta http-equiv='refresh' content='0;url={canary}/refresh'>",
        f"<link rel=stylesheet href='{canary}/link'>",
        f"]]><!--><base href='{canary}/'><a href=javascript:alert(1)>x</a>",
        "&lt;b&gt; $x^2$ \x1b[31mred\x1b[0m \u202egnp.exe \U000e0041\u200b",
        "\udcff\udc80 not UTF-8",
    )


@pytest.fixture
def hostile_report() -> Callable[[str], Report]:
    """Return a function from the address of a canary to a report full of payloads."""

    def make(canary: str) -> Report:
        texts = payloads(canary)
        shares = tuple(tuple(0.9 for _ in texts) for _ in texts)
        shown = tuple(Shown(one, one, NO_PICTURE, one) for one in texts)
        bins = Histogram(tuple(texts), tuple(range(1, len(texts) + 1)))
        return Report(
            overview=Overview(texts[0], 10, 9, 1, 2, 30, 90, 3, 9.0, 20, 2),
            frequencies=tuple(TagRow(one, 5, 50.0) for one in texts),
            ranks=(5, 3, 1),
            together=Matrix(texts, texts, shares),
            traits=Matrix(texts, texts, shares),
            tags_per_caption=bins,
            tokens=Histogram(("0-80", "81-160"), (4, 5)),
            tokens_by=texts[1],
            sizes=Sizes(
                buckets=tuple((one, 1) for one in texts),
                sides=bins,
                aspects=bins,
                points=((512, 512, 3), (1024, 768, 6)),
                unreadable=tuple((one, one) for one in texts),
                unreadable_images=len(texts),
            ),
            findings=tuple(Found(one, one, one, 3, 0.9, texts, texts, texts) for one in texts),
            duplicates=tuple(Group(one, one, shown, 2) for one in texts),
            duplicate_groups=40,
            sheet=shown,
            history=tuple(Applied(one, one, one, one, one, 3) for one in texts),
            left_out=texts,
        )

    return make

"""docs/hub.md: every way a pull can go, what it asked of the hub and what the user saw.

    python tests/fakes/hub_table.py      writes the page anew

``tests/tui/commands/test_models.py`` fails where the page says something else than what happens.
"""

from __future__ import annotations

import io
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest
from hub import CUT, ENDLESS, OTHER, RESET, FakeHub
from hub_case import COMMIT, FILES, NEWER, REPO, TOKEN, Case, open_case

from tagsmith.tools.vision import pulling
from tagsmith.tools.vision.installed import installed
from tagsmith.tools.vision.spec import find_spec
from tagsmith.tui.cli import main
from tagsmith.tui.commands import progress

PAGE = Path(__file__).parents[2] / "docs" / "hub.md"
HEAD = """\
# Downloading models

`tagsmith models pull NAME` is the only thing in Tagsmith that downloads a model, and it asks first.
The files go into the hub's own cache (HF_HOME, HF_HUB_CACHE), where other tools find them too; only
those that the model's spec names are fetched. A model can also be placed by hand: its files in
`models/NAME/` of Tagsmith's data folder, or in `NAME/` of the folder that TAGSMITH_MODELS_FOLDER
names, laid out as in the repository. Such a folder is looked at first.

- **Pinned.** The spec names the commit, the size and the sha256 of each file; a different file is
  refused before it is fetched, and again when it has come. What a spec leaves open is compared with
  what the hub says, and held from then on at the commit and the sha256 of the first pull.
- **Verified once.** A file is hashed before its first use, and again whenever its size, time or
  inode has changed.
- **No request** for a model that is here. HF_HUB_OFFLINE=1 forbids all requests, HF_ENDPOINT names
  a mirror (http or https), telemetry is off, and plain HTTP is used, not Xet.
- **A token** (HF_TOKEN, or that of `hf auth login`) is sent when the hub asks for one, never over
  plain http to another machine, and never to the storage that the hub redirects to.
- **Interrupted.** A broken connection is taken up again where it was, for about a minute without
  progress; then, or after Ctrl-C or a crash, the next pull goes on there. Until a file is whole and
  verified it lies under a name that nothing uses; `tagsmith models remove NAME` deletes it.

The table is made by `tests/fakes/hub_table.py`, which plays each case to
`tagsmith models pull tiny --yes` over HTTP; a test fails where it is not what happens. The model
has a large file, `model.onnx`, which the hub redirects to a storage, and a small one, `tags.txt`.
Each is asked about twice (`HEAD`): by Tagsmith, which compares the answer with the spec before
anything is fetched, and by the hub's library.

| case | requests | exit | what the user saw | after |
|---|---|---|---|---|
"""

Prepare = Callable[[Case, pytest.MonkeyPatch], None]


def nothing(case: Case, patch: pytest.MonkeyPatch) -> None:
    del case, patch


def pulled(case: Case, patch: pytest.MonkeyPatch) -> None:
    pull()
    case.hub.requests.clear()


def pulled_and_down(case: Case, patch: pytest.MonkeyPatch) -> None:
    pull()
    case.hub.requests.clear()
    case.hub.stop()


def by_hand(case: Case, patch: pytest.MonkeyPatch) -> None:
    case.place_by_hand()


def by_hand_damaged(case: Case, patch: pytest.MonkeyPatch) -> None:
    case.place_by_hand(tags_txt=b"dog\nrat")


def cache_damaged(case: Case, patch: pytest.MonkeyPatch) -> None:
    pull()
    case.hub.requests.clear()
    (case.snapshot / "tags.txt").write_bytes(b"dog\nrat")


def unpinned(case: Case, patch: pytest.MonkeyPatch) -> None:
    case.write_spec(revision=None, sizes=dict.fromkeys(FILES), hashes=dict.fromkeys(FILES))


def unpinned_and_moved(case: Case, patch: pytest.MonkeyPatch) -> None:
    unpinned(case, patch)
    pull()
    case.hub.add(REPO, NEWER, FILES)
    case.hub.requests.clear()


def no_file(case: Case, patch: pytest.MonkeyPatch) -> None:
    del case.hub.repos[REPO].commits[COMMIT]["tags.txt"]


def no_repo(case: Case, patch: pytest.MonkeyPatch) -> None:
    case.hub.repos.clear()


def no_revision(case: Case, patch: pytest.MonkeyPatch) -> None:
    case.hub.repos[REPO].commits.clear()


def gated(case: Case, patch: pytest.MonkeyPatch) -> None:
    case.hub.repos[REPO].gate = TOKEN


def gated_with_token(case: Case, patch: pytest.MonkeyPatch) -> None:
    gated(case, patch)
    patch.setenv("HF_TOKEN", TOKEN)


def gated_for_you(case: Case, patch: pytest.MonkeyPatch) -> None:
    case.hub.repos[REPO].gate = "that of another account"
    patch.setenv("HF_TOKEN", TOKEN)


def fault(kind: str, path: str = "model.onnx", times: int = 1_000_000) -> Prepare:
    def prepare(case: Case, patch: pytest.MonkeyPatch) -> None:
        case.hub.spoil(path, kind, times)

    return prepare


def other_hash(case: Case, patch: pytest.MonkeyPatch) -> None:
    case.write_spec(hashes={"model.onnx": "0123456789ab"})


def other_size(case: Case, patch: pytest.MonkeyPatch) -> None:
    case.write_spec(sizes={"model.onnx": 5})


def status(number: int) -> Prepare:
    def prepare(case: Case, patch: pytest.MonkeyPatch) -> None:
        case.hub.status = number

    return prepare


def no_tls(case: Case, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("HF_ENDPOINT", case.hub.endpoint.replace("http:", "https:"))


def down(case: Case, patch: pytest.MonkeyPatch) -> None:
    case.hub.stop()


def offline(case: Case, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("HF_HUB_OFFLINE", "1")


def bad_mirror(case: Case, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("HF_ENDPOINT", "ftp://mirror")


def no_hub(case: Case, patch: pytest.MonkeyPatch) -> None:
    case.hub.headers = {"X-Repo-Commit": "", "ETag": "", "X-Linked-Etag": ""}


def hostile(case: Case, patch: pytest.MonkeyPatch) -> None:
    case.hub.headers = {"X-Linked-Etag": '"../../../../.config/autostart/x"'}


def full(case: Case, patch: pytest.MonkeyPatch) -> None:
    usage = type("Usage", (), {"free": 1_000_000})
    patch.setattr("shutil.disk_usage", lambda _: usage)


def answering(text: str) -> Prepare:
    def prepare(case: Case, patch: pytest.MonkeyPatch) -> None:
        class Terminal(io.StringIO):
            def isatty(self) -> bool:
                return True

        patch.setattr(sys, "stdin", Terminal(text))
        patch.setattr(sys, "stderr", Terminal())

    return prepare


ROWS: Mapping[str, tuple[Prepare, tuple[str, ...]]] = {
    "first download": (nothing, ("--yes",)),
    "first download, from a mirror": (nothing, ("--yes",)),
    "pulled before": (pulled, ("--yes",)),
    "pulled before, hub down": (pulled_and_down, ("--yes",)),
    "placed by hand": (by_hand, ("--yes",)),
    "placed by hand, damaged": (by_hand_damaged, ("--yes",)),
    "damaged in the cache": (cache_damaged, ("--yes",)),
    "no terminal and no --yes": (nothing, ()),
    "asked, from a mirror; no": (answering("n\n"), ()),
    "asked, from a mirror; yes": (answering("y\n"), ()),
    "no commit pinned": (unpinned, ("--yes",)),
    "no commit pinned, newer there": (unpinned_and_moved, ("--yes",)),
    "404: file": (no_file, ("--yes",)),
    "404: repository": (no_repo, ("--yes",)),
    "404: revision": (no_revision, ("--yes",)),
    "gated, no token": (gated, ("--yes",)),
    "gated, a token": (gated_with_token, ("--yes",)),
    "gated, a token without access": (gated_for_you, ("--yes",)),
    "cut at half, once": (fault(CUT, times=1), ("--yes",)),
    "cut at half, always": (fault(CUT), ("--yes",)),
    "reset at half, once": (fault(RESET, "tags.txt", 1), ("--yes",)),
    "reset at half, always": (fault(RESET, "tags.txt"), ("--yes",)),
    "other bytes come": (fault(OTHER), ("--yes",)),
    "a body without end": (fault(ENDLESS), ("--yes",)),
    "the hub has another hash": (other_hash, ("--yes",)),
    "the hub has another size": (other_size, ("--yes",)),
    "hub down": (down, ("--yes",)),
    "status 503": (status(503), ("--yes",)),
    "status 429": (status(429), ("--yes",)),
    "offline": (offline, ("--yes",)),
    "HF_ENDPOINT is no address": (bad_mirror, ("--yes",)),
    "https, and the hub has none": (no_tls, ("--yes",)),
    "not a hub": (no_hub, ("--yes",)),
    "a hub that names a path": (hostile, ("--yes",)),
    "the disk is full": (full, ("--yes",)),
}


@dataclass(frozen=True)
class Played:
    """A case, and what came of it."""

    name: str
    requests: tuple[str, ...]
    status: int
    out: str
    err: str
    here: bool

    @property
    def row(self) -> str:
        counted = Counter(self.requests)
        asked = [f"{line}{f' x{times}' if times > 1 else ''}" for line, times in counted.items()]
        said = "<br>".join(line for line in (self.err + self.out).splitlines() if line)
        told = said.replace("|", "\\|").replace("tagsmith: ", "")
        after = "the model" if self.here else "no model"
        return (
            f"| {self.name} | {'<br>'.join(asked) or 'none'} | {self.status} | {told} | {after} |"
        )


def pull(*words: str) -> tuple[int, str, str]:
    """Call ``tagsmith models pull tiny``; returns the exit status, stdout and stderr."""
    out, err = io.StringIO(), io.StringIO()
    if sys.stderr.isatty() and isinstance(sys.stderr, io.StringIO):
        err = sys.stderr
    with redirect_stdout(out), redirect_stderr(err):
        status = main(["models", "pull", "tiny", *(words or ("--yes",))])
    return status, out.getvalue(), err.getvalue()


def play(name: str, home: Path) -> Played:
    """Play one case on a hub of its own, with folders of its own below ``home``."""
    prepare, words = ROWS[name]
    with pytest.MonkeyPatch.context() as patch, open_case(home, patch) as case:
        case.write_spec()
        patch.setattr(progress, "SILENT_FOR", float("inf"))
        if "mirror" not in name:
            patch.setattr(pulling, "HUB", case.hub.endpoint)
        prepare(case, patch)
        status, out, err = pull(*(words or ("--",)))
        host = "hf-mirror.com" if "mirror" in name else "huggingface.co"
        told = (_without_places(text, case.hub, home, host) for text in (out, err))
        return Played(name, tuple(case.hub.log()), status, *told, here=_is_here())


def _is_here() -> bool:
    try:
        return installed(find_spec("tiny")) is not None
    except Exception:
        return False


def _without_places(text: str, hub: FakeHub, home: Path, host: str) -> str:
    address = hub.endpoint.removeprefix("http://")
    text = text.replace(f"http://{address}", f"https://{host}").replace(address, host)
    return text.replace(str(home), "~").replace("\x1b[K", "").replace("\r", "")


def page(rows: list[str]) -> str:
    """The whole page."""
    return HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        names = list(ROWS)
        played = [play(name, Path(folder) / str(number)) for number, name in enumerate(names)]
    PAGE.write_text(page([one.row for one in played]), "utf-8")

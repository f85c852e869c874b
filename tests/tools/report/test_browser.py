"""The page in a real headless Chromium: ``pytest -m chromium tests/tools/report``.

Stays out of the usual run because a machine may have no browser. ``TAGSMITH_CHROMIUM`` names one;
otherwise it is looked for on the PATH, and the tests fail, saying so, where there is none.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tagsmith.tools.report.numbers import Report
from tagsmith.tools.report.page import page

pytestmark = pytest.mark.chromium

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


def chromium() -> str:
    found = os.environ.get("TAGSMITH_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), "")
    assert found, "no Chromium on the PATH: install one, or set TAGSMITH_CHROMIUM"
    return found


def browse(file: Path, profile: Path, *flags: str) -> str:
    command = [
        chromium(),
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        f"--user-data-dir={profile}",
        "--virtual-time-budget=3000",
        *flags,
        file.as_uri(),
    ]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=90, check=True)
    return ran.stdout


class Canary(ThreadingHTTPServer):
    """Counts the requests that a page makes."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        super().__init__(("127.0.0.1", 0), Answer)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Canary)
        self.server.asked.append(self.path)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def canary() -> Iterator[Canary]:
    with Canary() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_hostile_report_runs_no_script_and_asks_for_nothing(
    canary: Canary, hostile_report: Callable[[str], Report], tmp_path: Path
) -> None:
    file = tmp_path / "report.html"
    file.write_text("".join(page(hostile_report(canary.address))), encoding="utf-8")
    shown = browse(file, tmp_path / "profile", "--dump-dom")
    assert canary.asked == []
    title = shown.partition("<title>")[2].partition("</title>")[0]
    assert title.endswith("Tagsmith report")
    assert title.startswith("&lt;script&gt;")


def test_the_canary_hears_a_page_that_does_ask(canary: Canary, tmp_path: Path) -> None:
    file = tmp_path / "open.html"
    file.write_text(
        f"<title>a</title><img src='{canary.address}/img'><script>document.title='b'</script>"
    )
    shown = browse(file, tmp_path / "profile", "--dump-dom")
    assert canary.asked == ["/img"]
    assert "<title>b</title>" in shown


@pytest.mark.parametrize(("name", "size"), [("phone", "390,844"), ("laptop", "1366,900")])
def test_it_is_drawn_at_the_size_of_a(
    name: str, size: str, hostile_report: Callable[[str], Report], tmp_path: Path
) -> None:
    file, picture = tmp_path / "report.html", tmp_path / f"{name}.png"
    file.write_text("".join(page(hostile_report("http://127.0.0.1:9"))), encoding="utf-8")
    browse(file, tmp_path / "profile", f"--window-size={size}", f"--screenshot={picture}")
    assert picture.stat().st_size > 10_000


def test_it_prints(hostile_report: Callable[[str], Report], tmp_path: Path) -> None:
    file, printed = tmp_path / "report.html", tmp_path / "report.pdf"
    file.write_text("".join(page(hostile_report("http://127.0.0.1:9"))), encoding="utf-8")
    browse(file, tmp_path / "profile", f"--print-to-pdf={printed}")
    assert printed.read_bytes().startswith(b"%PDF")

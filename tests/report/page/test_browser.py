"""The page in a real browser, headless: it renders, complains of nothing, asks the net nothing."""

import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from burner.report.figures.calendar import Calendar
from burner.report.figures.counting import count
from burner.report.figures.figures import Scope
from burner.report.figures.production_figures import production_figures
from burner.report.figures.summing import figures
from burner.report.page.page import page
from tests.manifest.records import a_ledger, open_batch
from tests.manifest.tested_units import burned_with_tests, rf_test, tx_power
from tests.report.attempts import MONDAY_8_UTC, attempt

pytestmark = pytest.mark.full
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars")
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
def browser() -> str:
    browser_path = next((path for name in NAMES if (path := shutil.which(name))), None)
    if browser_path is None:
        pytest.skip(f"no browser here: none of {', '.join(NAMES)}")
    return browser_path


@pytest.fixture
def asked() -> Iterator[tuple[int, list[str]]]:
    """A proxy that everything but files would have to go through, and what it was asked."""
    requests: list[str] = []

    class Refuse(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            requests.append(self.path)
            self.send_error(403)

        do_CONNECT = do_POST = do_GET  # noqa: N815 - http.server's names

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Refuse) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1], requests
        server.shutdown()
        thread.join()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    hostile = "<img src=http://203.0.113.1/x>"
    rows = [
        *(
            attempt(1, unit_id=f"{n:012x}", slot=str(n % 8 + 1), started=MONDAY_8_UTC + n * 60)
            for n in range(200)
        ),
        *(attempt(n, "FAIL", slot="5", code="E601") for n in range(1, 20)),
        attempt(30, "OPEN", device_name=hostile),
    ]
    data = figures(count(rows), Scope("m", batch="WO1"), Calendar(zone=ZoneInfo("UTC")))
    target = tmp_path / "report.html"
    target.write_text(page(data), encoding="utf-8")
    return target


def run(browser: str, home: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [browser, *FLAGS, f"--user-data-dir={home / 'profile'}", *arguments],
        capture_output=True,
        timeout=90,
        check=True,
    )


def test_the_page_renders_with_its_figures_and_without_complaints(
    browser: str, file: Path, asked: tuple[int, list[str]]
) -> None:
    port, requests = asked
    ran = run(
        browser,
        file.parent,
        "--enable-logging=stderr",
        "--v=0",
        f"--proxy-server=http://127.0.0.1:{port}",
        "--proxy-bypass-list=<-loopback>",
        "--dump-dom",
        file.as_uri(),
    )
    dom, log = ran.stdout.decode(), ran.stderr.decode(errors="replace")
    assert "Results of the units" in dom
    assert "90.9\u202f%" in dom
    assert dom.count("<svg") > 20
    assert re.findall(r".*CONSOLE.*", log) == []
    # A fresh profile calls its maker at home; that is not the page.
    assert [path for path in requests if "203.0.113" in path] == []


def test_a_phone_shows_measurements_without_a_page_that_is_too_wide(
    browser: str, tmp_path: Path
) -> None:
    with a_ledger(tmp_path) as ledger:
        open_batch(ledger)
        for unit in range(1, 65):
            test = rf_test(tx_power(f"{12 + unit % 16 / 20:.2f}"))
            burned_with_tests(ledger, unit, test, slot=str(unit % 8 + 1), at_s=unit * 60)
        html = page(production_figures(ledger.reader))
    measured = "document.title = document.documentElement.scrollWidth"
    file = tmp_path / "report.html"
    open_html = re.sub("<meta http-equiv[^>]*>", "", html)  # its policy forbids the script
    script = f"<script>addEventListener('load', () => {{ {measured} }})</script>"
    file.write_text(open_html.replace("</body>", f"{script}</body>"), encoding="utf-8")
    dom = run(
        browser, tmp_path, "--window-size=500,900", "--dump-dom", file.as_uri()
    ).stdout.decode()
    assert "Measurements against their limits" in dom
    assert "<title>500</title>" in dom


@pytest.mark.parametrize("scheme", ["0", "1"], ids=["dark", "light"])
def test_a_picture_of_the_page_has_something_on_it(
    browser: str, file: Path, tmp_path: Path, scheme: str
) -> None:
    target = tmp_path / "page.png"
    run(
        browser,
        tmp_path,
        f"--blink-settings=preferredColorScheme={scheme}",
        f"--screenshot={target}",
        "--window-size=1000,2400",
        file.as_uri(),
    )
    data = target.read_bytes()
    assert data.startswith(PNG)
    assert int.from_bytes(data[16:20], "big") == 1000
    assert len(data) > 60_000


def test_it_prints_on_a_few_sheets_of_a4(browser: str, file: Path, tmp_path: Path) -> None:
    target = tmp_path / "page.pdf"
    run(browser, tmp_path, f"--print-to-pdf={target}", "--no-pdf-header-footer", file.as_uri())
    pages = re.findall(rb"/Type /Page\b[^s]", target.read_bytes())
    assert 2 <= len(pages) <= 4

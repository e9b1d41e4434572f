"""`python -m lab explore` as a person has it: started, opened in Chromium, moved by key, ended by Ctrl+C."""

import contextlib
import http.client
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from lab.folders import data_folder

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SCENE = "val/toyville/toyville_000000_000018"
START_SECONDS = 120
QUIET_MS = 500
# Asks the kernel to run something, which Voila is to keep from it; any answer but the states of the kernel is told.
RUN_CODE = """file => new Promise(resolve => {
    const kernel = JSON.parse(document.getElementById('jupyter-config-data').textContent).kernelId;
    const socket = new WebSocket(`ws://${location.host}/api/kernels/${kernel}/channels?session_id=evil`);
    const header = { msg_id: 'evil', msg_type: 'execute_request', session: 'evil', username: '', version: '5.3' };
    const content = { code: `open(${JSON.stringify(file)}, 'w')`, silent: false, store_history: false,
                      user_expressions: {}, allow_stdin: false, stop_on_error: true };
    const message = { header, parent_header: {}, metadata: {}, content, buffers: [], channel: 'shell' };
    const said = [];
    socket.onmessage = event => said.push(JSON.parse(event.data).msg_type);
    socket.onerror = () => resolve('refused');
    socket.onopen = () => { socket.send(JSON.stringify(message)); setTimeout(() => resolve(said.join()), 2000); };
})"""


@dataclass(frozen=True)
class Running:
    """The command at work: its process, the address that it says, its home and its folder for temporary files."""

    process: subprocess.Popen
    address: str
    home: Path
    temporary: Path

    @property
    def root(self) -> str:
        """The address without the token."""
        return self.address.partition("?")[0]

    def kernels(self) -> list[Path]:
        """A file for each kernel that runs."""
        return list(self.temporary.rglob("kernel-*.json"))


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    home, temporary = tmp_path / "home", tmp_path / "temporary"
    home.mkdir()
    temporary.mkdir()
    folder = data_folder() / "scenes"
    files = [folder / "leftImg8bit" / f"{SCENE}_leftImg8bit.png", folder / "gtFine" / f"{SCENE}_gtFine_instanceIds.png"]
    command = [sys.executable, "-m", "lab", "explore", files[0], "--labels", files[1], "--no-browser"]
    places = {"HOME": str(home), "TMPDIR": str(temporary), "MPLCONFIGDIR": str(tmp_path / "matplotlib")}
    log = tmp_path / "said.txt"
    with log.open("w") as said:
        process = subprocess.Popen(
            command,
            cwd=tmp_path,
            env={**os.environ, **places},
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield Running(process, address_in(log, process), home, temporary)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


def address_in(log: Path, process: subprocess.Popen) -> str:
    """What the command says once it listens."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        if found := re.search(r"http://127\.0\.0\.1:\d+/\?token=\S+", log.read_text()):
            return found[0]
        time.sleep(0.2)
    raise RuntimeError(f"the command did not say where it listens; it said:\n{log.read_text()}")


def status(running: Running, path: str, **headers: str) -> int:
    """Of the answer to a request, redirects not followed."""
    connection = http.client.HTTPConnection(running.root.split("/")[2], timeout=10)
    with contextlib.closing(connection):
        connection.request("GET", path, headers=headers)
        return connection.getresponse().status


def still(page) -> bytes:
    """The picture once it no longer changes."""
    canvas, before = page.locator(".lab-explorer canvas").first, None
    while before != (before := canvas.screenshot()):
        page.wait_for_timeout(QUIET_MS)
    return before


def answers_nobody_else(running: Running) -> None:
    """Neither who has no token, nor a page of another name, nor who asks for a file; no kernel is started for them."""
    token = running.address.partition("?")[2]
    assert status(running, "/") == 302  # to the page that asks for the token
    assert status(running, f"/?{token}", Host="elsewhere.example") == 403
    assert status(running, f"/voila/files/prepared.npz?{token}") == 403
    assert not running.kernels()


def moves(page) -> None:
    """A slider moved by key changes picture, count and score."""
    before, count = still(page), page.locator(".lab-count").inner_text()
    page.locator(".lab-explorer-sigma-scale input").focus()
    for _ in range(12):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("was => document.querySelector('.lab-count').innerText !== was", arg=count)
    assert still(page) != before
    assert "right," in page.locator(".lab-score").inner_text()
    assert page.locator(".lab-error").count() == 0


def runs_no_code(page, running: Running, file: Path) -> None:
    """Whoever has the token moves controls and no more."""
    assert "execute" not in page.evaluate(RUN_CODE, str(file))
    assert not file.exists()
    assert len(running.kernels()) == 1


def test_explore_from_start_to_end(running: Running, tmp_path: Path) -> None:
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import sync_playwright

    from lab.chromium import find_chromium
    from tests.browser.lab_page import ARGUMENTS

    answers_nobody_else(running)
    inside, outside, errors = (running.root, "data:", "blob:"), [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), headless=True, args=list(ARGUMENTS))
        page = browser.new_context(viewport={"width": 1280, "height": 1100}).new_page()
        page.on("request", lambda request: outside.append(request.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.goto(running.address, timeout=120_000)
        page.locator(".lab-explorer canvas").first.wait_for(timeout=60_000)
        assert page.title() == "toyville_000000_000018_leftImg8bit.png · Spatial Embedding Lab"
        assert page.locator("h1").inner_text() == "toyville_000000_000018_leftImg8bit.png"
        moves(page)
        assert not Axe().run(page).response["violations"]
        if folder := os.environ.get("LAB_SCREENSHOTS"):
            page.screenshot(path=Path(folder) / "explore_app.png", full_page=True)
        runs_no_code(page, running, tmp_path / "was_run")
        page.close(run_before_unload=True)
        wait_until(lambda: not running.kernels())  # a page that is closed takes its kernel with it
        browser.close()
    assert not [address for address in outside if not address.startswith(inside)]
    assert not errors

    os.kill(running.process.pid, signal.SIGINT)
    assert running.process.wait(30) == 0
    assert not list(running.temporary.iterdir())
    assert not [path for path in running.home.rglob("*") if path.is_file()]


def wait_until(done, seconds: float = 20) -> None:
    """Raise AssertionError where it does not come true in time."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end
        time.sleep(0.2)

"""The two servers that the lab starts, as it starts them: whom they listen to, and what they answer without a token."""

import contextlib
import http.client
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit
from urllib.request import url2pathname

import psutil
import pytest
from PIL import Image
from tornado.ioloop import IOLoop

from tests.browser.jupyterlab import environment, free_port, stop
from tests.test_setup import ROOT, run

START_SECONDS = 120
LOOPBACK = {"127.0.0.1", "::1"}


def status(port: int, path: str, method: str = "GET", **headers: str) -> int:
    """Of the answer to a request; a redirection is not followed."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    with contextlib.closing(connection):
        connection.request(method, path, headers=headers)
        return connection.getresponse().status


def listening(process: psutil.Process) -> dict[int, set[str]]:
    """Port -> addresses at which this process, not its kernels, waits for connections."""
    found: dict[int, set[str]] = {}
    for connection in process.net_connections("inet"):
        if connection.status == psutil.CONN_LISTEN:
            found.setdefault(connection.laddr.port, set()).add(connection.laddr.ip)
    return found


# --- make lab ---


def words_of_make_lab(port: int) -> list[str]:
    """What `make lab` types, by the interpreter that runs the tests and without a browser."""
    shown = run("make", "-n", "lab", f"LAB_JUPYTER_ARGS=--no-browser --port {port}", check=True).stdout
    setup, *rest = shown.replace("\\\n", " ").splitlines()
    home, program, command, *words = shlex.split(" ".join(rest))
    assert (setup, home, Path(program).name, command) == (".ci/setup", ".ci/home", "jupyter", "lab")
    return [sys.executable, "-m", "jupyterlab", *words]


@pytest.fixture
def make_lab(tmp_path: Path) -> Iterator[SimpleNamespace]:
    """`make lab` at work, in a home of its own: its process, its port, and the token that it has made."""
    port = free_port()
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            words_of_make_lab(port),
            cwd=ROOT,
            env=environment(tmp_path),
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        end = time.monotonic() + START_SECONDS
        while True:
            assert process.poll() is None, (tmp_path / "log").read_text()
            assert time.monotonic() < end, (tmp_path / "log").read_text()
            found = list((tmp_path / "runtime").glob("jpserver-*.json"))
            if found and port in listening(psutil.Process(process.pid)):
                break
            time.sleep(0.2)
        token = json.loads(found[0].read_text())["token"]
        yield SimpleNamespace(process=psutil.Process(process.pid), port=port, token=token, note=found[0])
    finally:
        stop(process)


@pytest.mark.skipif(not shutil.which("make"), reason="needs make")
def test_make_lab_listens_to_this_machine_and_asks_for_a_token(make_lab):
    port, token = make_lab.port, make_lab.token
    assert set(listening(make_lab.process)) == {port}
    assert listening(make_lab.process)[port] <= LOOPBACK
    assert len(token) >= 32
    assert os.name != "posix" or make_lab.note.stat().st_mode & 0o077 == 0  # the file that holds it
    assert status(port, "/lab/tree/notebooks/00_start_here.ipynb") == 302  # to the page that asks for the token
    closed = ["/api/contents/README.md", "/api/kernels", "/api/sessions", "/api/terminals", "/files/README.md"]
    assert {path: status(port, path) for path in closed} == dict.fromkeys(closed, 403) | {"/files/README.md": 302}
    assert status(port, "/api/kernels", "POST") == 403
    assert status(port, f"/api/contents/README.md?token={'0' * len(token)}") == 403
    assert status(port, f"/api/contents/README.md?content=0&token={token}") == 200
    # A page of another name that leads here (DNS rebinding) does not get in with the token either.
    assert status(port, f"/api/contents/README.md?content=0&token={token}", Host="elsewhere.example") == 403


# --- python -m lab explore ---


def test_explore_listens_to_this_machine_and_asks_for_a_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from lab.widgets.explorer.app import prepare, serve, usable_port

    monkeypatch.setenv("IPYTHONDIR", "set by serve, and put back after the test")
    Image.new("RGB", (32, 16)).save(tmp_path / "picture.png")
    port, seen = usable_port(None), {}

    def ask(address: str, loop: IOLoop) -> None:
        try:
            token = address.partition("token=")[2].split()[0]
            seen["where"] = listening(psutil.Process())[port]
            seen["token"] = len(token)
            seen["page"] = status(port, "/")
            seen["kernels"] = status(port, "/api/kernels", "POST")
            seen["wrong token"] = status(port, f"/?token={'0' * len(token)}")
            seen["its data"] = status(port, f"/voila/files/prepared.npz?token={token}")
            seen["its door"] = status(port, f"/voila/files/open.html?token={token}")
            seen["other name"] = status(port, f"/?token={token}", Host="elsewhere.example")
        finally:
            loop.add_callback(loop.stop)

    def say(words: str) -> None:  # is called once the server listens, and has to return for it to answer
        if "token=" in words:
            seen["address"] = words.split()[4]
            threading.Thread(target=ask, args=(words, IOLoop.current())).start()

    def start_browser(words: str) -> None:  # which the list of processes shows to all users
        door = Path(url2pathname(urlsplit(words).path))
        seen["shown to all"] = "token" in words
        seen["leads to it"] = f'content="0;url={seen.pop("address")}"' in door.read_text()
        seen["private"] = os.name != "posix" or door.parent.stat().st_mode & 0o077 == 0

    monkeypatch.setattr("webbrowser.open", start_browser)
    before = signal.getsignal(signal.SIGTERM)
    try:
        serve(prepare(tmp_path / "picture.png", "tiny"), port, True, say)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert seen.pop("token") >= 32
    assert seen == {
        "where": {"127.0.0.1"}, "page": 302, "kernels": 403, "wrong token": 302, "its data": 403, "its door": 403,
        "other name": 403, "shown to all": False, "leads to it": True, "private": True,
    }  # fmt: skip

"""A real JupyterLab with a home of its own, so that no settings of this machine reach the tests."""

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

START_SECONDS = 90
# The whole notebook in the page, not only what is scrolled into view; no news, no pop-ups.
SETTINGS = {
    "notebook-extension/tracker": '{"windowingMode": "none"}',
    "apputils-extension/notification": '{"fetchNews": "false", "checkForUpdates": false, "doNotDisturbMode": true}',
}
OPTIONS = (
    "--no-browser",
    "--allow-root",
    "--ip=127.0.0.1",
    "--ServerApp.port_retries=0",
    "--ServerApp.terminals_enabled=False",
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.extension_manager=readonly",
    "--LabApp.expose_app_in_browser=True",
)


@dataclass(frozen=True)
class Server:
    """A running JupyterLab: its address, the token that opens it, and what it has logged."""

    address: str
    token: str
    log: Path

    def page(self, notebook: str) -> str:
        """The address at which JupyterLab opens a notebook, with an empty workspace."""
        return f"{self.address}/lab/tree/{notebook}?reset&token={self.token}"


@contextlib.contextmanager
def serve(folder: Path, home: Path, more: Mapping[str, str] | None = None) -> Iterator[Server]:
    """Start JupyterLab over ``folder``; stopped, kernels included, at the end.

    Args:
        home: its own, with all that it writes down.
        more: variables of its environment, and so of its kernels'.

    Raises:
        RuntimeError: it did not start; its log is in the message.
    """
    write_settings(home)
    port, token = free_port(), secrets.token_hex(16)
    server = Server(f"http://127.0.0.1:{port}", token, home / "jupyter.log")
    options = [*OPTIONS, f"--port={port}", f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={folder}"]
    with server.log.open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options],
            env={**environment(home), **(more or {})},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # a group of its own, so that kernels end with it
        )
    try:
        wait_for(server, process)
        yield server
    finally:
        stop(process)


def write_settings(home: Path) -> None:
    """JupyterLab's user settings, one file for each extension."""
    for name, content in SETTINGS.items():
        path = home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def environment(home: Path) -> dict[str, str]:
    """This environment, with every folder that Jupyter would look for under ``home``."""
    folders = {
        "HOME": "",
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
        "MPLCONFIGDIR": "matplotlib",
    }
    own = {name: str(home / folder) for name, folder in folders.items()}
    return {**os.environ, **own, "JUPYTER_PLATFORM_DIRS": "0"}


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for(server: Server, process: subprocess.Popen) -> None:
    """Until the server answers."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"{server.address}/api/status?token={server.token}", timeout=2).read()
            return
        time.sleep(0.2)
    raise RuntimeError(f"JupyterLab did not start within {START_SECONDS} s; its log:\n{server.log.read_text()}")


def stop(process: subprocess.Popen) -> None:
    """Politely, then not."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)

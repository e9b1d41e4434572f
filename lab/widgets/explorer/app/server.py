"""Voila over the page: who may see it, and what is left when it ends.

Voila runs the page's notebook in a kernel, a Python process with this user's rights, and starts one for every visit.
Hence:
- it listens on 127.0.0.1 alone: nobody on the network reaches it;
- it asks for a token, which is part of the address: neither another user of this machine nor a web page open in the
  same browser can see the picture or start kernels. The list of processes shows all users the words that a browser is
  started with: it gets a page that leads to the address, in a folder that is this user's alone;
- who has the token can move the controls, not run code: Voila hands a kernel no message that asks for that;
- it serves none of the folder's files, and neither runs nor reads settings of the current folder or this user.
"""

import logging
import os
import secrets
import socket
import tempfile
import webbrowser
from collections.abc import Callable
from html import escape
from pathlib import Path

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_server.base.handlers import JupyterHandler
from nbformat import NotebookNode
from tornado.ioloop import IOLoop
from traitlets import default
from traitlets.config import Config
from voila.app import Voila

from lab.widgets.explorer.app.page import write_page
from lab.widgets.explorer.app.preparation import Prepared

LOOPBACK = "127.0.0.1"
TEMPLATE = Path(__file__).parent / "page"
DOOR = "open.html"


class ThisPython(KernelSpecManager):
    """Knows no kernel but this interpreter: one called python3 in the user's folders may belong to another."""

    @default("kernel_dirs")
    def _no_folders(self) -> list[str]:
        return []

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """The interpreter's, which says nothing but errors: the terminal is for this program's own words."""
        spec = super().get_kernel_spec(kernel_name)
        spec.argv.append("--log-level=ERROR")
        return spec


def serve(prepared: Prepared, port: int, browser: bool, say: Callable[[str], None]) -> None:
    """Serve the explorer until Ctrl+C; kernels and files are gone when it returns.

    Args:
        prepared: what to show.
        port: to listen on, see `usable_port`.
        browser: whether to open it in one.
        say: shows a line to the person.
    """
    token = secrets.token_urlsafe(24)
    address = f"http://{LOOPBACK}:{port}/?token={token}"

    def announce() -> None:
        say(f"The explorer is at {address}\nIt is for this machine and for whoever has that address. Ctrl+C ends it.")
        if browser:
            say("If the browser shows something else, or nothing, open that address in it.")
            webbrowser.open(door(folder, address).as_uri())

    with tempfile.TemporaryDirectory(prefix="lab-explore-") as name:
        folder = Path(name).resolve()
        # A kernel keeps its history and reads start-up files there: this one neither leaves nor runs any.
        os.environ["IPYTHONDIR"] = str(folder / "ipython")
        app = voila(write_page(folder, prepared), port, token)
        IOLoop.current().add_callback(announce)  # once it listens
        app.start()


def door(folder: Path, address: str) -> Path:
    """A page that leads to the address: a browser started with it names the token in no list of processes.

    ``folder`` is for this user alone, absolute.  A browser that may read no such file (some are kept in a box of their
    own) shows an error in its place.
    """
    page, link = folder / DOOR, escape(address)
    page.write_text(
        f'<!DOCTYPE html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url={link}">'
        f'<title>Spatial Embedding Lab</title><a href="{link}">The explorer</a>\n',
        encoding="utf-8",
    )
    return page


def voila(notebook: Path, port: int, token: str) -> Voila:
    """Voila, ready to start."""
    settings = Config()
    settings.Voila = Config(
        notebook_path=str(notebook),
        connection_dir_root=str(notebook.parent),
        config_file_paths=[],  # else a voila.py in the current folder would be run
        ip=LOOPBACK,
        port=port,
        port_retries=0,
        token=token,
        open_browser=False,  # it would leave a file, and knows nothing of the token
        log_level=logging.ERROR,
        # A page of another name that leads here (DNS rebinding) is turned away before it is asked for the token.
        tornado_settings={"allow_remote_access": False, "local_hostnames": ["localhost", LOOPBACK]},
    )
    settings.VoilaConfiguration = Config(
        file_allowlist=[],
        # Others are made for JupyterLab itself; these show ipywidgets and anywidgets.
        extension_allowlist=["@jupyter-widgets/jupyterlab-manager", "@voila-dashboards/widgets-manager8", "anywidget"],
        allow_template_override="NO",  # the others ask the network for fonts
        kernel_spec_manager_class=ThisPython,
        prelaunch_hook=give_xsrf_cookie,
        show_tracebacks=True,
    )
    # A kernel ends when its page is closed; this is for pages that were lost.  Seconds.
    settings.MappingKernelManager = Config(cull_idle_timeout=600, cull_interval=60)
    settings.NotebookNotary = Config(db_file=":memory:", secret=secrets.token_bytes(32))  # else it writes into the home
    logging.getLogger("tornado").setLevel(logging.ERROR)
    app = Voila(config=settings)
    app.initialize([])
    app.template_paths.insert(0, str(TEMPLATE))
    return app


def give_xsrf_cookie(request: JupyterHandler, notebook: NotebookNode, cwd: str) -> None:
    """Without this cookie a page behind a token may not end its kernel when it is closed; Voila forgets to set it."""
    request.xsrf_token  # noqa: B018  reading it sets the cookie


def usable_port(wanted: int | None) -> int:
    """The port, if one can listen on it; a free one for None.

    Raises:
        OSError: it is taken, or not for this user.
    """
    with socket.socket() as probe:
        if os.name == "posix":  # as Voila does: a port just left is free.  Windows would give away one in use
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, wanted or 0))
        except OSError as error:
            raise OSError(
                error.errno,
                f"--port: found {wanted} in use or not allowed ({error.strerror}), expected a port that is free. "
                "Choose another, or leave --port out: then one that is free is found",
            ) from error
        return probe.getsockname()[1]

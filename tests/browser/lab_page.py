"""A notebook open in JupyterLab in Chromium, and what a person does with it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import Locator, Page, Route, sync_playwright

from lab.chromium import find_chromium
from tests.browser.jupyterlab import Server

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--force-color-profile=srgb",
)
KERNEL_IDLE = """() => {
    const panel = window.jupyterapp.shell.currentWidget;
    const kernel = panel?.sessionContext?.session?.kernel;
    return kernel?.connectionStatus === 'connected' && kernel.status === 'idle';
}"""
EXECUTED = "() => [...window.jupyterapp.shell.currentWidget.content.model.cells].filter(c => c.executionCount).length"

ASK = """async ([code, it]) => {
    const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
    const content = {code, silent: true, store_history: false, user_expressions: {it}};
    return (await kernel.requestExecute(content).done).content;
}"""


class LabPage:
    """One notebook in one page.

    Attributes:
        outside: requests that did not go to the server; blocked.
        errors: exceptions and console errors of the page.
    """

    def __init__(self, page: Page, server: Server, notebook: str) -> None:
        self.page, self.server, self.notebook = page, server, notebook
        self.outside: list[str] = []
        self.errors: list[str] = []
        page.context.route(lambda address: not address.startswith(server.address), self._block)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda m: self.errors.append(m.text) if m.type == "error" else None)

    def _block(self, route: Route) -> None:
        if route.request.url.startswith(("data:", "blob:")):
            route.continue_()
            return
        self.outside.append(route.request.url)
        route.abort()

    def open(self) -> None:
        """Until the notebook is there and its kernel waits: before, Run All would find no way to the widgets."""
        self.page.goto(self.server.page(self.notebook))
        self.page.wait_for_function("() => window.jupyterapp && window.jupyterapp.shell", timeout=120_000)
        self.page.locator("#jupyterlab-splash").wait_for(state="detached", timeout=120_000)
        self.page.locator(".jp-NotebookPanel .jp-Notebook").first.wait_for(timeout=60_000)
        self.wait_idle()

    def command(self, name: str) -> None:
        """One of JupyterLab's commands, as from its menus."""
        self.page.evaluate("name => window.jupyterapp.commands.execute(name)", name)

    def run_all(self) -> None:
        """Run All Cells; returns when the last one has run.  The command itself resolves then."""
        self.command("notebook:run-all-cells")
        self.wait_idle()

    def ask_kernel(self, code: str = "", expression: str = "None") -> str:
        """Have the notebook's kernel run some code, unseen; returns the repr of an expression's value.

        Raises:
            RuntimeError: the code failed.
        """
        answer = self.page.evaluate(ASK, [code, expression])
        if answer["status"] != "ok":
            raise RuntimeError(f"the kernel says: {answer}")
        return answer["user_expressions"]["it"]["data"]["text/plain"]

    def wait_idle(self) -> None:
        """Until the kernel has nothing to do."""
        self.page.wait_for_function(KERNEL_IDLE, timeout=180_000)

    def handle(self, control: str) -> Locator:
        """The knob of the slider with this class."""
        knob = self.page.locator(f".{control} .noUi-handle").first
        knob.scroll_into_view_if_needed()
        return knob

    def readout(self, control: str) -> float:
        """The number beside the slider with this class."""
        return float(self.page.locator(f".{control} .widget-readout").first.inner_text())

    def drag(self, knob: Locator, pixels: float, moves: int = 5) -> None:
        """Take the knob with the mouse and pull it to the right."""
        box = knob.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        for step in range(1, moves + 1):
            self.page.mouse.move(x + pixels * step / moves, y)
        self.page.mouse.up()

    def log_console(self) -> str:
        """What JupyterLab's log console holds: exceptions of widget callbacks end there and nowhere else."""
        self.command("logconsole:open")
        panel = self.page.locator(".jp-LogConsolePanel")
        panel.wait_for(timeout=15_000)
        self.page.wait_for_timeout(500)
        entries = panel.locator(".jp-OutputArea-output")
        return "\n".join(entries.all_inner_texts())


@contextmanager
def open_lab_page(
    server: Server, notebook: str, width: int = 1280, height: int = 1000, prepare: Callable[[Page], None] | None = None
) -> Iterator[LabPage]:
    """Chromium at this size with the notebook open, not yet run; ``prepare`` is given the page while it is empty."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), headless=True, args=list(ARGUMENTS))
        context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
        page = context.new_page()
        if prepare:
            prepare(page)
        lab = LabPage(page, server, notebook)
        lab.open()
        yield lab
        browser.close()

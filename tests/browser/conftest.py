"""What tests of pages share: a notebook in a JupyterLab of its own, and the book's living figures in a file."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"


# Not for the session: while Playwright is open an event loop runs in this thread, and what other tests ask of the
# figures at once would wait for it.
@pytest.fixture(scope="module")
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator["LabPage"]:
    """A copy of the notebook that the test module names as ``NOTEBOOK``, after Run All."""
    # Here, not above: collecting tests should not need playwright where no browser test runs.
    from tests.browser.jupyterlab import serve
    from tests.browser.lab_page import open_lab_page

    folder = tmp_path_factory.mktemp("notebooks")
    name = request.module.NOTEBOOK
    shutil.copy(FOLDER / name, folder)
    with serve(folder, tmp_path_factory.mktemp("home")) as server, open_lab_page(server, name) as lab:
        lab.run_all()
        yield lab


@pytest.fixture(scope="session")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with each of the book's living figures once, as a file."""
    from lab.book.alive import LiveFigure, write_static
    from lab.book.alive.figures import KINDS
    from tests.browser.book_page import HEAD

    folder = tmp_path_factory.mktemp("book")
    write_static(folder / "static")
    figures = [LiveFigure(name, "", "").html("static") for name in KINDS]
    page = HEAD + "".join(f"{html}<p>And on goes the page.</p>" for html in figures)
    (folder / "page.html").write_text(page, encoding="utf-8")
    return folder / "page.html"


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """Chromium without a page."""
    from playwright.sync_api import sync_playwright

    from lab.chromium import find_chromium
    from tests.browser.lab_page import ARGUMENTS

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), headless=True, args=list(ARGUMENTS))
        yield browser
        browser.close()

"""Notebook 00 in a JupyterLab of its own, run from top to bottom once for all tests."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

NOTEBOOK = Path(__file__).resolve().parents[2] / "notebooks" / "00_start_here.ipynb"


# Not for the session: while Playwright is open an event loop runs in this thread, and what other tests ask of the
# explorer at once would wait for it.
@pytest.fixture(scope="module")
def explorer_page(tmp_path_factory: pytest.TempPathFactory) -> Iterator["LabPage"]:
    """A copy of notebook 00 after Run All."""
    # Here, not above: collecting tests should not need playwright where no browser test runs.
    from tests.browser.jupyterlab import serve
    from tests.browser.lab_page import open_lab_page

    folder = tmp_path_factory.mktemp("notebooks")
    shutil.copy(NOTEBOOK, folder)
    with serve(folder, tmp_path_factory.mktemp("home")) as server, open_lab_page(server, NOTEBOOK.name) as lab:
        lab.run_all()
        lab.page.locator(".lab-explorer .lab-picture img").wait_for(timeout=60_000)
        lab.wait_idle()
        yield lab

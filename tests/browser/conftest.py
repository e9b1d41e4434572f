"""A notebook in a JupyterLab of its own, run from top to bottom once for all tests of a module."""

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

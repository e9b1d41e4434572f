"""Bad input once more, as the lab is run: without the checks of shapes and types that all other tests run with.

Under them a value of a wrong kind is refused where it enters, in an error that commands tell; without them it goes on
to wherever it does harm.
"""

import os
import subprocess
import sys

import pytest

from lab.folders import repository

# Those about what holds values of any kind; in one process, for most of the time goes into starting one.
READERS = (
    "a_card_is_used or (test_coco and used_or_refused) or a_table_is_used or header or (test_runs and not comparisons)"
)


@pytest.mark.slow
def test_it_is_told_without_the_checks_of_types():
    files = [f"tests/robustness/test_{name}.py" for name in ("models", "coco", "labels", "states", "runs")]
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "addopts=", *files, "-k", READERS]
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
    done = subprocess.run(words, cwd=repository(), env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-4000:]

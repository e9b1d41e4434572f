"""Nothing reaches stderr, whoever writes."""

import io
import logging
import os
import sys
import warnings
from collections.abc import Iterator

import pytest

from lab.exercises.quiet import quiet


def write_in_all_ways() -> None:
    print("words", file=sys.stderr)
    os.write(2, b"words")  # as a library in C++ does
    warnings.warn("words", stacklevel=1)
    logging.getLogger("someone").critical("words")


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """As `logging.basicConfig()` in a cell of one's own: it keeps the stderr that was there then."""
    kept = io.StringIO()
    handler = logging.StreamHandler(kept)
    logging.getLogger().addHandler(handler)
    yield kept
    logging.getLogger().removeHandler(handler)


@pytest.mark.filterwarnings("always")
def test_nothing_is_heard_and_afterwards_all(capfd, log: io.StringIO) -> None:
    with quiet():
        write_in_all_ways()
    assert (*capfd.readouterr(), log.getvalue()) == ("", "", "")
    with pytest.warns(UserWarning, match="words"):
        write_in_all_ways()
    assert (capfd.readouterr().err.count("words"), log.getvalue()) == (2, "words\n")


def test_an_error_brings_stderr_back(capfd) -> None:
    def fail() -> None:
        with quiet():
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        fail()
    os.write(2, b"words")
    assert capfd.readouterr().err == "words"
    assert not logging.root.manager.disable


def test_what_is_printed_is_kept(capfd) -> None:
    with quiet():
        print("words")
    assert capfd.readouterr().out == "words\n"

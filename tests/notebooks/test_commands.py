"""Command lines that the notebooks quote: every command, option and preset of them exists."""

import re

import click
import pytest
import typer

from lab.__main__ import app
from lab.training.presets import PRESETS
from tests.notebooks.exercises import read

COMMANDS = typer.main.get_command(app).commands
COURSE = range(15)


def options_of(command: click.Command) -> set[str]:
    return {name for param in command.params for name in (*param.opts, *param.secondary_opts)} | {"--help"}


ALL_OPTIONS = set().union(*map(options_of, COMMANDS.values()))


def text_of(number: int) -> str:
    return "\n".join(cell.source for cell in read(number).cells if cell.cell_type == "markdown")


def lines_of(text: str) -> list[list[str]]:
    """Words after ``python -m lab`` (also under torchrun) of every command line, in code spans and listings."""
    return [line.split() for line in re.findall(r"-m lab (\w[^`\n]*)", text)]


@pytest.mark.parametrize("number", COURSE)
def test_commands_and_their_options_exist(number):
    for name, *words in lines_of(text_of(number)):
        assert name in COMMANDS
        assert {word for word in words if word.startswith("--")} <= options_of(COMMANDS[name]), (name, words)


@pytest.mark.parametrize("number", COURSE)
def test_options_that_stand_alone_exist(number):
    quoted = re.findall(r"`(--[^`]+)`", text_of(number))
    assert {word for span in quoted for word in span.split() if word.startswith("--")} <= ALL_OPTIONS


def test_presets_exist():
    names = {name for number in COURSE for name in re.findall(r"--preset (\w+)", text_of(number))}
    assert {"laptop", "paper"} <= names <= set(PRESETS)


def test_a_line_is_taken_apart():
    text = "run `torchrun --nproc-per-node 2 -m lab train …`, then\npython -m lab tune --model mine --store\n"
    assert lines_of(text) == [["train", "…"], ["tune", "--model", "mine", "--store"]]

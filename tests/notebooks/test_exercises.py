"""Every exercise is in its notebook, announced as the catalogue has it, unsolved as shipped, right when solved."""

import pytest
from nbclient import NotebookClient

from lab.exercises.catalogue import NOTEBOOKS, exercises_of, heading
from tests.notebooks.exercises import FOLDER, check_cells, read, stub_cells


@pytest.fixture(params=sorted(NOTEBOOKS))
def number(request: pytest.FixtureRequest) -> int:
    return request.param


def test_is_called_as_in_the_catalogue(number: int) -> None:
    assert (FOLDER / f"{number:02}_{NOTEBOOKS[number]}.ipynb").exists()


def test_each_exercise_is_announced(number: int) -> None:
    text = "\n".join(cell.source for cell in read(number).cells if cell.cell_type == "markdown").replace("\n\n", "\n")
    for exercise in exercises_of(number):
        assert f"{heading(exercise.name)}\n{exercise.line}" in text


def test_each_exercise_has_its_cells_in_order(number: int) -> None:
    names = [exercise.name for exercise in exercises_of(number)]
    notebook = read(number)
    assert list(stub_cells(notebook)) == names
    assert list(check_cells(notebook)) == names
    for exercise in exercises_of(number):
        assert exercise.stub in stub_cells(notebook)[exercise.name].source


def test_ships_unsolved(number: int) -> None:
    for name, cell in check_cells(read(number)).items():
        assert "✓ right" not in str(cell.outputs), name
        assert "○ not tried yet" in str(cell.outputs) or "✗ wrong" in str(cell.outputs), name


@pytest.mark.slow
def test_runs_solved(number: int) -> None:
    notebook = read(number)
    stubs = stub_cells(notebook)
    for exercise in exercises_of(number):
        stubs[exercise.name].source = exercise.solved_cell()
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(FOLDER)}}).execute()
    for name, cell in check_cells(notebook).items():
        assert "✓ right" in str(cell.outputs), name

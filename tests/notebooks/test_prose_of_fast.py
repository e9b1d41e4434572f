"""What the text of notebook 13 says without computing it there, and what its own ten lines must equal."""

import math
import re

import pytest
import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from lab.checkpoints import shipped_model
from lab.datasets.sample import street
from lab.evaluation.predict import network_output
from lab.exercises.fast import EXERCISES
from lab.exercises.fast.waits import count_waits, tight_centres
from lab.fast.loss_parts import Parts
from lab.fast.loss_torch import torch_terms
from lab.lovasz import jaccard_increments
from lab.speed.cases import make_case
from lab.speed.records import read_speed
from lab.widgets.reach.compute import Choice, View, look
from lab.widgets.reach.subject import Subject, starts
from tests.notebooks.exercises import read


@pytest.fixture(scope="module")
def text() -> str:
    return "\n".join(cell.source for cell in read(13).cells if cell.cell_type == "markdown")


@pytest.fixture(scope="module")
def subject() -> Subject:
    scene, model = street(), shipped_model("toyscapes")
    output = network_output(model, scene.image)
    return Subject(scene, {"trained": output, **starts(output, 2)}, model.card.class_names, 2)


def cell_with(line: str) -> str:
    (found,) = (cell.source for cell in read(13).cells if cell.cell_type == "code" and line in cell.source)
    return found


def in_margins(view: View) -> float:
    return view.radii[0] / view.gaussian.margin[0]


def test_objects_and_pixels(subject, text):
    assert len(subject.numbers) == 20
    assert subject.scene.instances.size == 131_072
    assert round(20 * 131_072 / 1e6, 1) == 2.6
    assert "has 20 objects and 131,072 pixels, which makes 2.6 million pairs" in text
    assert (subject.scene.instances > 0).sum() < 0.01 * 20 * 131_072  # "own pixels alone are less than 1 %"


def test_what_the_figure_shows(subject, text):
    car, person = (look(subject, Choice("trained", k, 0.0, 32)) for k in (11, 4))
    assert f"{car.radii[0]:.0f} px where the margin is {car.gaussian.margin[0]:.0f}" in text
    assert f"{person.matter_count:,} of {person.pixels:,} pixels" in text
    assert f"$1 - \\varphi = {person.gaussian.slack:.3f}$" in text
    assert f"its reach is {in_margins(person):.1f} margins" in text
    assert f"its reach is {in_margins(car):.1f} margins" in text
    assert car.gaussian.slack < 1e-6
    begun, nothing = (look(subject, Choice(f"untrained, b = {b}", 11, 0.0, 32)) for b in (1, 0))
    assert begun.reaching_count == 0
    assert nothing.matter_count == nothing.pixels
    cut = look(subject, Choice("trained", 11, 0.01, 32))
    assert f"of {car.reaching_count:,} strangers {cut.reaching_count:,} are left" in text
    assert f"lower by {cut.difference:.4f} where the bound allows {cut.bound:g}" in text
    large, small = (look(subject, Choice("trained", 11, 0.0, size)) for size in (256, 8))
    assert f"{large.cells.number} cells to look into, and {large.looked_count:,} pixels" in text
    assert f"the {large.matter_count:,} that matter" in text
    assert f"{small.cells.number:,} cells, and {small.looked_count:,} pixels" in text


def test_waits_of_a_large_batch(text):
    said = re.search(r"batch of 12 crops with a dozen objects each, (\d+) objects, waits some (\d+) times", text)
    (output,) = (cell.outputs[0].text for cell in read(13).cells if "class Waits" in cell.source)
    base, each = map(int, re.search(r"waits (\d+) times, and (\d+) more for each object", output).groups())
    assert int(said[1]) == 12 * 12
    assert abs(144 * each + base - int(said[2])) < 60


def test_the_listing_is_the_one_that_is_counted(text):
    import inspect

    shown = re.search(r"```python\n(def tight_centres.*?)```", text, re.DOTALL)[1]
    body = shown.split("\n", 1)[1].strip()
    assert body in inspect.getsource(inspect.unwrap(tight_centres))


def test_the_cells_counter_is_the_labs():
    names = {"step": None, "ids": torch.zeros(1), "cls": torch.zeros(1), "torch": torch, "readable": None}
    code = cell_with("class Waits").split("def first(")[0]
    exec(code, names)
    assert issubclass(names["Waits"], TorchDispatchMode)
    ids = torch.arange(4).repeat_interleave(3).view(3, 4)
    e = torch.rand(2, 3, 4)
    with names["Waits"]() as waits:
        tight_centres(e, ids)
    assert waits.count == count_waits(tight_centres, e, ids)


def test_the_cells_increments_are_the_jaccard_losses():
    names = {"torch": torch}
    exec(cell_with("def increments_of").split("def instance_term")[0], names)
    draw = torch.Generator().manual_seed(0)
    errors = torch.rand(50, dtype=torch.float64, generator=draw) * 2
    owner = torch.cat([torch.arange(6), torch.randint(6, (44,), generator=draw)])
    mine = torch.cat([torch.ones(6, dtype=torch.bool), torch.rand(44, generator=draw) < 0.4])
    steps = names["increments_of"](errors, mine, owner)
    for k in range(6):
        here = (owner == k).nonzero()[:, 0]
        here = here[errors[here].argsort(descending=True)]
        assert torch.allclose(steps[here], jaccard_increments(mine[here], torch.float64), atol=1e-15)


def test_reaches_in_margins_and_in_sigmas(text):
    assert math.sqrt(26) == pytest.approx(5.1, abs=0.01)
    assert "$\\sqrt{26} \\approx 5.1$ margins" in text
    assert float(2 * torch.tensor(2.0**-26) - 1) == -1 < float(2 * torch.tensor(2.0**-25) - 1)
    assert 1 - math.exp(-(3**2) / 2) == pytest.approx(0.99, abs=0.002)
    assert "three $\\sigma$ | it is too short for every object whose best member is above 0.99" in text


def test_a_float32_key_runs_out_of_digits():
    errors = torch.tensor([0.5, 0.50002])
    key = 300 - errors / 4
    assert key[0] == key[1]
    assert (300 - errors.double() / 4).diff() < 0


def test_minutes_of_the_exercises(text):
    assert sum(exercise.minutes for exercise in EXERCISES) == 50
    assert "50 more for the six exercises" in text
    assert len(EXERCISES) == 6


def test_the_last_row_of_notebook_03s_table_weighs_nothing(text):
    assert "the last row of [03](03_lovasz_hinge.ipynb)'s table, weight 0" in text
    rows = [line for cell in read(3).cells for line in cell.source.split("\n") if re.match(r"\| \d \| \d \| ", line)]
    assert rows[-1].split("|")[7].strip() == "0"


def test_what_is_said_of_the_recorded_clustering(text):
    """An untrained network's seeds lie about one half whatever the labels: the same work for any number of objects."""
    assert "dashed lines are flat" in text
    record = read_speed("clustering")
    for height in (512, 1024):
        spent = [
            case["ways"]["fast"]["processor_ms"]
            for case in record["cases"]
            if (case["kind"], case["height"]) == ("random", height)
        ]
        assert len(spent) == 4
        assert max(spent) < 1.2 * min(spent)


def test_the_papers_frames(text):
    assert "11 frames a second" in text
    assert pytest.approx(11, abs=0.1) == 1000 / (65 + 26)


class Lists(TorchFunctionMode):
    """Counts calls of tolist, which on a processor is no operation that is carried out."""

    count = 0

    def __torch_function__(self, function, types, arguments=(), options=None):
        self.count += function is torch.Tensor.tolist
        return function(*arguments, **(options or {}))


@pytest.mark.parametrize("objects", [1, 5])
def test_waits_of_the_fast_loss_on_a_gpu(objects, text):
    """Heard in the notebook, and with those that the listener does not hear."""
    case = make_case("trained", objects, 48, 64)
    parts = Parts(case.instances, case.classes, 2, True, 10.0)
    with Lists() as lists:
        heard = count_waits(torch_terms, case.output, parts)
    (output,) = (cell.outputs[0].text for cell in read(13).cells if "torch_terms" in cell.source)
    assert f"{heard} a batch with 1 object, {heard} with 20" in output
    number = {3: "three"}[heard + lists.count]
    assert f"which the listener does not hear, makes it {number}" in text


def test_the_networks_multiplications_are_those_of_notebook_08(text):
    said = str([cell.get("outputs") for cell in read(8).cells])
    assert "125.6 G" in said
    assert text.count("125.6 billion multiplications") == 2

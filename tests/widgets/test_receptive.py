"""Receptive fields: a gradient against a small step, circles that hold what they say, a picture that follows."""

from copy import deepcopy

import numpy as np
import pytest
import torch
from torch import nn

from lab.erfnet import BranchedERFNet
from lab.widgets.board.board import Event
from lab.widgets.receptive import Receptive
from lab.widgets.receptive.compute import Field, Graph, look, prepare, radii_of, seen_at_most, to_batch, untrained
from lab.widgets.receptive.render import LEFTS, TOPS, WIDTH, paint, pixel_at, tell

NAMES = ("person", "car")


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (32, 64, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def network(image) -> nn.Module:
    """One that says something in every channel."""
    network = untrained(image, 2, 2, seed=1)
    torch.manual_seed(1)
    nn.init.normal_(network.decoders[0].output_conv.weight)
    return network


@pytest.fixture(scope="module")
def figure(image, network) -> Receptive:
    networks = {"trained": network, "before training": untrained(image, 2, 2, seed=0)}
    return Receptive(networks, image, NAMES, pixel=(40, 20), chosen="car")


def test_a_field_is_the_effect_of_a_small_step(image, network):
    precise = deepcopy(network).double()
    leaf = to_batch(image).double().requires_grad_()
    field = look(Graph(leaf, precise(leaf)[0], frozenset()), 5, 20, 40)

    def output(colour: int, row: int, column: int, step: float) -> float:
        moved = to_batch(image).double()
        moved[0, colour, row, column] += step
        with torch.no_grad():
            return float(precise(moved)[0, 5, 20, 40])

    for row, column in ((20, 40), (3, 60)):
        slopes = [(output(c, row, column, 1e-7) - output(c, row, column, -1e-7)) / 2e-7 for c in range(3)]
        assert field.values[row, column] == pytest.approx(np.abs(slopes).sum(), rel=1e-3)


def test_circles_hold_their_share():
    values = np.random.default_rng(0).random((40, 60)).astype(np.float32) ** 4
    half, most = radii_of(values, 10, 50)
    distance = np.hypot(np.arange(40)[:, None] - 10, np.arange(60) - 50)
    for radius, share in ((half, 0.5), (most, 0.9)):
        assert values[distance <= radius].sum() >= share * values.sum() > values[distance <= radius - 1].sum()
    alone = np.zeros((40, 60), np.float32)
    alone[10, 50] = 1
    assert radii_of(alone, 10, 50) == (0, 0)
    assert radii_of(0 * alone, 10, 50) == ()


def test_new_offsets_see_nothing_and_say_so(image):
    graph = prepare(BranchedERFNet(2, 2), image)
    assert graph.silent == {0, 1, 2, 3}
    field = look(graph, 0, 20, 40)
    assert not field.values.any()
    assert "exactly zero" in tell(field)
    assert look(graph, 4, 20, 40).values.any()


def test_the_shortcut_for_zero_weights_is_no_guess(image):
    """Without it the way back gives zeros as well."""
    graph = prepare(BranchedERFNet(2, 2), image)
    assert not look(Graph(graph.image, graph.output, frozenset()), 0, 20, 40).values.any()


def test_the_network_is_left_as_it_was(image):
    network = BranchedERFNet(2, 2).train()
    prepare(network, image)
    seen_at_most(network, 0, 5, 5)
    assert network.training
    assert all(p.requires_grad for p in network.parameters())


def test_an_untrained_network_knows_its_pictures_statistics(image):
    norm = untrained(image, 2, 2, seed=0).encoder.initial_block.bn
    plain = BranchedERFNet(2, 2).encoder.initial_block.bn
    assert plain.running_var.eq(1).all()
    assert not norm.running_var.eq(1).any()
    again = untrained(image, 2, 2, seed=0)
    assert torch.equal(norm.running_mean, again.encoder.initial_block.bn.running_mean)


def test_the_window_of_an_output_pixel():
    (top, bottom), (left, right) = seen_at_most(BranchedERFNet(2, 2), 0, 150, 400)
    assert (right - left + 1, bottom - top + 1) == (1231, 1239)
    assert left < 0
    assert top < 0


def middle(image, panel, column, row):
    """The place on the board of a pixel in one of the maps."""
    scale = WIDTH / image.shape[1]
    return LEFTS[panel[1]] + (column + 0.5) * scale, TOPS[panel[0]] + (row + 0.5) * scale


def test_a_press_in_any_map_is_the_pixel_there(image):
    for panel in ((0, 0), (0, 1), (1, 0), (1, 1)):
        assert pixel_at(image, *middle(image, panel, 63, 31)) == (63, 31)
        assert pixel_at(image, *middle(image, panel, 0, 0), panel) == (0, 0)
    assert pixel_at(image, 430, 100) is None
    assert pixel_at(image, -50, 4000, (0, 0)) == (0, 31)


def test_pressing_dragging_and_keys_move_the_pixel(figure, image):
    before = figure.board.shapes
    figure._moved(Event("press", "", *middle(image, (1, 1), 12, 7), 0, 0))
    assert figure.pixel == (12, 7)
    assert figure.board.shapes != before
    figure._moved(Event("drag", "01", *middle(image, (0, 1), 30, 9), 0, 0))
    assert figure.pixel == (30, 9)
    figure._moved(Event("key", "00", 0, 0, -10, 1))
    assert figure.pixel == (20, 10)
    figure._moved(Event("key", "00", 0, 0, 0, -100))
    assert figure.pixel == (20, 0)
    figure._moved(Event("press", "", 430, 100, 0, 0))
    figure._moved(Event("press", "00", 0, 0, 0, 0))  # Enter on the dot
    assert figure.pixel == (20, 0)
    assert "column 20, row 0" in figure.board.alt
    assert (figure.error.value, figure.note.value) == ("", "")


def test_controls_choose_the_channel(figure):
    seen = {figure.board.shapes}
    assert figure.channels == (0, 5)
    figure.offset.value = "bandwidth y"
    figure.seed.value = "person"
    assert figure.channels == (3, 4)
    assert "bandwidth y" in figure.board.alt
    assert "seed map of person" in figure.board.alt
    assert figure.board.shapes not in seen
    assert [bool(figure.fields[key].radii) for key in ((0, 0), (0, 1), (1, 0), (1, 1))] == [True, True, False, True]


def test_what_was_looked_at_is_not_computed_again(figure):
    figure._go(5, 5)
    fields = dict(figure.fields)
    figure._go(6, 5)
    figure._go(5, 5)
    assert all(figure.fields[key] is fields[key] for key in fields)


def test_the_largest_is_yellow_and_nothing_is_grey(image):
    values = np.zeros((32, 64), np.float32)
    values[10:20, 30:40] = 1
    painted = paint(np.full_like(image, 128), values).astype(int)
    assert painted[15, 35, 0] > 240 > 100 > painted[15, 35, 2]
    assert np.ptp(painted[25:, :20], axis=-1).max() == 0
    shaded = paint(image, values)[11:19, 31:39]
    assert len(np.unique(shaded[..., 0])) > 2, "the image shines through"
    assert np.ptp(paint(image, 0 * values).astype(int), axis=-1).max() == 0


def test_still_and_words(figure):
    assert figure.still().width == 860
    assert "The theoretical window is" in figure.still().alt
    assert tell(Field(np.zeros((2, 2), np.float32), (3.0, 7.0))).startswith("half of it within 3 px")

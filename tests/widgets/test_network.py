"""The drawing of the network: what is pressed is what is shown, and every number is the live network's."""

import re

import numpy as np
import pytest
import torch

from lab.erfnet import BranchedERFNet
from lab.widgets.board.board import Event
from lab.widgets.network import Network
from lab.widgets.network.compute import (
    MEASURES,
    channel_sheet,
    filters_of,
    middle_window,
    neighbour,
    sheet_layout,
    step_of,
    values_of,
)
from lab.widgets.network.detail import MAP, SHEET_AT
from lab.widgets.network.drawing import name_of, short
from lab.widgets.network.layout import boxes, part_at
from lab.widgets.network.render import BOARD, render

NAMES = ("person", "car", "bus")


@pytest.fixture(scope="module")
def figure() -> Network:
    torch.manual_seed(0)
    image = np.random.default_rng(0).integers(0, 256, (64, 128, 3), dtype=np.uint8)
    return Network(BranchedERFNet(2, 3), image, NAMES)


@pytest.fixture
def fresh(figure):
    """The figure as at the beginning."""
    figure.part.value, figure.channel.value, figure.measure.value = 0, 0, MEASURES[0]
    return figure


def test_weights_under_the_parts_are_the_networks(fresh):
    values = values_of(fresh.anatomy, "weights")
    network = fresh.anatomy.network
    assert list(values) == [
        sum(w.numel() for w in network.get_submodule(p.path).parameters()) for p in fresh.anatomy.parts
    ]
    assert fresh.anatomy.total()[0] == sum(values) == sum(w.numel() for w in network.parameters())
    assert f"{sum(values):,} weights" in fresh.board.shapes
    for value in set(values):
        assert f">{short(value, 'weights')}</text>" in fresh.board.shapes


def test_the_legend_says_what_the_numbers_in_the_boxes_are(fresh):
    assert "White, with a number: block and its dilation." in fresh.board.shapes
    assert "Black, with a number: the last layer and its channels." in fresh.board.shapes


def test_a_press_chooses_the_part_under_it(fresh):
    for index, box in enumerate(boxes(fresh.anatomy.parts)):
        assert part_at(fresh.anatomy.parts, box.x, box.y) == index
        fresh._moved(Event("press", "", box.x, box.y, 0, 0))
        assert fresh.part.value == index
        assert name_of(fresh.anatomy, index) in fresh.board.alt
    assert part_at(fresh.anatomy.parts, 10, 300) is None
    assert fresh.error.value == ""


def test_keys_walk_along_and_across(fresh):
    parts = fresh.anatomy.parts
    assert [neighbour(parts, i, 1, 0) for i in (0, 14, 15, 22, 29)] == [1, 15, 16, 22, 29]
    assert [neighbour(parts, i, -1, 0) for i in (0, 1, 16, 23)] == [0, 0, 15, 15]
    assert [neighbour(parts, i, 0, 1) for i in (3, 17, 24)] == [3, 24, 24]
    assert [neighbour(parts, i, 0, -1) for i in (3, 17, 24)] == [3, 17, 17]
    fresh._moved(Event("key", "part", 0, 0, 1, 0))
    assert fresh.part.value == 1


def test_a_press_on_the_sheet_chooses_the_channel(fresh):
    columns, wide, high = sheet_layout(16)
    x, y = SHEET_AT[0] + 1.5 * wide, SHEET_AT[1] + 2.5 * high
    fresh._moved(Event("press", "", x, y, 0, 0))
    assert fresh.channel.value == 2 * columns + 1
    fresh._moved(Event("press", "", SHEET_AT[0] - 30, y, 0, 0))
    assert fresh.channel.value == 2 * columns + 1


def test_enter_on_the_chosen_part_changes_nothing(fresh):
    fresh.part.value = 5
    fresh._moved(Event("press", "part", 0, 0, 0, 0))
    assert fresh.part.value == 5


def test_fewer_channels_cut_the_slider(fresh):
    fresh.part.value, fresh.channel.value = 8, 100
    fresh.part.value = 22
    assert (fresh.channel.max, fresh.channel.value) == (3, 3)
    assert "bandwidth y of 4" in fresh.board.alt
    fresh.part.value = 29
    assert "seed person" in {fresh.anatomy.channel_name(29, c) for c in range(3)}
    assert fresh.error.value == ""


def test_filters_are_the_networks_strongest_first(fresh):
    module = fresh.anatomy.network.get_submodule(fresh.anatomy.parts[8].path)
    first, _, third, _ = filters_of(fresh.anatomy, 8, 7)
    assert len(first.inputs) == 12
    np.testing.assert_array_equal(third.kernels[0], module.conv3x1_2.weight[7, third.inputs[0]].detach().numpy())
    strength = module.conv3x1_1.weight[7].detach().abs().sum((1, 2))
    assert first.inputs[0] == int(strength.argmax())


def test_filters_of_an_upsampler_are_those_of_its_output(fresh):
    (found,) = filters_of(fresh.anatomy, 16, 5)
    weight = fresh.anatomy.network.decoders[0].layers[0].conv.weight  # [in, out, 3, 3]
    np.testing.assert_array_equal(found.kernels[0], weight[found.inputs[0], 5].detach().numpy())


def test_the_pools_channels_have_no_filter(fresh):
    assert [filters_of(fresh.anatomy, 0, c)[0].pooled for c in (12, 13, 15)] == [-1, 0, 2]
    fresh.part.value, fresh.channel.value = 0, 14
    assert "input channel 1, max-pooled" in fresh.board.shapes


def test_the_frame_is_the_middle_units_window(fresh):
    (top, bottom), (left, right) = middle_window(fresh.anatomy.parts, 1)
    assert (bottom - top, right - left) == (6, 6)
    assert step_of(fresh.anatomy.parts, 1) == 4
    fresh.part.value = 1
    x = MAP[0] + left / 128 * MAP[2]
    assert f'<rect x="{x:.1f}"' in fresh.board.shapes
    fresh.part.value = 15
    assert "more than the picture" in fresh.board.shapes


def test_a_sheet_shows_every_channel(fresh):
    sheet = channel_sheet(fresh.anatomy.parts[0])
    columns, wide, high = sheet_layout(16)
    assert sheet.shape == (round(2 * high) * 4, round(2 * wide) * columns, 3)
    assert len(np.unique(sheet.reshape(-1, 3), axis=0)) > 20


@pytest.mark.parametrize("measure", MEASURES)
def test_every_part_can_be_drawn(figure, measure):
    for index in (0, 1, 2, 7, 15, 16, 22, 29):
        drawing = render(figure.anatomy, index, 1, measure)
        assert "nan" not in re.sub(r"base64,[^\"]*", "", drawing)
        assert drawing.count("data-handle") == 1
        sizes = [float(s) for s in re.findall(r'font-size="([\d.]+)"', drawing)]
        assert min(sizes) >= 12
        assert max(float(y) for y in re.findall(r'<text x="[-\d.]+" y="([\d.]+)"', drawing)) < BOARD[1]


def test_still_has_words(fresh):
    still = fresh.still()
    assert still.width == 860
    assert "30 boxes" in still.alt


def test_names_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="2 class names for 3 seed maps"):
        Network(BranchedERFNet(2, 3), np.zeros((8, 8, 3), np.uint8), ("a", "b"))

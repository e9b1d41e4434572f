"""The figure of the terms: shares add up to the loss, pulls are gradients, code and picture are as chosen."""

import numpy as np
import pytest
import torch

from lab.datasets.scene import Scene
from lab.embedding import split
from lab.losses import SpatialEmbeddingLoss, total_loss
from lab.lovasz import lovasz_hinge
from lab.widgets.board.board import Event
from lab.widgets.terms import Terms, render
from lab.widgets.terms.code import code_of, source_lines
from lab.widgets.terms.compute import PARTS, VIEWS, Choice, Street, hinge_shares, look, shares, weight

NAMES = ("person", "car")


def small_scene() -> Scene:
    instances, classes = np.zeros((24, 40), np.int32), np.zeros((24, 40), np.int16)
    instances[4:12, 3:12], classes[4:12, 3:12] = 1, 2
    instances[4:12, 12:16], classes[4:12, 12:16] = 2, 1
    instances[15:22, 20:34], classes[15:22, 20:34] = 4, 2
    instances[0:2, 30:33], classes[0:2, 30:33] = 7, 1
    classes[0:4, 28:36] = -1  # object 7 lies in void
    image = np.random.default_rng(0).integers(0, 255, (24, 40, 3)).astype(np.uint8)
    return Scene("blocks", image, instances, classes)


def network_says() -> torch.Tensor:
    output = torch.randn(2 + 2 + 2, 24, 40, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    output[:2] *= 0.003
    output[2:4] = 0.9 + 0.05 * output[2:4]
    return output


@pytest.fixture(scope="module")
def street() -> Street:
    scene = small_scene()
    labels = (torch.from_numpy(a).long() for a in (scene.instances, scene.classes))
    return Street(scene.image, *labels, NAMES, network_says())


@pytest.fixture(scope="module")
def terms(street):
    return SpatialEmbeddingLoss()(street.output[None], street.instances[None], street.classes[None])


def test_parts_add_up_to_the_terms(street, terms):
    found = {part: street.weighted(part) for part in PARTS}
    assert found["instance"] == pytest.approx(terms["instance"].item())
    assert found["smoothness"] == pytest.approx(10 * terms["smoothness"].item())
    assert found["seed, objects"] + found["seed, background"] == pytest.approx(terms["seed"].item())
    assert sum(found.values()) == pytest.approx(total_loss(terms).item())


def test_an_object_in_void_is_absent(street):
    assert street.numbers == [1, 2, 4]
    for part in PARTS:
        assert (look(street, Choice(part, 1, "share")).shares[street.classes.numpy() < 0] == 0).all()


@pytest.mark.parametrize("part", PARTS)
def test_shares_add_up_to_the_objects_value(street, part):
    for k in street.numbers:
        assert look(street, Choice(part, k, "share")).shares.sum() == pytest.approx(street.value(part, k))


def test_hinge_shares_are_the_hinge():
    phi = torch.rand(9, 11, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    mask, valid = phi > 0.6, torch.ones(9, 11, dtype=torch.bool)
    mask[2, 3], mask[4, 5] = True, False
    parts = hinge_shares(phi, mask, valid)
    torch.testing.assert_close(parts.sum(), lovasz_hinge((2 * phi - 1).flatten(), mask.flatten()))
    assert (parts >= 0).all()


def test_the_pixel_that_is_wrong_has_the_share():
    phi, mask = torch.zeros(6, 8, dtype=torch.float64), torch.zeros(6, 8, dtype=torch.bool)
    mask[1:4, 2:6] = True
    phi[mask] = 1
    phi[2, 5] = 0  # one of twelve: error 2, the union stays
    parts = hinge_shares(phi, mask, torch.ones_like(mask))
    assert parts[2, 5].item() == pytest.approx(2 / 12)
    assert parts.sum().item() == pytest.approx(2 / 12)


def test_pull_on_an_embedding_is_per_px(street):
    row, column, step = 6, 11, 1e-4  # px
    ends = []
    for sign in (1, -1):
        output = street.output.clone()
        output[0, row, column] = torch.atanh(torch.tanh(output[0, row, column]) + sign * step / 1024)
        ends.append(float(shares(street, "instance", 1, split(output[None], 2)).sum()))
    pull = look(street, Choice("instance", 1, "offset")).pull
    assert pull[0, row, column] == pytest.approx(-(ends[0] - ends[1]) / (2 * step), rel=1e-3)
    assert abs(pull[0, row, column]) > 1e-6


@pytest.mark.parametrize("part", [part for part in PARTS if part != "smoothness"])  # its mean is held fixed: below
def test_pulls_are_minus_the_gradient_of_what_the_object_adds(street, part):
    """By a small step of one pixel's bandwidth or seed, where the stop-gradients allow a plain difference."""
    view = "bandwidth" if part == "instance" else "seed map"
    row, column, number = (6, 13, 2) if part != "seed, background" else (20, 2, 2)
    seen = look(street, Choice(part, number, view))
    channel = slice(2, 4) if view == "bandwidth" else slice(3 + street.class_of[number], 4 + street.class_of[number])
    step = torch.zeros_like(street.output)
    step[channel, row, column] = 1e-5
    ends = [float(shares(street, part, number, split((street.output + s * step)[None], 2)).sum()) for s in (1, -1)]
    slope = weight(part) * (ends[0] - ends[1]) / 2e-5
    if view == "seed map":
        s = torch.sigmoid(street.output[channel, row, column]).item()
        slope /= s * (1 - s)
    assert seen.pull[0, row, column] == pytest.approx(-slope, rel=1e-3)


def test_smoothness_pulls_towards_the_mean(street):
    seen = look(street, Choice("smoothness", 4, "bandwidth"))
    mask = street.masks[4]
    b = street.output[2:4][:, mask]
    expected = -(10 * 2 * (b - b.mean(1, keepdim=True)) / b.numel() / 3).sum(0)  # three objects
    torch.testing.assert_close(torch.from_numpy(seen.pull[0])[mask], expected)
    assert (seen.pull[0][~mask.numpy()] == 0).all()


def test_instance_pull_on_b_is_one_for_all_pixels_of_the_object(street):
    pull = look(street, Choice("instance", 1, "bandwidth")).pull[0]
    inside = pull[street.masks[1].numpy()]
    assert np.ptp(inside) < 1e-12
    assert inside[0] != 0
    assert (pull[~street.masks[1].numpy()] == 0).all()


def test_pulls_on_embeddings_cancel(street):
    """Learned centres: no force from outside."""
    pull = look(street, Choice("instance", 1, "offset")).pull
    assert np.abs(pull.sum((1, 2))).max() < 1e-12
    assert np.abs(pull).sum() > 1e-6


def test_who_hears_what(street):
    heard = {(p, v) for p in PARTS for v in VIEWS[1:] if look(street, Choice(p, 1, v)).reaches}
    assert heard == {
        ("instance", "offset"),
        ("instance", "bandwidth"),
        ("smoothness", "bandwidth"),
        ("seed, objects", "seed map"),
        ("seed, background", "seed map"),
    }


def test_code_is_the_solutions_and_each_part_has_its_line():
    assert source_lines()[0].startswith("target, weight = ")
    made = {part: [line.text for line in code_of(part) if line.makes] for part in PARTS}
    assert [line.split("(")[0] for line in made["instance"]] == ["hinges.append"]
    assert [line.split("(")[0] for line in made["smoothness"]] == ["spreads.append"]
    assert len(made["seed, objects"]) == 4
    assert len(made["seed, background"]) == 3
    assert all(not (line.makes and line.rests_on) for part in PARTS for line in code_of(part))


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("part", PARTS)
def test_every_choice_can_be_drawn(street, part, view):
    seen = look(street, Choice(part, 2, view))
    drawing = render.draw(street, seen)
    assert ("Exactly zero" in drawing) == (not seen.reaches)
    assert f"{street.value(part, 2):.5f}" in drawing
    assert "nan" not in drawing
    assert "object 2, a person" in render.describe(street, seen)


def test_nothing_is_grey_and_something_is_coloured(street):
    pixels = render.paint(street, look(street, Choice("smoothness", 4, "share")))
    mask = street.masks[4].numpy()
    spread = np.ptp(pixels.astype(int), axis=-1)
    assert (spread[~mask] == 0).all()
    assert (spread[mask] > 0).mean() > 0.5


def test_labels_do_not_cover_each_other():
    places = render.label_places(np.array([50.0, 200.0, 201.0, 203.0]))
    assert places[0] == 50
    assert places[-1] == 203
    assert (np.diff(places) >= 36).all()


@pytest.fixture
def figure() -> Terms:
    return Terms(small_scene(), network_says().float(), NAMES, number=1)


def test_controls_change_the_picture(figure):
    seen = {figure.board.shapes}
    figure.part.value = "smoothness"
    seen.add(figure.board.shapes)
    figure.view.value = "bandwidth"
    seen.add(figure.board.shapes)
    figure.number.value = 4
    seen.add(figure.board.shapes)
    assert len(seen) == 4
    assert figure.error.value == ""
    assert "Smoothness term of object 4, a car" in figure.board.alt


def press(figure: Terms, column: float, row: float, kind: str = "press") -> None:
    left, top, width, height = render.PLACE
    x, y = left + (column + 0.5) / 40 * width, top + (row + 0.5) / 24 * height
    figure._pressed(Event(kind, "", x, y, 0, 0))


def test_a_press_chooses_the_object_there(figure):
    press(figure, 25, 18)
    assert figure.number.value == 4
    press(figure, 13, 5)
    assert figure.number.value == 2
    for column, row, kind in ((38, 12, "press"), (31, 1, "press"), (25, 18, "drag"), (25, 60, "press")):
        press(figure, column, row, kind)  # background, void, no press, below the picture
        assert figure.number.value == 2


def test_still_and_words_without_a_kernel(figure):
    still = figure.still()
    assert still.pixels.shape[1] > 800
    assert (still.pixels == (0x00, 0x72, 0xB2)).all(-1).sum() > 1000, "the chosen part of the total"
    figure.part.value = "smoothness"
    left, top, width, height = (round(1.5 * v) for v in render.PLACE)
    differs = (figure.still().pixels != still.pixels).any(-1)
    assert differs[top : top + height, left : left + width].mean() > 0.02, "the picture is another term's"
    assert "hinges.append" in still.alt

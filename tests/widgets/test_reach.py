"""The reach figure: the exact cut, what a larger one costs, cells, counts, pictures, shell."""

import math

import hypothesis.extra.numpy as arrays
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as some

from lab.datasets.scene import Scene
from lab.embedding import bandwidth_to_sharpness, membership, split
from lab.erfnet import BranchedERFNet
from lab.losses import find_instances, instance_term
from lab.lovasz import lovasz_hinge
from lab.widgets.board.board import Event
from lab.widgets.reach import Reach, charts, paint, render, words
from lab.widgets.reach.cells import Cells, looked_at, touched
from lab.widgets.reach.compute import EPSILONS, SIZES, Choice, look
from lab.widgets.reach.cut import hinge_with_cut, kept, rank, reach, slack
from lab.widgets.reach.subject import Subject, plane, starts
from tests.ideal import ideal_output, street

NAMES = ("person", "car")
# Four pixels: two own of φ = .9 and .6, two of the background of φ = .2 and .05.
PHI, OWN = np.array([0.9, 0.6, 0.2, 0.05]), np.array([True, True, False, False])


def hinge(phi: np.ndarray, own: np.ndarray) -> float:
    """By the readable function, over all of these pixels."""
    return float(lovasz_hinge(torch.from_numpy(2 * phi - 1), torch.from_numpy(own)))


def test_four_pixels_by_hand():
    """Errors .8 own, .4, .2 own, .1; increments 1/2, 1/(3·2), 1/(2+1), 0."""
    distance = -np.log(PHI)
    assert slack(distance[OWN]) == pytest.approx(0.1)
    assert kept(distance, OWN, 0).tolist() == [False, False, True, False], ".05 lies behind both own pixels"
    assert hinge(PHI, OWN) == pytest.approx(0.4 + 0.4 / 6 + 0.2 / 3)
    ranked = rank(distance, OWN)
    assert ranked.errors.tolist() == pytest.approx([0.8, 0.4, 0.2, 0.1])
    assert ranked.hinge.tolist() == pytest.approx([0, 0.4, 0.4 + 0.4 / 6, 0.4 + 0.4 / 6 + 0.2 / 3, 8 / 15])
    cuts = hinge_with_cut(ranked, np.array([0, 0.1, 0.25]))
    assert cuts.tolist() == pytest.approx([8 / 15, 8 / 15, 0.8 / 2 + 0.2 / 2]), "only the own ones are left"


def test_a_pixel_at_the_centre_needs_its_digits():
    assert slack(np.array([1e-20, 3.0])) == 1e-20
    assert slack(np.array([0.0])) == 0
    assert math.exp(-reach(1e-20)) == pytest.approx(1e-20)
    assert reach(0) == math.inf
    assert kept(np.array([0.0, 700.0]), np.array([True, False]), 0).tolist() == [False, True], "then nothing is free"


@some.composite
def pixels(draw):
    """-log φ with ties and zeros, and labels with at least one own pixel."""
    count = draw(some.integers(1, 40))
    near = some.one_of(some.floats(0, 30), some.sampled_from([0.0, 0.1, 2.0, math.log(2)]))
    distance = draw(arrays.arrays(float, count, elements=near))
    own = draw(arrays.arrays(bool, count))
    own[draw(some.integers(0, count - 1))] = True
    return distance, own


@given(pixels())
@settings(max_examples=80)
def test_the_exact_cut_changes_nothing_and_keeps_nothing_that_is_free(case):
    distance, own = case
    phi, those = np.exp(-distance), own | kept(distance, own, 0)
    assert hinge(phi[those], own[those]) == pytest.approx(hinge(phi, own), abs=1e-12)
    ranked = rank(distance[those], own[those])
    assert ranked.hinge[-1] == pytest.approx(hinge(phi, own), abs=1e-12)
    assert (np.diff(ranked.hinge)[np.diff(ranked.background) == 1] > 0).all()


@given(pixels(), some.floats(0, 1))
@settings(max_examples=80)
def test_a_larger_cut_costs_at_most_twice_epsilon(case, epsilon):
    distance, own = case
    phi, those = np.exp(-distance), own | kept(distance, own, epsilon)
    found = hinge_with_cut(rank(distance, own), np.array([epsilon]))[0]
    assert found == pytest.approx(hinge(phi[those], own[those]), abs=1e-12)
    assert -1e-12 <= hinge(phi, own) - found <= 2 * epsilon + 1e-12


def test_touched_cells_by_hand():
    cells = touched((10, 10), (5, 7.5), ((0, 100), (0, 100)), 4)
    assert cells == Cells(4, (1, 3), (0, 4))
    assert (cells.number, cells.box) == (15, (4, 0, 16, 20))
    at = np.array([[3.9, 4, 15.9, 16], [1, 1, 1, 1]], float)
    assert looked_at(at, cells).tolist() == [False, True, True, False]
    everywhere = touched((10, 10), (math.inf, math.inf), ((-3, 9), (0, 4)), 4)
    assert everywhere == Cells(4, (-1, 2), (0, 1))


@given(some.integers(0, 2**32 - 1), some.sampled_from((*SIZES, 1, 5)))
@settings(max_examples=40)
def test_what_reaches_is_looked_at(seed, size):
    random = np.random.default_rng(seed)
    embedding = random.integers(-40, 40, (2, 200)) / random.choice([1, 2, 4])  # some on borders of cells
    centre, radii = embedding[:, 0], random.integers(1, 30, 2) / 2
    inside = (((embedding - centre[:, None]) / radii[:, None]) ** 2).sum(0) <= 1
    extent = tuple((float(e.min()), float(e.max())) for e in embedding)
    cells = touched(tuple(centre.tolist()), tuple(radii.tolist()), extent, size)
    assert (inside <= looked_at(embedding, cells)).all()


@pytest.fixture(scope="module")
def scene():
    image, instances, classes = street(64, 128)
    classes[:3] = -1
    return Scene("street", image, instances, classes)


@pytest.fixture(scope="module")
def subject(scene):
    output = ideal_output(scene.instances, np.maximum(scene.classes, 0), 2, noise=0.6)
    return Subject(scene, {"trained": output, **starts(output)}, NAMES)


@pytest.mark.parametrize("prediction", ["trained", "untrained, b = 1", "untrained, b = 0"])
def test_the_hinges_are_the_readable_loss_s(subject, prediction):
    scene = subject.scene
    said = split(subject.outputs[prediction].double()[None], 2)
    instances, classes = (torch.from_numpy(a).long() for a in (scene.instances, scene.classes))
    found = find_instances(said.embedding[0], said.bandwidth[0], instances, classes, "learned")
    for number, one in zip(subject.numbers, found, strict=True):
        phi = membership(said.embedding[0], one.centre, bandwidth_to_sharpness(one.bandwidth))
        expected = float(instance_term(phi, one.mask, classes >= 0))
        assert look(subject, Choice(prediction, number)).gaussian.hinge == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("epsilon", [0.0, 0.001, 0.1])
@pytest.mark.parametrize("prediction", ["trained", "untrained, b = 1", "untrained, b = 0"])
def test_a_view_counts_and_compares(subject, prediction, epsilon):
    view = look(subject, Choice(prediction, 2, epsilon, 16))
    phi, own = np.exp(-view.gaussian.distance), view.gaussian.own
    those = own | (subject.valid & (phi > epsilon) & ~own)
    assert view.with_cut == pytest.approx(hinge(phi[those], own[those]))
    assert -1e-12 <= view.difference <= view.bound + 1e-12
    assert view.costs[EPSILONS.index(epsilon) - 1] == pytest.approx(view.difference, abs=1e-12) or epsilon == 0
    assert (view.reaching <= view.looked).all()
    assert not (view.reaching & (own | ~subject.valid)).any()
    assert view.matter_count == int((own | view.reaching).sum())
    trade = view.trades[SIZES.index(16)]
    assert (trade.cells, trade.in_vain) == (view.cells.number, int(paint.in_vain(view).sum()))
    x, y = plane(subject, prediction)[:, view.reaching]
    (cx, cy), (rx, ry) = view.gaussian.centre, view.radii
    assert (((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 <= 1 + 1e-9).all()
    at_the_rim = 0.5 ** (rx / view.gaussian.margin[0]) ** 2
    assert at_the_rim == pytest.approx(max(view.gaussian.slack, epsilon)), "no further than the cut"


def test_with_b_0_everything_reaches_everything_and_with_b_1_a_large_object_is_alone(subject):
    everywhere = look(subject, Choice("untrained, b = 0", 1))
    assert everywhere.matter_count == everywhere.pixels == everywhere.looked_count == int(subject.valid.sum())
    large = np.zeros((64, 128), np.int32)
    large[8:56, 8:120] = 1
    plain = np.zeros((64, 128, 3), np.uint8)
    output = torch.zeros(6, 64, 128)
    alone = Subject(Scene("one", plain, large, large.astype(np.int16)), starts(output), NAMES)
    assert look(alone, Choice("untrained, b = 1", 1)).reaching_count == 0
    assert look(alone, Choice("untrained, b = 0", 1)).reaching_count == 64 * 128 - 48 * 112


def test_the_start_with_b_1_is_the_network_s():
    last = BranchedERFNet(2, 2).decoders[0].output_conv
    assert not last.weight.any(), "so that the output is the bias everywhere"
    assert starts(torch.zeros(6, 1, 1))["untrained, b = 1"].flatten().tolist() == [*last.bias.tolist(), 0, 0]


def test_a_single_pixel_reaches_without_end():
    instances = np.zeros((8, 8), np.int32)
    instances[3, 4] = 1
    scene = Scene("dot", np.zeros((8, 8, 3), np.uint8), instances, instances.astype(np.int16))
    figure = Reach(scene, torch.zeros(5, 8, 8), ("dot",))
    assert figure.error.value == ""
    assert figure.view.radii == (math.inf, math.inf)
    assert figure.view.matter_count == 64
    assert "without end" in figure.board.shapes


def test_one_bandwidth_channel_is_a_circle(scene):
    output = ideal_output(scene.instances, np.maximum(scene.classes, 0), 2, 1, noise=0.3)
    figure = Reach(scene, output, NAMES, bandwidth_channels=1)
    assert figure.error.value == ""
    assert figure.view.radii[0] == figure.view.radii[1]
    figure.prediction.value = "untrained, b = 1"
    assert figure.view.gaussian.margin == pytest.approx((5.744, 5.744), abs=1e-3)


def test_every_kind_of_pixel_has_its_look(subject):
    view = look(subject, Choice("trained", 2, 0.0, 16))
    dots = paint.paint_image(view)[:: paint.DOTS, :: paint.DOTS]
    kinds = {
        "own": (view.gaussian.own, {paint.CLEAR}),
        "reaching": (view.reaching, {paint.REACHING, paint.WHITE}),
        "in vain": (paint.in_vain(view), {paint.IN_VAIN, paint.VEIL}),
    }
    for name, (where, colours) in kinds.items():
        assert where.any(), name
        assert set(np.unique(dots[where]).tolist()) <= colours, name
    rest = ~(view.gaussian.own | view.reaching | paint.in_vain(view))
    assert np.unique(dots[rest]).tolist() == [paint.VEIL]
    plane = paint.paint_plane(subject, view, render.panels(subject)[1])
    assert {paint.CLEAR, paint.TOUCHED, paint.OWN, paint.REACHING} <= set(np.unique(plane).tolist())


def test_words_say_what_the_cut_does(subject):
    exact, cut = (look(subject, Choice("trained", 2, e)) for e in (0.0, 0.1))
    assert "no difference" in words.tell(subject, exact)
    assert f"{exact.matter_count:,} of {exact.pixels:,} pixels matter to car 2" in words.tell(subject, exact)
    assert "the bound allows 2ε = 0.2" in words.tell(subject, cut)
    assert f"{exact.own_count:,} are its own" in words.describe(subject, exact)
    assert charts.tell_small(1e-14) == "0"


@pytest.fixture
def figure(scene):
    return Reach(scene, ideal_output(scene.instances, np.maximum(scene.classes, 0), 2, noise=0.6), NAMES, number=2)


def test_every_control_changes_the_picture(figure):
    for control, value in (("number", 5), ("epsilon", 0.1), ("size", 8), ("prediction", "untrained, b = 0")):
        before = figure.board.shapes
        getattr(figure, control).value = value
        assert figure.board.shapes != before, control
        assert figure.error.value == ""
        assert ("far beyond" in figure.board.shapes) == (control == "prediction"), "else its rim is in the picture"
    assert figure.view.choice == Choice("untrained, b = 0", 5, 0.1, 8)


def test_a_press_chooses_the_object_there(figure):
    row, column = (int(v[0]) for v in np.nonzero(figure.subject.scene.instances == 4))
    place = render.panels(figure.subject)[0].at(column, row)
    figure._pressed(Event("press", "", *place, 0, 0))
    assert figure.number.value == 4
    figure._pressed(Event("press", "", *render.panels(figure.subject)[0].at(1, 10), 0, 0))
    figure._pressed(Event("press", "", 1, 1, 0, 0))
    figure._pressed(Event("drag", "", 300, 100, 0, 0))
    assert figure.number.value == 4, "there is no object there"


def test_still_is_the_drawing_with_words(figure):
    still = figure.still()
    assert still.width == render.WIDTH
    assert "Lovász hinge of all pixels" in still.alt
    assert still.pixels.std() > 20


def test_what_does_not_fit_is_refused(scene):
    output = torch.zeros(6, 64, 128)
    with pytest.raises(ValueError, match="class names"):
        Reach(scene, output, ("one", "two", "three"))
    nothing = Scene("empty", scene.image, np.zeros_like(scene.instances), np.zeros_like(scene.classes))
    with pytest.raises(ValueError, match="no object outside void"):
        Reach(nothing, output, NAMES)

"""Stills of notebook 03: what they draw is what the library computes."""

from fractions import Fraction

import numpy as np
import pytest
import torch

from lab.alternatives import membership_cross_entropy
from lab.figures.jaccard import (
    extend_two_pixels,
    jaccard_steps,
    show_along_line,
    show_pieces,
    show_square,
    show_two_cuts,
)
from lab.figures.jaccard_maps import show_masks, show_pulls, show_reach
from lab.lovasz import lovasz_hinge

ERRORS, LABELS = np.array([0.5, 1.5, 1.2, 0.2]), np.array([True, True, False, False])


def test_the_square_is_the_lovasz_extension():
    rng = np.random.default_rng(0)
    x, y = rng.random(50), rng.random(50)
    logits = torch.tensor(np.stack([1 - x, y - 1], -1))
    hinge = lovasz_hinge(logits, torch.tensor([True, False]).expand(50, 2))
    np.testing.assert_allclose(extend_two_pixels(x, y), hinge)


def test_steps_of_the_four_pixels():
    assert jaccard_steps(ERRORS, LABELS) == ([1, 2, 0, 3], [Fraction(1, 2), Fraction(2, 3), 1, 1])
    assert jaccard_steps(np.array([-0.5, 0.3]), np.array([True, False])) == ([1], [Fraction(1, 2)])


def test_cross_entropy_s_pull_by_hand_is_its_gradient():
    phi = torch.linspace(0.05, 0.95, 12, dtype=torch.float64).requires_grad_()
    mask = torch.arange(12) % 3 == 0
    (gradient,) = torch.autograd.grad(membership_cross_entropy(-phi.log(), mask), phi)
    by_hand = torch.where(mask, 1 / phi, 1 / (1 - phi)) / 12
    torch.testing.assert_close(gradient.abs(), by_hand.detach())


def test_a_staircase_says_its_area():
    still = show_pieces([(0.0, 0.5, 1.0), (0.5, 1.2, 2 / 3)], ERRORS, LABELS, 1.1167)
    assert "area 0.967" in still.alt
    assert "loss 1.117" in still.alt


@pytest.mark.parametrize(
    "still",
    [
        show_square,
        lambda: show_two_cuts(ERRORS, LABELS),
        lambda: show_along_line({"a": torch.sum, "b": torch.amax}, torch.zeros(3), torch.ones(3)),
        lambda: show_reach(4.88),
    ],
)
def test_stills_are_small_and_have_words(still):
    picture = still()
    assert len(picture.png()) < 60_000
    assert len(picture.alt) > 60


def test_maps_are_small_and_have_words():
    image = np.full((64, 64, 3), 120, np.uint8)
    truth = np.zeros((64, 64), bool)
    truth[20:40, 20:30] = True
    masks = show_masks(image, {"nothing": (truth & False, truth), "all of it": (truth, truth)})
    pulls = show_pulls({"thing": {"φ": truth * 0.5, "one": truth * 0.01, "two": truth * 0.02 + 1e-4}}, [truth])
    for still, word in ((masks, "nothing, all of it"), (pulls, "thing")):
        assert word in still.alt
        assert len(still.png()) < 80_000


def test_a_pull_of_zero_is_hatched_and_looks_like_no_other():
    truth = np.zeros((64, 64), bool)
    truth[20:40, 20:30] = True
    some, none = (show_pulls({"thing": {"φ": truth * 0.5, "one": truth + v}}, [truth]).pixels for v in (3e-3, 0.0))
    changed = (some != none).any(-1)
    assert changed.mean() > 0.2
    shades = {tuple(colour) for colour in none[changed]}
    assert (0xDE, 0xDE, 0xDE) in shades
    assert (0xB4, 0xB4, 0xB4) in shades  # the hatching

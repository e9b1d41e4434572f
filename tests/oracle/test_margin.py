"""The margin that serves an instance best, by brute force."""

import math

import pytest
import torch

from lab.embedding import membership
from lab.oracle.margin import AXIS_RATIOS, best_sharpness


def cloud(seed: int, pixels: int = 60):
    """Embeddings, a third of them the instance's own, in units of 1024 px."""
    generator = torch.Generator().manual_seed(seed)
    embedding = 0.02 * torch.randn((2, pixels), generator=generator) + 0.3
    own = torch.arange(pixels) < pixels // 3
    embedding[:, own] = 0.3 + 0.008 * torch.randn((2, int(own.sum())), generator=generator) * torch.tensor(
        [[2.0], [1.0]]
    )
    return embedding, own


def iou(embedding, own, size, centre, kappa) -> float:
    members = membership(embedding, centre, kappa) > 0.5
    return float((members & own).sum() / (size + (members & ~own).sum()))


@pytest.mark.parametrize("seed", range(6))
def test_no_circle_is_better(seed):
    embedding, own = cloud(seed)
    centre, size = embedding[:, own].mean(1), int(own.sum()) + 4
    best = iou(embedding, own, size, centre, best_sharpness(embedding, own, size, centre, torch.tensor([500.0])))
    radii = (embedding - centre[:, None]).square().sum(0).sqrt() * 1.0001
    assert best == pytest.approx(max(iou(embedding, own, size, centre, (math.log(2) / r**2)[None]) for r in radii))


@pytest.mark.parametrize("seed", range(6))
def test_no_ellipse_of_the_ratios_tried_is_better_nor_one_of_the_network_s(seed):
    embedding, own = cloud(seed)
    centre, size = embedding[:, own].mean(1), int(own.sum())
    given = torch.tensor([300.0, 2000.0])
    best = iou(embedding, own, size, centre, best_sharpness(embedding, own, size, centre, given))
    for scale in torch.logspace(-2, 2, 80):
        assert best >= iou(embedding, own, size, centre, given * scale) - 1e-6
        for ratio in AXIS_RATIOS:
            assert best >= iou(embedding, own, size, centre, 2000 * scale * torch.tensor([1 / ratio, ratio])) - 1e-6


def test_an_ellipse_is_better_where_the_embeddings_are_one():
    embedding, own = cloud(1)
    centre, size = embedding[:, own].mean(1), int(own.sum())
    circle = best_sharpness(embedding, own, size, centre, torch.tensor([500.0]))
    ellipse = best_sharpness(embedding, own, size, centre, torch.tensor([500.0, 500.0]))
    assert iou(embedding, own, size, centre, ellipse) > iou(embedding, own, size, centre, circle)


@pytest.mark.parametrize("given", [[70.0], [70.0, 90.0], [70.0, 9000.0], [9000.0, 70.0]])
def test_all_at_one_point(given):
    given = torch.tensor(given)
    embedding = torch.full((2, 5), 0.25)
    embedding[0, 3] += 1 / 1024  # strangers, one pixel away
    embedding[1, 4] += 1 / 1024
    own = torch.tensor([True, True, True, False, False])
    kappa = best_sharpness(embedding, own, 3, embedding[:, 0], given)
    assert (membership(embedding, embedding[:, 0], kappa) > 0.5).tolist() == own.tolist()
    alone = best_sharpness(embedding[:, :3], own[:3], 3, embedding[:, 0], given)
    assert alone.isfinite().all()
    assert (membership(embedding[:, :3], embedding[:, 0], alone) > 0.5).all()


def test_without_a_pixel_that_takes_part_the_network_s_own_stays():
    embedding, own = cloud(0)
    given = torch.tensor([5.0, 7.0])
    assert best_sharpness(embedding, own & False, 9, embedding[:, 0], given) is given

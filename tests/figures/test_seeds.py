"""Notebook 05's stills: they draw, they say what they show, and the arrows point where descent goes."""

import numpy as np
import pytest
import torch

from lab.figures import seeds
from lab.figures.seeds import (
    show_class_maps,
    show_phi_and_score,
    show_pull,
    show_runs,
    show_targets,
    show_trust,
)
from tests.figures.checks import check_nothing_is_cut_off


@pytest.fixture
def arrows(monkeypatch):
    """All arrows drawn, by panel: (φ, s, across, upward)."""
    drawn: list[tuple] = []

    def quiver(self, phi, score, across, upward, **_):
        drawn.append((self.get_title(), np.ravel(phi), np.ravel(score), np.ravel(across), np.ravel(upward)))

    monkeypatch.setattr(seeds.Axes, "quiver", quiver)
    return drawn


def test_arrows_are_descent_on_the_squared_difference(arrows):
    show_pull(0.9, 0.3)
    assert len(arrows) == 4
    for n, (_, phi, score, across, upward) in enumerate(arrows):
        f, s = (torch.tensor(v, requires_grad=True) for v in (phi, score))
        target = f if n >= 2 else f.detach()
        down = torch.autograd.grad(((s - target) ** 2).sum(), (s, f), allow_unused=True, materialize_grads=True)
        length = 0.2 if len(phi) > 1 else 0.5
        np.testing.assert_allclose(upward, -down[0].numpy() * length / 2, atol=1e-12)
        np.testing.assert_allclose(across, -down[1].numpy() * length / 2, atol=1e-12)


def stills():
    rng = np.random.default_rng(0)
    image, wide = (rng.integers(0, 255, (20, w, 3), dtype=np.uint8) for w in (30, 37))
    phi, score = rng.random((2, 20, 30))
    yield (
        "phi_and_score",
        show_phi_and_score(wide, wide[..., 0] / 255, wide[..., 1] / 255, wide[..., 0] > 127, (96, 290)),
    )
    yield "pull", show_pull(0.9, 0.3)
    yield "runs", show_runs(np.arange(9), rng.random((2, 9, 3)), rng.random((2, 9, 3)), ("phi", "iou", "seed"), 8)
    yield "targets", show_targets(rng.random((2, 99)), rng.random(99), {"a": 0.1, "b": 0.2, "c": 0.3, "d": 0.4})
    yield "class_maps", show_class_maps(image, rng.random((8, 20, 30)), tuple("abcdefgh"), phi > 0.9)
    yield "trust", show_trust(phi.ravel(), score.ravel())


@pytest.mark.parametrize(("name", "still"), list(stills()), ids=lambda value: value if isinstance(value, str) else "")
def test_stills_are_drawn_with_words(name, still):
    check_nothing_is_cut_off(still)
    assert len(still.alt) > 80
    assert len(still.jpeg() if still.photo else still.png()) < 120_000


def test_targets_curve_is_the_mean_worth_in_each_tenth(monkeypatch):
    lines = []
    plot = seeds.Axes.plot

    def keep(self, *arguments, **settings):
        lines.append(arguments)
        return plot(self, *arguments, **settings)

    monkeypatch.setattr(seeds.Axes, "plot", keep)
    score = np.array([[0.05, 0.05, 0.95, 1.0], [0.5, 0.5, 0.5, 0.5]])
    show_targets(score, np.array([0.2, 0.4, 0.6, 1.0]), dict.fromkeys("abcd", 0.5))
    (_, first, _), (_, second, _) = lines
    assert first[0] == pytest.approx(0.3)
    assert first[9] == pytest.approx(0.8)
    assert second[5] == pytest.approx(0.55)
    assert np.isnan([*first[1:9], *second[:5], *second[6:]]).all()


def test_trust_is_told_with_membership_across(monkeypatch):
    lines = []
    plot = seeds.Axes.plot

    def keep(self, *arguments, **settings):
        lines.append((arguments, settings.get("label")))
        return plot(self, *arguments, **settings)

    monkeypatch.setattr(seeds.Axes, "plot", keep)
    score = np.repeat(np.arange(0.05, 1, 0.1), 2)
    show_trust(np.tile([0.2, 0.6], 10), score)
    (means, middle, _), label = lines[-1]
    assert label == "mean φ in each tenth of s"
    np.testing.assert_allclose(means, 0.4)
    np.testing.assert_allclose(middle, score[::2])

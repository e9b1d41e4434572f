"""Test-time flips: what is brought back fits the picture, and is averaged where the loss measures it."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from lab.checkpoints import Model, ModelCard
from lab.clustering import Thresholds, cluster
from lab.datasets.scene import Scene
from lab.erfnet import BranchedERFNet
from lab.evaluation import EvaluationSettings, evaluate, predict_files, report, table, tune_thresholds, tuning_table
from lab.evaluation.flips import ALL_EIGHT, MIRRORED, View, averaged, brought_back, seen, views_of
from lab.evaluation.predict import network_output, predict_scene, thresholds_of
from tests.ideal import ideal_output
from tests.sources import InMemory

CARD = ModelCard(2, 1, ("nucleus",), 0.5, 0.5, 8, 0.5)
TURNED = replace(CARD, settings={"quarter_turns": True})
SIZE = (37, 51)  # no multiple of 8, not square


class FindsBoxes(torch.nn.Module):
    """A network that sees with both eyes alike: the red channel holds instance numbers, the output is made of them.

    Whatever view it is shown, it says what is there: so its answers, brought back, are all one.
    """

    def __init__(self, bandwidth_channels: int = 2, num_classes: int = 1):
        super().__init__()
        self.nowhere = torch.nn.Parameter(torch.zeros(()))
        self.channels, self.shown = (num_classes, bandwidth_channels), []

    def forward(self, image: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B C H W"]:
        self.shown.append(image[0])
        numbers = (image[0, 0] * 255).round().int().numpy()
        return ideal_output(numbers, (numbers > 0).astype(int), *self.channels)[None]


def boxes() -> np.ndarray:
    """Four boxes, numbered in the red channel: wide, high, touching; one at the very edge."""
    image = np.zeros((*SIZE, 3), np.uint8)
    for k, (top, left, bottom, right) in enumerate(
        ((3, 4, 9, 22), (12, 5, 34, 11), (12, 11, 30, 16), (26, 33, 37, 51)), start=1
    ):
        image[top:bottom, left:right, 0] = k
    return image


@pytest.mark.parametrize("bandwidth_channels", [1, 2])
@pytest.mark.parametrize(("settings", "views"), [({}, 2), ({"quarter_turns": True}, 8)])
def test_a_network_that_sees_all_views_alike_says_the_same_with_and_without(bandwidth_channels, settings, views):
    card = replace(CARD, bandwidth_channels=bandwidth_channels, settings=settings)
    model = Model(FindsBoxes(bandwidth_channels).eval(), card)
    plain, flipped = network_output(model, boxes()), network_output(model, boxes(), flips=True)
    torch.testing.assert_close(flipped, plain, rtol=1e-6, atol=1e-7)  # centroids are summed in another order
    assert len(model.network.shown) == 1 + views
    assert len({image.numpy().tobytes() + bytes(image.shape) for image in model.network.shown}) == views
    found = predict_scene(model, boxes(), flips=True)
    assert sorted(found.masks.flatten(1).sum(1).tolist()) == sorted(np.bincount(boxes()[..., 0].ravel())[1:].tolist())


@pytest.mark.parametrize("view", ALL_EIGHT)
def test_each_view_comes_back_to_what_is_there(view):
    """Per view, so that two wrong signs cannot cancel in a mean."""
    model = FindsBoxes()
    image = torch.from_numpy(boxes()).permute(2, 0, 1).float() / 255
    back = brought_back(model(seen(image, view)[None])[0], view, 2)
    torch.testing.assert_close(back, model(image[None])[0], rtol=1e-6, atol=1e-7)


def test_the_eight_views_are_the_flips_and_the_turns():
    image = torch.arange(6.0).view(1, 2, 3)
    views = {tuple(seen(image, view)[0].flatten().tolist()) + tuple(seen(image, view).shape) for view in ALL_EIGHT}
    turns = [torch.rot90(way, k, (1, 2)) for way in (image, image.flip(2)) for k in range(4)]
    assert views == {tuple(turn.flatten().tolist()) + tuple(turn.shape) for turn in turns}
    assert len(views) == 8


@pytest.mark.parametrize("size", [(37, 51), (40, 24)])
def test_a_real_network_shown_the_flipped_picture_gives_the_flipped_output(size):
    """The order of views is all that changes: the mean over all views of a view is the mean over all views."""
    torch.manual_seed(0)
    network = BranchedERFNet(2, 1).eval()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    model = Model(network, TURNED)
    image = np.random.default_rng(0).integers(0, 255, (*size, 3), dtype=np.uint8)
    plain = network_output(model, image, flips=True)
    assert plain[:4].std(dim=(1, 2)).min() > 0  # it does say something
    for view in (View(mirrored=True), View(upside_down=True), View(transposed=True)):
        other = seen(torch.from_numpy(image).permute(2, 0, 1).float(), view).permute(1, 2, 0).numpy().astype(np.uint8)
        back = brought_back(network_output(model, other, flips=True), view, 2)
        torch.testing.assert_close(back, plain, rtol=1e-5, atol=1e-6)
        alone = brought_back(network_output(model, other), view, 2)
        assert (alone - network_output(model, image)).abs().max() > 1e-3  # without flips it is not so


def test_streets_are_mirrored_only():
    assert views_of(CARD) == MIRRORED
    assert views_of(TURNED) == ALL_EIGHT


class TestAveraged:
    def test_by_hand(self):
        """Two views of one pixel: offset 1 and 0, b 1 and 2, seed scores .9 and .6."""
        outputs = torch.tensor([[1.0, 0.5, 1.0, 3.0, 0.9], [0.0, 0.5, 2.0, 4.0, 0.6]])
        outputs[:, 4] = torch.logit(outputs[:, 4])
        mean = averaged(list(outputs.view(2, 5, 1, 1)), 2).flatten()
        assert torch.tanh(mean[0]).item() == pytest.approx(np.tanh(1) / 2)
        assert mean[1:4].tolist() == pytest.approx([0.5, 1.5, 3.5])
        assert torch.sigmoid(mean[4]).item() == pytest.approx(0.75)

    def test_of_equals_is_that_one_exactly(self):
        torch.manual_seed(0)
        output = torch.randn(5, 6, 7) * torch.tensor([1.0, 1.0, 2.0, 2.0, 12.0])[:, None, None]
        assert torch.equal(averaged([output] * 8, 2), output)

    def test_sure_scores_stay_finite(self):
        outputs = [torch.full((5, 2, 2), value) for value in (-200.0, 200.0)]
        mean = averaged([outputs[1], outputs[1]], 2)
        assert mean.isfinite().all()
        assert mean[4, 0, 0] == 200
        assert averaged(outputs, 2)[4, 0, 0] == 0

    def test_a_value_that_is_not_finite_is_not_averaged_away(self):
        outputs = [torch.zeros(5, 2, 2), torch.zeros(5, 2, 2)]
        outputs[1][0, 1, 1] = float("inf")
        with pytest.raises(ValueError, match="not finite, the first in channel 0 at row 1, column 1"):
            averaged(outputs, 2)

    def test_cluster_takes_it(self):
        numbers = boxes()[..., 0]
        output = ideal_output(numbers, (numbers > 0).astype(int), 1)
        assert len(cluster(averaged([output, output], 2), 2, **vars(Thresholds(0.5, 0.5, 8, 0.5)))) == 4


class TestThroughEverything:
    """`flips` reaches the network from evaluation, tuning and files."""

    @pytest.fixture
    def source(self) -> InMemory:
        numbers = boxes()[..., 0].astype(np.int32)
        return InMemory(Scene("a", boxes(), numbers, (numbers > 0).astype(np.int16)), class_names=("nucleus",))

    @pytest.fixture
    def model(self) -> Model:
        return Model(FindsBoxes().eval(), TURNED)

    def test_evaluate_and_the_report_say_so(self, source, model, tmp_path):
        result = report(evaluate(model, source, tmp_path, thresholds_of(CARD), EvaluationSettings(flips=True)))
        assert len(model.network.shown) == 8
        assert (result["flips"], result["views"], result["ap50"]) == (True, 8, 1)
        assert "for 8 views (flips: their mean was clustered)" in table(result)
        plain = report(evaluate(model, source, tmp_path, thresholds_of(CARD)))
        assert (plain["flips"], plain["views"]) == (False, 1)
        assert "flips" not in table(plain)

    def test_tune(self, source, model):
        tuning = tune_thresholds(model, source, thresholds_of(CARD), 1, (0.5,), (8,), flips=True)
        assert len(model.network.shown) == 8
        assert "flips" in tuning_table(tuning)

    def test_files(self, model, tmp_path):
        Image.fromarray(boxes()).save(tmp_path / "a.png")
        predict_files(model, [tmp_path / "a.png"], tmp_path / "out", thresholds_of(CARD), flips=True)
        assert len(model.network.shown) == 8

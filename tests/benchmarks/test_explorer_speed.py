"""What a moved slider costs in the kernel, on the shipped model and scene: `make bench`."""

from dataclasses import replace

import pytest

from lab.checkpoints import shipped_model
from lab.datasets.cityscapes import CityscapesFolder
from lab.evaluation.predict import network_output, thresholds_of
from lab.folders import data_folder
from lab.widgets.explorer.compute import Choice, find_instances, read_maps
from lab.widgets.explorer.layers import choose_ranges
from lab.widgets.explorer.render import draw, look, paint


@pytest.fixture(scope="module")
def model():
    return shipped_model("toyscapes")


@pytest.fixture(scope="module")
def image():
    return CityscapesFolder(data_folder() / "scenes", "val")[0].image


@pytest.fixture(scope="module")
def maps(model, image):
    return read_maps(image, network_output(model, image), model.card.class_names, model.card.bandwidth_channels)


@pytest.fixture(scope="module")
def choice(model):
    return Choice(thresholds=thresholds_of(model.card), pixel=(256, 128))


def test_network(benchmark, model, image):
    """256x512 once through the network: paid when the explorer is made, not when a slider moves."""
    benchmark(network_output, model, image)


def test_clustering(benchmark, maps, choice):
    assert len(benchmark(find_instances, maps, choice)) > 0


@pytest.mark.parametrize("sigma_scale", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("layer", ["instances", "sigma"])
def test_slider_to_picture(benchmark, maps, choice, layer, sigma_scale):
    """Everything between a slider's new value and the bytes that go to the browser."""
    ranges, moved = choose_ranges(maps), replace(choice, layer=layer, sigma_scale=sigma_scale)

    def update() -> tuple[bytes, str]:
        scenery = look(maps, ranges, moved)
        return paint(scenery), draw(scenery)

    picture, drawing = benchmark(update)
    assert picture
    assert drawing

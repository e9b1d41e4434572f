"""What the explorer costs in the kernel, on the shipped model and scene: `make bench`."""

from dataclasses import replace

import pytest

from lab.checkpoints import shipped_model
from lab.datasets.cityscapes import CityscapesFolder
from lab.evaluation.predict import network_output, thresholds_of
from lab.folders import data_folder
from lab.widgets.explorer.compute import LAYERS, Choice, find_instances, read_maps
from lab.widgets.explorer.labels import Labels, judge
from lab.widgets.explorer.layers import choose_ranges
from lab.widgets.explorer.pack import pack_fields, pack_instances, pack_scores
from lab.widgets.explorer.render import look, paint


@pytest.fixture(scope="module")
def model():
    return shipped_model("toyscapes")


@pytest.fixture(scope="module")
def scene():
    return CityscapesFolder(data_folder() / "scenes", "val")[0]


@pytest.fixture(scope="module")
def maps(model, scene):
    output = network_output(model, scene.image)
    return read_maps(scene.image, output, model.card.class_names, model.card.bandwidth_channels)


@pytest.fixture(scope="module")
def choice(model):
    return Choice(thresholds=thresholds_of(model.card), pixel=(256, 128))


def test_network(benchmark, model, scene):
    """256x512 once through the network: paid when the explorer is made, not when a slider moves."""
    benchmark(network_output, model, scene.image)


def test_packing(benchmark, maps):
    """Paid with every model that is chosen."""
    fields, scores = benchmark(lambda: (pack_fields(maps), pack_scores(maps.seed_map)))
    assert len(fields.numbers) == 8 * scores[0].size


@pytest.mark.parametrize("sigma_scale", [0.5, 1.0, 2.0])
def test_slider_to_list_of_instances(benchmark, maps, choice, scene, sigma_scale):
    """From a slider's new value to the bytes that go to the browser, the overlaps with the labels among them."""
    moved = replace(choice, sigma_scale=sigma_scale)
    labels = Labels(scene.instances, scene.classes, maps.class_names)

    def update() -> bytes:
        found = find_instances(maps, moved)
        judge(labels, found, maps.class_names)
        return pack_instances(found, sigma_scale).tobytes()

    assert benchmark(update)


@pytest.mark.parametrize("layer", LAYERS[1:])
def test_picture_without_webgl(benchmark, maps, choice, layer):
    """A layer painted in Python, for browsers that cannot."""
    scenery = look(maps, choose_ranges(maps), replace(choice, layer=layer))
    assert benchmark(paint, scenery)

"""The network tile by tile: the whole picture's output, whatever the size, in whatever view."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from typer.testing import CliRunner

from lab.__main__ import app
from lab.anatomy import dissect, way_to, window_width
from lab.checkpoints import Model, ModelCard, shipped_model
from lab.clustering import cluster, cluster_to_regions
from lab.erfnet import BranchedERFNet
from lab.evaluation import predict_files
from lab.evaluation.flips import ALL_EIGHT, View, averaged, brought_back, seen
from lab.evaluation.predict import for_inference, network_output, predict_regions, predict_scene
from lab.evaluation.tiles import (
    BYTES_A_PIXEL,
    Tiles,
    picture_of,
    receptive_halo,
    tiled_output,
    tiles_of,
    turned,
    turned_back,
)
from lab.instances import Thresholds
from lab.speed.cases import make_case

CPU = torch.device("cpu")
ROUNDING = 2e-5  # of raw outputs up to some ten: other sizes are added up in another order


class Near(nn.Module):
    """A network like ERFNet in all but its reach: strides of 8, zeros beyond the edge, odd sizes padded; sees 22 px."""

    REACH = 24

    def __init__(self, channels: int = 5):
        super().__init__()
        torch.manual_seed(0)
        self.down = nn.Conv2d(3, 8, 8, stride=8)
        self.beside = nn.Conv2d(8, 8, 3, padding=1)
        self.pixels = nn.Conv2d(3, 8, 5, padding=2)
        self.up = nn.ConvTranspose2d(8, channels, 8, stride=8)
        self.last = nn.Conv2d(8, channels, 1)

    def forward(self, image):
        height, width = image.shape[-2:]
        padded = nn.functional.pad(image, (0, -width % 8, 0, -height % 8))
        far = self.up(self.beside(self.down(padded)).tanh())
        return (far + self.last(self.pixels(padded).tanh()))[..., :height, :width]


def noise(height: int, width: int, seed: int = 0) -> np.ndarray:
    """A picture in which no two places are alike."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


@torch.inference_mode()
def whole(network: nn.Module, image: np.ndarray) -> torch.Tensor:
    return network(picture_of(image, CPU)[None])[0].float()


# Multiples of 8 and none, one tile, many, remainders one pixel wide, pictures smaller than a cell.
SIZES = [(64, 96), (61, 93), (40, 40), (33, 65), (97, 32), (1, 200), (200, 1), (7, 5), (1, 1)]


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("side", [8, 32, 200])
def test_tiles_give_the_output_of_the_whole(size, side):
    network, image = Near().eval(), noise(*size)
    tiled = tiled_output(network, image, 2, Tiles(side, Near.REACH))
    torch.testing.assert_close(tiled, whole(network, image), atol=1e-6, rtol=0)


def test_a_halo_that_is_too_small_is_seen_in_the_output():
    network, image = Near().eval(), noise(97, 96)
    expected = whole(network, image)
    wrong = tiled_output(network, image, 2, Tiles(32, 0)) - expected
    assert wrong.abs().max() > 0.01
    inner = wrong[:, 8:24, 8:24]  # of the first tile, whose other two sides are the picture's own edge
    assert inner.abs().max() < 1e-6


@pytest.mark.parametrize("size", [(64, 96), (45, 83)], ids=str)
@pytest.mark.parametrize("view", ALL_EIGHT, ids=lambda view: "".join(str(int(switch)) for switch in view))
def test_views_are_cut_on_their_own_grid(size, view: View):
    """The network pads a mirrored picture on its own right side: what it says of it does not depend on the tiles."""
    network, image = Near().eval(), noise(*size)
    with torch.inference_mode():
        shown = network(seen(picture_of(image, CPU), view)[None])[0]
    expected = brought_back(shown, view, 2)
    tiled = tiled_output(network, image, 2, Tiles(24, Near.REACH), [view])
    torch.testing.assert_close(tiled, expected, atol=1e-6, rtol=0)


def test_the_mean_over_views_is_that_of_whole_pictures():
    network, image = Near().eval(), noise(45, 83)
    outputs = [brought_back(whole(network, np.asarray(flip(image, view))), view, 2) for view in ALL_EIGHT]
    tiled = tiled_output(network, image, 2, Tiles(24, Near.REACH), ALL_EIGHT)
    torch.testing.assert_close(tiled, averaged(outputs, 2), atol=1e-5, rtol=0)


def flip(image: np.ndarray, view: View) -> np.ndarray:
    """The picture in a view, by NumPy."""
    image = image.transpose(1, 0, 2) if view.transposed else image
    return image[:: -1 if view.upside_down else 1, :: -1 if view.mirrored else 1]


@pytest.mark.parametrize("view", ALL_EIGHT, ids=str)
def test_a_window_and_its_place_in_a_view(view: View):
    image, window = noise(13, 29), (slice(2, 7), slice(11, 27))
    there = turned(window, view, (13, 29))
    np.testing.assert_array_equal(flip(image, view)[there], flip(image[window], view))
    assert turned_back(there, view, (13, 29)) == window


def test_tiles_cover_every_pixel_once():
    for size in ((1, 1), (16, 16), (17, 33), (40, 7)):
        seen_at = np.zeros(size, int)
        for tile in tiles_of(size, 16):
            seen_at[tile] += 1
            assert all(part.start % 8 == 0 for part in tile)
        assert (seen_at == 1).all()


class TestHalo:
    def test_it_is_what_the_window_has_on_its_longer_side(self):
        parts = dissect(BranchedERFNet(2, 8).eval(), torch.zeros(1, 3, 16, 16))
        widths = [window_width(way_to(parts, index)) for index, part in enumerate(parts) if part.kind == "output"]
        assert max(widths) <= 2 * receptive_halo() + 1 < max(widths) + 16

    def test_random_numbers_go_on_as_if_nothing_had_been_built(self):
        receptive_halo.cache_clear()
        torch.manual_seed(3)
        before = torch.random.get_rng_state()
        assert receptive_halo() > 0
        assert torch.equal(torch.random.get_rng_state(), before)

    def test_no_pixel_beyond_it_has_a_say_and_one_within_has(self):
        """One pixel that is no number spoils all that sees it, be its weight ever so small, and nothing else.

        Tiles end within the last cell that sees it, on the left, and begin there on the right.
        """
        network, image = Spoilt(BranchedERFNet(2, 1)).eval(), np.full((8, 2600, 3), 100, np.uint8)
        image[5, 1303] = 255
        expected = whole(network, image).isnan()
        sees = np.flatnonzero(expected.any(0).any(0))
        assert 1200 < len(sees) <= 1239
        for side in ((sees[0] // 8 + 1) * 8, sees[-1] // 8 * 8):
            for halo, equal in ((receptive_halo(), True), (receptive_halo() - 24, False)):
                tiled = tiled_output(network, image, 2, Tiles(int(side), halo)).isnan()
                assert torch.equal(tiled, expected) == equal, (side, halo)

    def test_of_another_network_it_has_to_be_said(self):
        with pytest.raises(ValueError, match="found no halo for a network of the type Near, expected a number of px"):
            tiled_output(Near(), noise(8, 8), 2, Tiles())

    @pytest.mark.parametrize("wrong", [{"size": 0}, {"size": 100}, {"halo": -1}])
    def test_sizes_that_cannot_be(self, wrong):
        with pytest.raises(ValueError, match=r"found (tiles|a halo) of"):
            Tiles(**wrong)


class Spoilt(nn.Module):
    """White pixels are no numbers."""

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network

    def forward(self, image):
        return self.network(image.masked_fill(image == 1, float("nan")))


@pytest.fixture(scope="module")
def model() -> Model:
    return for_inference(shipped_model("nuclei"), CPU)


def test_the_shipped_network_in_tiles(model):
    """Long and thin: with room for tiles whose halo ends within the picture."""
    image = noise(13, 1777)
    tiled = network_output(model, image, prepared=True, tiles=Tiles(400))
    torch.testing.assert_close(tiled, network_output(model, image, prepared=True), atol=ROUNDING, rtol=0)


def street_of_discs(height: int, width: int) -> np.ndarray:
    rows, columns = np.indices((height, width))
    bright = ((rows % 40 - 20) ** 2 + (columns % 40 - 20) ** 2 < 120)[..., None]
    return np.where(bright, 180, 20).astype(np.uint8) + noise(height, width) // 16


def test_predictions_in_tiles_are_those_of_the_whole(model, tmp_path):
    """From the command: the same labels, the same list, the same COCO file."""
    Image.fromarray(street_of_discs(90, 170)).save(tmp_path / "discs.png")
    for words in ([], ["--tile-size", "64"]):
        out = tmp_path / f"out{len(words)}"
        done = CliRunner().invoke(
            app, ["predict", str(tmp_path / "discs.png"), "--model", "nuclei", "--output", str(out), *words]
        )
        assert done.exit_code == 0, done.output
    first, tiled = tmp_path / "out0", tmp_path / "out2"
    labels = np.asarray(Image.open(first / "discs_labels.png"))
    assert labels.max() > 4
    np.testing.assert_array_equal(np.asarray(Image.open(tiled / "discs_labels.png")), labels)
    assert shapes(tiled) == shapes(first)


def shapes(folder: Path) -> list[dict]:
    return [entry["segmentation"] for entry in json.loads((folder / "coco.json").read_text())["annotations"]]


def test_regions_are_the_masks(model):
    image = street_of_discs(90, 170)
    found, regions = predict_scene(model, image), predict_regions(model, image, tiles=Tiles(64))
    assert len(regions) == len(found) > 4
    np.testing.assert_array_equal(regions.labels, found.labels.numpy())


@pytest.mark.parametrize("kind", ["trained", "random"])
@pytest.mark.parametrize("implementation", ["readable", "fast"])
def test_lists_of_pixels_are_what_the_clustering_says(kind, implementation):
    output, thresholds = make_case(kind, 25, 100, 150, 3).output[0], Thresholds(0.6, 0.5, 9)
    found = cluster(output, 2, **vars(thresholds), implementation=implementation)
    regions = cluster_to_regions(output, 2, thresholds, implementation)
    assert len(regions) == len(found) > 0
    for pixels, mask in zip(regions.pixels, found.masks.numpy(), strict=True):
        np.testing.assert_array_equal(pixels, np.flatnonzero(mask))
    np.testing.assert_array_equal(regions.labels, found.labels.numpy())
    np.testing.assert_array_equal(regions.scores, found.scores.numpy())
    np.testing.assert_array_equal(regions.classes, found.classes.numpy())
    assert regions.trace == found.trace


def test_regions_of_nothing_and_of_what_is_not_finite():
    output = make_case("trained", 3, 40, 60, 1).output[0]
    for implementation in ("readable", "fast"):
        nothing = cluster_to_regions(output, 2, Thresholds(min_pixels=10**6), implementation)
        assert len(nothing) == 0
        assert not nothing.labels.any()
        with pytest.raises(ValueError, match="not finite"):
            cluster_to_regions(torch.full((5, 8, 8), float("nan")), 2, Thresholds(), implementation)


def test_more_instances_than_a_label_image_has_numbers(monkeypatch, tmp_path):
    from lab.evaluation import files
    from tests.heart import CARD as STREET
    from tests.heart import KnowsByHeart, drawn

    scene = drawn("a")
    knows = Model(KnowsByHeart([scene]).eval(), ModelCard(**vars(STREET)))
    Image.fromarray(scene.image).save(tmp_path / "a.png")
    monkeypatch.setattr(files, "MOST_INSTANCES", 3)
    said: list[str] = []
    assert files.predict_files(knows, [tmp_path / "a.png"], tmp_path / "out", Thresholds(0.5, 0.5, 8), said.append) == 1
    assert "a.png: found 4 instances, expected at most 3" in said[0]
    assert not (tmp_path / "out").exists()


def test_a_picture_that_does_not_fit_is_refused_before_it_is_tried(model, monkeypatch, tmp_path):
    monkeypatch.setattr("lab.evaluation.tiles.free_memory", lambda: 2**30)
    monkeypatch.setattr("lab.evaluation.tiles.LARGE", 2**12)
    monkeypatch.setattr("lab.evaluation.tiles.BYTES_A_PIXEL", 2**18)
    image = street_of_discs(64, 96)
    with pytest.raises(MemoryError, match=r"96x64 px, for which the network takes some 2 GiB .*predict --tiles"):
        network_output(model, image)
    network_output(model, image[:32])
    network_output(model, image, tiles=Tiles(64))
    Image.fromarray(image).save(tmp_path / "a.png")
    Image.fromarray(image[:32]).save(tmp_path / "b.png")
    said: list[str] = []
    paths = [tmp_path / "a.png", tmp_path / "b.png"]
    assert predict_files(model, paths, tmp_path / "out", Thresholds(), said.append) == 1
    assert "a.png: found a picture of 96x64 px" in said[0]
    assert (tmp_path / "out" / "b_labels.png").is_file()


def test_what_comes_out_must_fit_and_with_flips_several_times(model, monkeypatch):
    """Asked before it is taken: the system promises more than it has, and ends who takes it."""
    image = street_of_discs(64, 96)
    channels = len(network_output(model, image))
    monkeypatch.setattr("lab.evaluation.tiles.LARGE", 2**12)
    monkeypatch.setattr("lab.evaluation.tiles.free_memory", lambda: 64 * 96 * 4 * channels - 1)
    with pytest.raises(MemoryError, match=r"96x64 px, for which what comes out takes some .*Cut it into several files"):
        network_output(model, image, tiles=Tiles(64))
    monkeypatch.setattr("lab.evaluation.tiles.free_memory", lambda: 64 * 96 * (BYTES_A_PIXEL + 4 * channels))
    network_output(model, image)
    with pytest.raises(MemoryError, match=r"the network takes some .*predict --tiles"):
        network_output(model, image, flips=True)

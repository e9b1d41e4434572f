"""A large picture through `predict --tiles`, and what smaller halos change."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import Image
from torch import Tensor

from lab.checkpoints import Model, shipped_model
from lab.clustering import cluster_to_regions
from lab.datasets.sample import street
from lab.embedding import PIXELS_PER_UNIT
from lab.evaluation.coco import CocoFile
from lab.evaluation.files import write_results
from lab.evaluation.predict import for_inference, network_output, thresholds_of
from lab.evaluation.tiles import Tiles, grown, halo_for, tiles_of
from lab.images import load_image
from lab.limits.watch import Watch, mebibytes
from lab.regions import Regions

HALOS = (None, 384, 256, 128, 64, 0)  # px; None: all that an output pixel can see


def streets(height: int, width: int) -> UInt8[np.ndarray, "H W 3"]:
    """The lab's street beside itself, each time mirrored: a picture of any size with things everywhere."""
    image = street().image
    pair = np.concatenate([image, image[:, ::-1]], axis=1)
    block = np.concatenate([pair, pair[::-1]], axis=0)
    times = -(-height // block.shape[0]), -(-width // block.shape[1])
    return np.tile(block, (*times, 1))[:height, :width]


def large(side: int, tile: int, folder: Path) -> dict[str, Any]:
    """From a PNG of side x side px to the four files of `predict`, phase by phase."""
    model, watch = for_inference(shipped_model(), torch.device("cpu")), Watch()
    path = folder / "large.png"
    Image.fromarray(streets(side, side)).save(path, compress_level=1)
    with watch("file read"):
        image = load_image(path)
    with watch("network"):
        output = network_output(model, image, prepared=True, tiles=Tiles(tile))
    with watch("clustering"):
        regions = cluster_to_regions(output, model.card.bandwidth_channels, thresholds_of(model.card))
    channels = len(output)
    del output  # as predict does when it has clustered
    with watch("files written"):
        write_results(folder / "large", image, regions, model.card.class_names)
    with watch("COCO file"):
        (folder / "coco.json").write_bytes(_coco(model, regions))
    return {
        "side": side,
        "tile": tile,
        "halo": halo_for(model.network, Tiles(tile)),
        "seen_times": seen_times(side, side, Tiles(tile), halo_for(model.network, Tiles(tile))),
        "instances": len(regions),
        "floor_mib": {"image": mebibytes(3 * side**2), "output": mebibytes(4 * channels * side**2)},
        "phases": watch.phases,
        "files_mib": {item.name: mebibytes(item.stat().st_size) for item in sorted(folder.iterdir())},
    }


def _coco(model: Model, regions: Regions) -> bytes:
    file = CocoFile(model.card.class_names)
    file.add("large.png", regions)
    return file.content()


def seen_times(height: int, width: int, tiles: Tiles, halo: int) -> float:
    """How many times the network sees a pixel, on average: the work, in passes over the whole picture."""
    windows = (grown(tile, halo, (height, width)) for tile in tiles_of((height, width), tiles.size))
    seen = sum((rows.stop - rows.start) * (columns.stop - columns.start) for rows, columns in windows)
    return round(seen / (height * width), 3)


def halos(height: int, width: int, tile: int) -> dict[str, Any]:
    """What comes out of tiles with smaller and smaller halos, against the whole picture at once."""
    model, image = for_inference(shipped_model(), torch.device("cpu")), streets(height, width)
    whole = network_output(model, image, prepared=True)
    return {
        "height": height,
        "width": width,
        "tile": tile,
        "halos": [_apart(model, image, whole, Tiles(tile, halo)) for halo in HALOS],
    }


def _apart(
    model: Model, image: UInt8[np.ndarray, "H W 3"], whole: Float[Tensor, "C H W"], tiles: Tiles
) -> dict[str, Any]:
    """The largest differences of offsets (px), bandwidths b and seed scores, and what becomes of the instances."""
    channels, halo = model.card.bandwidth_channels, halo_for(model.network, tiles)
    output = network_output(model, image, prepared=True, tiles=tiles)
    found = [cluster_to_regions(one, channels, thresholds_of(model.card)) for one in (whole, output)]
    offset = (torch.tanh(output[:2]) - torch.tanh(whole[:2])).abs().max() * PIXELS_PER_UNIT
    bandwidth = (output[2 : 2 + channels] - whole[2 : 2 + channels]).abs().max()
    seeds = (torch.sigmoid(output[2 + channels :]) - torch.sigmoid(whole[2 + channels :])).abs().max()
    numbers = {"offset_px": offset, "bandwidth": bandwidth, "seed_score": seeds}
    return {
        "halo": halo,
        "seen_times": seen_times(image.shape[0], image.shape[1], tiles, halo),
        **{name: float(f"{float(number):.2g}") for name, number in numbers.items()},
        "instances": [len(one) for one in found],
        "foreground_px_that_differ": int(((found[0].labels > 0) != (found[1].labels > 0)).sum()),
    }

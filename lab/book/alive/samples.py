"""What the living figures are about, packed for a browser: JSON in which bytes are compressed text."""

import base64
import json
import zlib
from functools import cache
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from lab.widgets.explorer import Explorer

# JSON values, and bytes in place of a value anywhere inside.
Packed = Any


def as_script(name: str, sample: Packed) -> str:
    """A script that hands the sample to the page: unlike a file of data, it may be loaded from disk."""
    return f"labAlive.samples[{json.dumps(name)}] = {json.dumps(wrap(sample), ensure_ascii=False)};\n"


def wrap(value: Packed) -> Packed:
    """The same with {"zlib": base64 of the compressed bytes} for bytes, as ``thaw`` in mount.js expects."""
    if isinstance(value, bytes):
        return {"zlib": base64.b64encode(zlib.compress(value, 9)).decode()}
    if isinstance(value, dict):
        return {name: wrap(each) for name, each in value.items()}
    return [wrap(each) for each in value] if isinstance(value, list | tuple) else value


def strip_sample() -> Packed:
    """The beginnings to choose from."""
    from lab.widgets.strip.pixels import PRESETS

    return {"presets": {name: vars(pixels) for name, pixels in PRESETS.items()}}


def bench_sample() -> Packed:
    """A window of the street, two objects, and how their offsets err."""
    from lab.widgets.bench.compute import LARGEST_SIGMA, SMALLEST_SIGMA, State, sigma_grid
    from lab.widgets.bench.sample import OBJECTS, WINDOW, load_sample

    top, left, height, width = WINDOW
    state, sample = State(), load_sample()
    return {
        "top": top,
        "left": left,
        "height": height,
        "width": width,
        "image": sample.image.tobytes(),
        "sigma": [SMALLEST_SIGMA, LARGEST_SIGMA],
        "grid": sigma_grid().tolist(),
        "start": {"noise": state.noise, "shared": state.shared, "ellipse": state.ellipse, "sigma": state.sigma},
        "objects": [pack_object(index) for index in range(len(OBJECTS))],
    }


def pack_object(index: int) -> Packed:
    """One object of the bench: its mask as bits, its errors as float32, x then y, for its own pixels only."""
    from lab.figures.colours import instance_colour
    from lab.widgets.bench.render import ENLARGED, NAMES, enlarge
    from lab.widgets.bench.sample import OBJECTS, WINDOW, load_sample
    from lab.widgets.plot import colour_of

    sample, number = load_sample(), OBJECTS[index]
    mask = sample.masks[index].numpy()
    corners, _ = cv2.findContours(enlarge(mask.astype(np.uint8)), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    outline = max(corners, key=len)[:, 0] / ENLARGED - 0.5 + np.array([WINDOW[1], WINDOW[0]])
    return {
        "number": number,
        "name": NAMES[index],
        "colour": colour_of(number),
        "rgb": list(instance_colour(number)),
        "mask": np.packbits(mask).tobytes(),
        "error": sample.error[index][:, sample.masks[index]].numpy().astype("<f4").tobytes(),
        "centroid": sample.centroid[index].tolist(),
        "size": sample.size[index].tolist(),
        "outline": outline.round(2).tolist(),
    }


def explorer_sample() -> Packed:
    """What the shipped network says of the lab's street, 8 bits a number, and the picture's labels."""
    from lab.widgets.explorer.freeze import freeze

    return freeze(street_explorer(), bits=8)


@cache
def street_explorer() -> "Explorer":
    """The explorer as notebook 00 shows it; its network takes a tenth of a second."""
    from lab.checkpoints import load_model
    from lab.datasets.sample import street
    from lab.evaluation.predict import network_output, thresholds_of
    from lab.folders import data_folder
    from lab.widgets.explorer import Explorer

    scene, model = street(), load_model(data_folder() / "models/toyscapes.safetensors")
    return Explorer(
        scene.image,
        network_output(model, scene.image),
        model.card.class_names,
        thresholds_of(model.card),
        model.card.bandwidth_channels,
        models={},
        model="toyscapes (shipped)",
        instances=scene.instances,
        classes=scene.classes,
    )

"""Frames a second from end to end: a picture in memory as bytes goes in, instances come out.

Three parts, one after the other as a program that waits for each answer would run them: the picture goes to the device
and becomes numbers from 0 to 1; the network reads it; its output is clustered, on the same device, all classes.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple, cast

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor
from tqdm import tqdm

from lab.clustering import Instances, Thresholds, cluster
from lab.devices import pick_device
from lab.erfnet import BranchedERFNet
from lab.fast.network import prepare_for_inference
from lab.origin import origin_of
from lab.speed.cases import make_case
from lab.speed.settings import Setting

PARTS = ("to device", "network", "clustering")
WHOLE = "whole"
WARM_UP = 3  # frames: compilers, caches, and the runs that a CUDA graph is recorded from
FRAMES = {"cpu": 10, "cuda": 200}
PRECISIONS = {"cpu": "float32", "cuda": "bfloat16"}  # a processor without bfloat16 is slower with it
BAR = 40  # characters


@dataclass(frozen=True)
class Asked:
    """What is to be measured.

    Attributes:
        width, height: of the picture, in pixels.
        model: a name or file; None for a network with random weights and eight classes.
        precision: None for what is usual on the device.
        compile: the network, by torch.compile.
        frames: to be timed; None for some seconds' worth.
        instances: in the made-up prediction, where there is one.
        device: auto, cpu or cuda.
    """

    width: int = 2048
    height: int = 1024
    model: str | None = None
    precision: str | None = None
    compile: bool = False
    frames: int | None = None
    instances: int = 20
    device: str = "auto"


@dataclass(frozen=True)
class Work:
    """What is done for each frame.

    Attributes:
        network: on the device, ready for inference.
        made_up: is clustered in the place of the network's output; None: that itself.
        words: which network, and what is clustered.
    """

    network: Callable[[Float[Tensor, "B 3 H W"]], Float[Tensor, "B C H W"]]
    picture: UInt8[Tensor, "H W 3"]
    bandwidth_channels: int
    classes: int
    thresholds: Thresholds
    made_up: Float[Tensor, "C H W"] | None
    words: str


class Frames(NamedTuple):
    """Milliseconds of each part of R frames, and how many instances came out.

    ``processor`` counts all threads together; None on a GPU.
    """

    wall: Float[np.ndarray, "R 3"]
    processor: Float[np.ndarray, "R 3"] | None
    found: int


def parse_size(text: str) -> tuple[int, int]:
    """Width and height of, say, "2048x1024".

    Raises:
        ValueError: not two whole numbers from 16 to 16384 with an x between them.
    """
    sides = text.lower().split("x")
    if len(sides) != 2 or not all(side.isdecimal() and 16 <= int(side) <= 16384 for side in sides):
        raise ValueError(f"--size: found '{text}', expected WIDTHxHEIGHT in pixels, from 16 to 16384, as in 2048x1024.")
    return int(sides[0]), int(sides[1])


def prepare(asked: Asked, device: torch.device) -> Work:
    """Network, picture and thresholds; and a made-up prediction, where the network's own would be empty.

    An untrained network finds nothing, or thousands of things: the time of its clustering would say nothing.

    Raises:
        ValueError, FileNotFoundError: no such model, precision, or room for so many instances.
    """
    from lab.datasets.sample import street
    from lab.evaluation.predict import scaled

    network, channels, classes, thresholds, name = _network_of(asked)
    precision = asked.precision or PRECISIONS[device.type]
    ready = prepare_for_inference(network, device, precision, asked.compile)
    picture = torch.from_numpy(np.ascontiguousarray(scaled(street().image, (asked.height, asked.width))))
    picture = picture.pin_memory() if device.type == "cuda" else picture  # else the copy would go through another one
    work = Work(ready, picture, channels, classes, thresholds, None, f"{name}; its own prediction is clustered")
    if asked.model and len(_frame(work, device, lambda: None)):
        return work
    case = make_case("trained", asked.instances, asked.height, asked.width, classes, bandwidth_channels=channels)
    because = "it sees nothing in the picture" if asked.model else "it is not trained"
    words = f"{name}; {because}, so a made-up prediction of {asked.instances} objects is clustered"
    return Work(ready, picture, channels, classes, thresholds, case.output[0].to(device), words)


def time_frames(work: Work, device: torch.device, frames: int, progress: bool = False) -> Frames:
    """Time every part of ``frames`` frames, after a few that are not counted."""
    marks = []
    for _ in tqdm(range(WARM_UP + frames), desc="frames", unit="frame", disable=None if progress else True):
        taken: list[Any] = []
        found = _frame(work, device, partial(_mark, device, taken))
        marks.append(taken)
    counted = marks[WARM_UP:]
    if device.type == "cuda":
        torch.cuda.synchronize(device)
        return Frames(np.array([[a.elapsed_time(b) for a, b in pairwise(one)] for one in counted]), None, len(found))
    spent = 1e3 * np.diff(np.array(counted), axis=1)
    return Frames(spent[..., 0], spent[..., 1], len(found))


@torch.inference_mode()
def _frame(work: Work, device: torch.device, mark: Callable[[], None]) -> Instances:
    """One frame; ``mark`` is called at its begin and after each part."""
    mark()
    # Bytes travel, a quarter of what float32 would be; permuted they lie as channels_last wants them.
    image = work.picture.to(device, non_blocking=True).permute(2, 0, 1)[None].float() / 255
    mark()
    output = work.network(image)[0]
    mark()
    ready = output if work.made_up is None else work.made_up
    found = cluster(ready, work.bandwidth_channels, **vars(work.thresholds))
    mark()
    return found


def _mark(device: torch.device, taken: list[Any]) -> None:
    """Append what says now: an event among the GPU's own work, or the two clocks of a processor."""
    if device.type != "cuda":
        taken.append((time.perf_counter(), time.process_time()))
        return
    event = torch.cuda.Event(enable_timing=True)
    event.record()
    taken.append(event)


def _network_of(asked: Asked) -> tuple[BranchedERFNet, int, int, Thresholds, str]:
    """Network, S, N, thresholds and words."""
    if asked.model is None:
        torch.manual_seed(0)
        least = Setting("network", asked.height, asked.width).min_pixels
        return BranchedERFNet(2, 8), 2, 8, Thresholds(min_pixels=least), "a network with random weights"
    from lab.evaluation.commands import load_named

    model = load_named(asked.model)
    card = model.card
    network = cast(BranchedERFNet, model.network)  # as a file's always is
    return network, card.bandwidth_channels, card.num_classes, Thresholds(**card.thresholds), asked.model


def report(asked: Asked, work: Work, frames: Frames, device: torch.device) -> dict[str, Any]:
    """All of it, for a file: medians and quartiles in milliseconds, device and versions."""
    return {
        "what": "from a picture in memory to its instances, one frame after the other",
        "size": f"{asked.width}x{asked.height}",
        "classes": work.classes,
        "network": work.words,
        "precision": asked.precision or PRECISIONS[device.type],
        "compiled": asked.compile,
        "instances": frames.found,
        "frames": len(frames.wall),
        "frames_per_second": round(1e3 / float(np.median(frames.wall.sum(1))), 3),
        "milliseconds": _spread(frames.wall),
        "processor_milliseconds": None if frames.processor is None else _spread(frames.processor),
        **origin_of(device),
    }


def _spread(milliseconds: Float[np.ndarray, "R 3"]) -> dict[str, dict[str, float]]:
    columns = dict(zip((*PARTS, WHOLE), (*milliseconds.T, milliseconds.sum(1)), strict=True))
    quartiles = {name: np.percentile(column, (25, 50, 75)).round(3) for name, column in columns.items()}
    return {name: {"low": float(a), "median": float(b), "high": float(c)} for name, (a, b, c) in quartiles.items()}


def table(content: Mapping[str, Any]) -> str:
    """What `report` gives, to read."""
    times, processor = content["milliseconds"], content["processor_milliseconds"]
    versions = content["versions"]
    lines = [
        f"{content['size']}, {content['classes']} class{'es' * (content['classes'] > 1)}, {content['precision']}"
        f"{', compiled' * content['compiled']}; {content['device']}, torch {versions['torch']}",
        f"{content['network']}: {content['instances']} found",
        "",
        f"{'milliseconds':<14}{'median':>9}{'quartiles':>20}{'' if processor is None else '  processor':>11}",
    ]
    for name, row in times.items():
        busy = "" if processor is None else f"{processor[name]['median']:>11.1f}"
        bar = "█" * round(BAR * row["median"] / times[WHOLE]["median"]) if name != WHOLE else ""
        spread = f"{row['low']:.1f} to {row['high']:.1f}"
        lines.append(f"{name:<14}{row['median']:>9.1f}{spread:>20}{busy}  {bar}".rstrip())
    lines += ["", f"{content['frames_per_second']:.3g} frames a second, by the median of {content['frames']}."]
    if processor is not None:
        lines += ["By the clock on the wall, which other work on this machine slows."]
        lines += ["Last column: processor time, all threads added."]
    return "\n".join(lines)


def measure(asked: Asked, progress: bool = False) -> dict[str, Any]:
    """Prepare, time and report.

    Raises:
        ValueError, FileNotFoundError: no such device, model or precision, or instances that find no room.
    """
    device = pick_device(asked.device)
    work = prepare(asked, device)
    return report(asked, work, time_frames(work, device, asked.frames or FRAMES[device.type], progress), device)


def to_json(content: Mapping[str, Any]) -> bytes:
    """As it is kept."""
    return (json.dumps(content, indent=1) + "\n").encode()

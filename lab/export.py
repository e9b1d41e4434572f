"""A model as one ONNX file, which runs without torch and without this lab, held equal to the network before it is kept.

The graph takes pictures of any height, width and number: it pads to multiples of 8 and crops by itself.
"""

import importlib.util
import json
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple, cast

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from lab.checkpoints import CARD, Model, ModelCard
from lab.folders import write_whole

OPSET = 18  # the one that torch's exporter writes without a conversion; ONNX Runtime has it since 1.14
NEEDED = ("onnx", "onnxscript", "onnxruntime")
INPUT, OUTPUT = "image", "output"
AXES = ("batch", None, "height", "width")
# Batch, height and width that are tried: multiples of 8 and others, smaller and larger than the one that is traced.
TRACED = (2, 45, 67)
TRIED = ((1, 64, 64), (1, 45, 67), (3, 33, 100), (1, 9, 7), (1, 128, 200))
# Of the largest output, or of 1: float32 sums in another order differ by a hundredth of that.
TOLERANCE = 1e-4


class Exported(NamedTuple):
    """What was written, and how equal it is.

    Attributes:
        path: of the file.
        size: bytes.
        sizes: "BxHxW" of all inputs that were tried.
        difference: the largest between the two outputs, over all of these.
        largest: absolute value of an output among them.
    """

    path: Path
    size: int
    sizes: tuple[str, ...]
    difference: float
    largest: float


def export(model: Model, path: Path, real: Float[np.ndarray, "B 3 H W"]) -> Exported:
    """Write ``path``; ``real`` is tried beside random pictures.

    Any real picture serves, whatever the model is for: outputs are compared, not instances.

    Raises:
        ValueError: the file's name, a package that is missing, or an ONNX file whose output differs from the
            network's; nothing is written then.
        OSError: the file could not be written; an older one of its name is untouched.
    """
    _check(path)
    content = to_onnx(model)
    inputs = [*(_random(size) for size in TRIED), torch.from_numpy(real)]
    pairs = [(torch_output(model, image), onnx_output(content, image)) for image in inputs]
    sizes = tuple("x".join(map(str, (len(image), *image.shape[2:]))) for image in inputs)
    difference, largest = compare(pairs, sizes)
    write_whole(path, content)
    return Exported(path, len(content), sizes, difference, largest)


def to_onnx(model: Model) -> bytes:
    """The network as an ONNX file's content, the card in its ``metadata_props``."""
    network = model.network.cpu().eval()
    dynamic = {0: torch.export.Dim.DYNAMIC, 2: torch.export.Dim.DYNAMIC, 3: torch.export.Dim.DYNAMIC}
    with _quiet():
        program = torch.onnx.export(
            network,
            (_random(TRACED),),
            dynamo=True,
            dynamic_shapes=(dynamic,),
            input_names=[INPUT],
            output_names=[OUTPUT],
            opset_version=OPSET,
            verbose=False,
        )
    proto = cast(torch.onnx.ONNXProgram, program).model_proto  # None is of the exporter without dynamo
    for value in (*proto.graph.input, *proto.graph.output):
        for axis, name in zip(value.type.tensor_type.shape.dim, AXES, strict=True):
            if name:  # the exporter's own names are formulas
                axis.dim_param = name
    for key, text in metadata(model.card).items():
        proto.metadata_props.add(key=key, value=text)
    return proto.SerializeToString()


def metadata(card: ModelCard) -> dict[str, str]:
    """What the file says of itself: the card as JSON, and its input and output in words."""
    bandwidths = ("bandwidth",) if card.bandwidth_channels == 1 else ("bandwidth x", "bandwidth y")
    channels = ("offset x", "offset y", *bandwidths)
    seeds = (f"seed logit of {name}" for name in card.class_names)
    return {
        CARD: json.dumps(asdict(card), default=str),
        "input": f"{INPUT}: float32 [batch, 3, height, width], RGB, 0 to 1; pictures prepared as '{card.intensity}'",
        "output": f"{OUTPUT}: float32 [batch, {len(channels) + card.num_classes}, height, width], raw: "
        f"{', '.join((*channels, *seeds))}",
    }


@torch.inference_mode()
def torch_output(model: Model, image: Float[Tensor, "B 3 H W"]) -> Float[np.ndarray, "B C H W"]:
    """What the network says of it, on the CPU."""
    return model.network(image).numpy()


def onnx_output(content: bytes, image: Float[Tensor, "B 3 H W"]) -> Float[np.ndarray, "B C H W"]:
    """What ONNX Runtime makes of it, on the CPU.

    Raises:
        ValueError: the content is no model that it can run.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors
    options.intra_op_num_threads = torch.get_num_threads()
    try:
        session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        return session.run([OUTPUT], {INPUT: image.numpy()})[0]
    except Exception as error:  # its errors have no common class of their own
        raise ValueError(
            f"ONNX Runtime cannot run the exported file on {tuple(image.shape)} ({error}). Nothing was written."
        ) from error


def compare(pairs: list[tuple[np.ndarray, np.ndarray]], sizes: tuple[str, ...]) -> tuple[float, float]:
    """The largest difference and the largest value of pairs of outputs.

    Raises:
        ValueError: they differ in shape, or by more than `TOLERANCE`; the size is named.
    """
    largest = max(float(np.abs(expected).max()) for expected, _ in pairs)
    worst = 0.0
    for (expected, found), size in zip(pairs, sizes, strict=True):
        if expected.shape != found.shape:
            raise ValueError(
                f"the exported file gives {list(found.shape)} for a picture of {size}, expected {list(expected.shape)} "
                "like the network. Nothing was written."
            )
        difference = float(np.abs(expected - found).max())
        if not difference <= TOLERANCE * max(1.0, largest):  # so put, NaN is refused too
            raise ValueError(
                f"the exported file differs from the network by {difference:.2g} on a picture of {size}, expected at "
                f"most {TOLERANCE * max(1.0, largest):.2g}. Nothing was written. Are the weights finite, and are "
                "torch, onnxscript and onnxruntime versions that go together?"
            )
        worst = max(worst, difference)
    return worst, largest


def _check(path: Path) -> None:
    if path.suffix != ".onnx":
        raise ValueError(f"{path}: found the ending '{path.suffix}', expected .onnx, which is written.")
    if path.is_dir():
        raise ValueError(f"{path}: found a folder, expected the name of a file to write.")
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise ValueError(
            f"found no {', '.join(missing)} in this Python, expected {', '.join(NEEDED)}. Install them: "
            f"python -m pip install {' '.join(missing)}"
        )


def _random(size: tuple[int, int, int]) -> Float[Tensor, "B 3 H W"]:
    batch, height, width = size
    return torch.rand(batch, 3, height, width, generator=torch.Generator().manual_seed(height))


@contextmanager
def _quiet() -> Iterator[None]:
    """The exporter tells its developers' worries to everybody."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)

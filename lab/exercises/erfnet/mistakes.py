"""Wrong answers that people give, and what to tell who gives them.  They get NumPy arrays, and layers as they are."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import numpy as np
from torch import nn

from lab.exercises.judge import Mistake
from lab.exercises.reference import erfnet as reference

Array = np.ndarray


@lru_cache(maxsize=64)  # layers of the cases, which nobody trains
def arrays_of(module: nn.Module) -> dict[str, Array]:
    """A module's weights and statistics as NumPy arrays in float64."""
    return {name: values.detach().double().numpy() for name, values in module.state_dict().items()}


def block_of(x: Array, layers: SimpleNamespace, **slips: Any) -> Array:
    """The reference's block with these layers; ``slips`` as there."""
    modules = {name: layer for name, layer in vars(layers).items() if isinstance(layer, nn.Module)}
    weights = {f"{name}.{key}": a for name, layer in modules.items() for key, a in arrays_of(layer).items()}
    return reference.block(x, weights, layers.conv3x1_2.dilation[0], **slips)


def _slip(name: str, message: str, **slips: Any) -> Mistake:
    return Mistake(name, lambda x, layers: block_of(x, layers, **slips), message)


BLOCK_MISTAKES = (
    _slip("no residual", "the input is not added. The block learns what to *change*: add x before the last ReLU.",
          residual="none"),
    _slip("residual after the ReLU", "x is added after the last ReLU. Add it before, so that the sum is what is cut "
          "off at 0.", residual="outside"),
    _slip("no last ReLU", "the sum goes out as it is: the ReLU at the end is missing.", relus=(1, 1, 1, 0)),
    _slip("no first ReLU", "between the first 3x1 and 1x3 there is a ReLU. Without it the pair is one linear map.",
          relus=(0, 1, 1, 1)),
    _slip("no ReLU after the first norm", "after the first batch norm there is a ReLU.", relus=(1, 0, 1, 1)),
    _slip("no ReLU in the dilated pair", "between the dilated 3x1 and 1x3 there is a ReLU, as in the first pair.",
          relus=(1, 1, 0, 1)),
    _slip("no ReLU in either pair", "in both pairs a ReLU stands between 3x1 and 1x3. Without it each pair is one "
          "linear map.", relus=(0, 1, 0, 1)),
    _slip("a ReLU too many", "before x is added there is no ReLU: the change must be able to be negative.",
          between=True),
    _slip("no norms", "both batch norms are missing.", norms=(0, 0)),
    _slip("no second norm", "the second batch norm, before x is added, is missing.", norms=(1, 0)),
    _slip("no first norm", "the first batch norm, after the first pair, is missing.", norms=(0, 1)),
    _slip("lying first", "you took the 1x3 before the 3x1 in both pairs: each pair begins with 3x1.",
          names=("conv1x3_1", "conv3x1_1", "conv1x3_2", "conv3x1_2")),
    _slip("one pair twice", "you used the first pair twice; the second pair, the dilated one, has weights of its own.",
          names=("conv3x1_1", "conv1x3_1", "conv3x1_1", "conv1x3_1")),
    _slip("dilated first", "you exchanged the pairs: the dilated one, named _2, is the second.",
          names=("conv3x1_2", "conv1x3_2", "conv3x1_1", "conv1x3_1")),
)  # fmt: skip


def _walk(step: Callable[[int, int, tuple[int, int, int]], tuple[int, int]], start: int = 1) -> Callable[..., Any]:
    """A window that grows layer by layer as ``step(size, step, layer)`` says."""

    def window(layers: Sequence[tuple[int, int, int]]) -> int:
        size, jump = start, 1
        for layer in layers:
            size, jump = step(size, jump, layer)
        return size

    return window


WINDOW_MISTAKES = (
    Mistake("dilation ignored", _walk(lambda r, j, a: (r + (a[0] - 1) * j, j * a[1])),
            "dilation is not counted: the taps of a dilated kernel stand that many units apart."),
    Mistake("stride ignored", _walk(lambda r, j, a: (r + (a[0] - 1) * a[2], 1)),
            "strides are not counted: after a layer with stride 2 a step from unit to unit is two steps of before."),
    Mistake("both ignored", _walk(lambda r, j, a: (r + a[0] - 1, 1)),
            "neither strides nor dilations are counted."),
    Mistake("own stride at once", _walk(lambda r, j, a: (r + (a[0] - 1) * a[2] * j * a[1], j * a[1])),
            "a layer's own stride does not widen its own kernel: it sets the layer's *outputs* further apart. Multiply "
            "the step after the window has grown."),
    Mistake("kernel times dilation", _walk(lambda r, j, a: (r + (a[0] * a[2] - 1) * j, j * a[1])),
            "k taps that stand d apart span d (k - 1) + 1 units, not d k: there are k - 1 gaps."),
    Mistake("strides added", _walk(lambda r, j, a: (r + (a[0] - 1) * a[2] * j, j + a[1] - 1)),
            "steps multiply: two layers with stride 2 make a step of 4 px."),
    Mistake("from nothing", _walk(lambda r, j, a: (r + (a[0] - 1) * a[2] * j, j * a[1]), start=0),
            "one too small: without any layer a pixel sees itself, so the window begins at 1."),
    Mistake("whole kernels", _walk(lambda r, j, a: (r + a[0] * a[2] * j, j * a[1])),
            "each layer adds k - 1 taps to the window, not k: the middle one is there already."),
    Mistake("to one side", lambda layers: (reference.receptive_field(layers) - 1) / 2,
            "that is how far the window reaches to one side. Asked for is its whole size."),
    Mistake("the other way round", lambda layers: reference.receptive_field(list(layers)[::-1]),
            "you go through the layers from the last to the first, but multiply the step as if from the first. The "
            "list begins with the layer next to the image."),
)  # fmt: skip


def whole(image: Array, encoder: nn.Module, decoders: Sequence[nn.Module], order: tuple[int, int] = (0, 1)) -> Array:
    """The reference's network without padding, each image once: a verdict asks for the same ones again and again."""
    return _whole(image.tobytes(), image.shape, encoder, tuple(decoders), order)


@lru_cache(maxsize=64)
def _whole(
    image: bytes, shape: tuple[Any, ...], encoder: nn.Module, decoders: tuple[Any, ...], order: tuple[int, int]
) -> Array:
    pixels = np.frombuffer(image).reshape(shape)
    return reference.whole(pixels, arrays_of(encoder), [arrays_of(decoder) for decoder in decoders], order)


def right_size(image: Array, encoder: nn.Module, decoders: Sequence[nn.Module]) -> Array:
    """The reference with the network's weights."""
    height, width = image.shape[2:]
    padded = np.pad(image, ((0, 0), (0, 0), (0, -height % 8), (0, -width % 8)))
    return whole(padded, encoder, decoders)[:, :, :height, :width]


def _padded(
    mode: str = "constant", before: bool = False, ahead: int = 0, crop: bool = True, **order: Any
) -> Callable[..., Any]:
    """Padding otherwise than it should be."""

    def answer(image: Array, encoder: nn.Module, decoders: Sequence[nn.Module]) -> Array:
        height, width = image.shape[2:]
        more = [(8 - n % 8 if ahead else -n % 8) for n in (height, width)]
        sides: Any = [(0, 0), (0, 0), *((m, 0) if before else (0, m) for m in more)]
        padding: Any = mode
        output = whole(np.pad(image, sides, padding), encoder, decoders, **order)
        if not crop:
            return output
        top, left = more if before else (0, 0)
        return output[:, :, top : top + height, left : left + width]

    return answer


def _cut(image: Array, encoder: nn.Module, decoders: Sequence[nn.Module]) -> Array:
    height, width = (n // 8 * 8 for n in image.shape[2:])
    return whole(image[:, :, :height, :width], encoder, decoders)


SIZE_MISTAKES = (
    Mistake("order as it was", _padded(order=(1, 0)),
            "sizes are right now. But the seed maps still come first: offsets and bandwidths, of the first decoder, "
            "are channels 0 to 1 + S."),
    Mistake("not cropped", _padded(crop=False),
            "the padding is still there: crop the output to the height and width of the image."),
    Mistake("not cropped, order as it was", _padded(crop=False, order=(1, 0)),
            "two things are left: crop the output to the height and width of the image, and put the first decoder's "
            "channels first."),
    Mistake("cut", _cut, "you cut the image down to a multiple of 8. Every pixel needs an answer: pad instead, and "
            "crop the output."),
    Mistake("padded before", _padded(before=True),
            "you padded at the left and above. That works, but shifts the grid of the features against the lab's; the "
            "padding belongs at the right and below."),
    Mistake("eight too many", _padded(ahead=8),
            "8 - n % 8 is 8 where n is a multiple of 8, so such an image is padded for nothing. -n % 8 is 0 there."),
    Mistake("repeated", _padded(mode="edge"), "you repeated the border's pixels. The lab pads with zeros."),
    Mistake("mirrored", _padded(mode="reflect"), "you mirrored the image. The lab pads with zeros."),
)  # fmt: skip

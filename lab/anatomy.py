"""What a network is made of: parts, shapes, weights, multiply-adds and windows, read off the live network.

Nothing is typed in by hand: forward hooks watch one image go through. A *part* is what ERFNet is drawn with
(downsampler, non-bottleneck-1D block, upsampler, output convolution), a *layer* one module inside it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from lab.erfnet import Downsampler, NonBottleneck1D, Upsampler

KINDS = {Downsampler: "downsampler", NonBottleneck1D: "block", Upsampler: "upsampler"}
PHASES = 8  # output pixels with the same place in the grid of the features, 8 px wide, have equal windows
Pair = tuple[int, int]  # of rows and columns
Shape = tuple[int, int, int]  # channels, height, width


@dataclass(frozen=True)
class Layer:
    """One module of a part, as it was called.

    Attributes:
        name: inside the part; empty if it is the part.
        kind: name of the module's class.
        weights: trained numbers, biases included.
        multiply_adds: of a convolution for this image, biases not counted; a transposed one is counted at its input
            pixels. 0 for everything else.
        kernel, stride, dilation, padding: of rows and columns; kernel is (0, 0) for what looks at its own pixel only.
        output_channels: that it makes.
    """

    name: str
    kind: str
    weights: int
    multiply_adds: int
    kernel: Pair
    stride: Pair
    dilation: Pair
    padding: Pair
    output_channels: int

    @property
    def transposed(self) -> bool:
        """Whether it enlarges."""
        return self.kind == "ConvTranspose2d"


@dataclass(frozen=True)
class Part:
    """One box of the drawing.

    Attributes:
        path: by which the network's module is found (``network.get_submodule``).
        branch: "encoder", "decoder 1" (offsets and bandwidths) or "decoder 2" (seed maps).
        kind: "downsampler", "block", "upsampler" or "output".
        shape_in, shape_out: channels, height, width.
        layers: in the order in which they are called.
        activations: what it puts out.
    """

    path: str
    branch: str
    kind: str
    shape_in: Shape
    shape_out: Shape
    layers: tuple[Layer, ...]
    activations: Float[Tensor, "C h w"]

    @property
    def weights(self) -> int:
        """Trained numbers."""
        return sum(layer.weights for layer in self.layers)

    @property
    def multiply_adds(self) -> int:
        """Of its convolutions, for this image."""
        return sum(layer.multiply_adds for layer in self.layers)

    @property
    def dilation(self) -> int:
        """The largest of its layers'."""
        return max((max(layer.dilation) for layer in self.layers if any(layer.kernel)), default=1)


def dissect(network: nn.Module, image: Float[Tensor, "1 3 H W"]) -> tuple[Part, ...]:
    """Send an image through and note every part, in the order of the calls; the network is left as it was."""
    parts: list[Part] = []
    with ExitStack() as hooks, torch.inference_mode():
        for path, module in network.named_modules():
            if kind := kind_of(path, module):
                hooks.enter_context(_watched(module, path, kind, parts))
        network(image)
    return tuple(parts)


def kind_of(path: str, module: nn.Module) -> str:
    """What the module is in the drawing; empty if it is no part."""
    return "output" if path.endswith("output_conv") else KINDS.get(type(module), "")


@contextmanager
def _watched(module: nn.Module, path: str, kind: str, parts: list[Part]) -> Iterator[None]:
    """While this lasts, a call of the module appends to ``parts``."""
    layers: list[Layer] = []

    def see_layer(name: str) -> Callable[[nn.Module, tuple[Any, ...], Tensor], None]:
        return lambda layer, inputs, output: layers.append(describe_layer(name, layer, inputs[0], output))

    def see_part(_: nn.Module, inputs: tuple[Any, ...], output: Tensor) -> None:
        given, made = _shape_of(inputs[0]), _shape_of(output)
        parts.append(Part(path, branch_of(path), kind, given, made, tuple(layers), output[0].clone()))
        layers.clear()

    leaves = [(name, leaf) for name, leaf in module.named_modules() if not any(leaf.children())]
    handles = [leaf.register_forward_hook(see_layer(name)) for name, leaf in leaves]
    handles.append(module.register_forward_hook(see_part))  # last: where part and layer are one, the layer goes first
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _shape_of(tensor: Float[Tensor, "1 C H W"]) -> Shape:
    _, channels, height, width = tensor.shape
    return channels, height, width


def branch_of(path: str) -> str:
    """The encoder, or one of the decoders, counted from 1."""
    first, place, *_ = path.split(".")
    return f"decoder {int(place) + 1}" if first == "decoders" else first


def describe_layer(
    name: str, layer: nn.Module, given: Float[Tensor, "1 _ _ _"], made: Float[Tensor, "1 _ _ _"]
) -> Layer:
    """A layer by what it is, what it got and what it made of it."""
    weights = layer.weight.numel() if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d) else 0
    pixels = (given if isinstance(layer, nn.ConvTranspose2d) else made)[0, 0].numel()
    return Layer(
        name=name,
        kind="ConvTranspose2d" if isinstance(layer, nn.ConvTranspose2d) else type(layer).__name__,  # or a kind of it
        weights=sum(p.numel() for p in layer.parameters()),
        multiply_adds=pixels * weights,
        kernel=_pair(getattr(layer, "kernel_size", 0)),
        stride=_pair(getattr(layer, "stride", 1)),
        dilation=_pair(getattr(layer, "dilation", 1)),
        padding=_pair(getattr(layer, "padding", 0)),
        output_channels=made.shape[1],
    )


def _pair(value: Any) -> Pair:
    return tuple(value) if isinstance(value, tuple) else (value, value)


def way_to(parts: tuple[Part, ...], index: int) -> tuple[Part, ...]:
    """All that a part's output depends on: the encoder as far as it goes, and its own branch."""
    branch = parts[index].branch
    return tuple(p for p in parts[: index + 1] if p.branch in ("encoder", branch))


def window(way: Iterable[Part], row: int, column: int) -> tuple[Pair, Pair]:
    """First and last row, first and last column of the image that one unit of the last part can see.

    The theoretical receptive field, exact: it may reach beyond the image, where there is only padding.
    """
    parts = tuple(way)
    return _axis_window(parts, 0, row), _axis_window(parts, 1, column)


def _axis_window(way: tuple[Part, ...], axis: int, place: int) -> Pair:
    ends = place, place
    for part in reversed(way):
        looking = [layer for layer in part.layers if any(layer.kernel)]
        if part.kind == "downsampler":  # the convolution and the pool stand side by side
            both = [look_back(layer, axis, ends) for layer in looking]
            ends = min(first for first, _ in both), max(last for _, last in both)
        else:
            for layer in reversed(looking):
                ends = look_back(layer, axis, ends)
    return ends


def look_back(layer: Layer, axis: int, ends: Pair) -> Pair:
    """From the first and last place of a layer's output to those of its input that they are made of."""
    stride, padding = layer.stride[axis], layer.padding[axis]
    reach = layer.dilation[axis] * (layer.kernel[axis] - 1)
    first, last = ends
    if layer.transposed:  # input i lands on stride·i - padding … + reach
        return -((reach - first - padding) // stride), (last + padding) // stride
    return stride * first - padding, stride * last - padding + reach


def window_width(way: Iterable[Part]) -> int:
    """Height and width (px) of the window; behind an upsampler it depends on the pixel, and this is the largest."""
    way = tuple(way)
    sizes = (last - first + 1 for place in range(PHASES) for first, last in window(way, place, place))
    return max(sizes)


def heard_by(term: Float[Tensor, ""], modules: Mapping[str, nn.Module]) -> dict[str, bool]:
    """Which modules a term of a loss reaches: whether any gradient there is not zero.  The graph is kept."""
    weights = [p for module in modules.values() for p in module.parameters()]
    slopes = iter(torch.autograd.grad(term, weights, retain_graph=True, allow_unused=True))
    found = {}
    for name, module in modules.items():
        own = [next(slopes) for _ in module.parameters()]
        found[name] = any(slope is not None and bool(slope.any()) for slope in own)
    return found

"""The network over a picture of any size, tile by tile: memory for one tile, and for what comes out.

An output pixel sees a window of the picture, no more. So a tile is shown to the network with a halo around it that
holds the windows of all its pixels, and of what comes out only the tile itself is kept: the same numbers as of the
whole picture, but for rounding. At the picture's own edge there is no halo, and the network pads as it always does.

The window is large, 1239 px, and so is the halo, 622 px: with tiles of 2048 px the network sees every pixel two and a
half times. A trained network listens mostly to what is near (notebook 08 measures it), so a smaller halo is faster, and
no longer exact. Of 2 million pixels of the lab's street, mirrored again and again, in tiles of 512 px, 7 changed sides
between object and ground with a halo of 384 px, 291 with 256 px; with 128 px 4 of 177 objects were lost
(data/results/limits.json).
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn
from tqdm import tqdm

from lab.anatomy import PHASES, dissect, way_to, window
from lab.datasets.room import free_memory
from lab.erfnet import STRIDE, BranchedERFNet
from lab.evaluation.flips import View, averaged, brought_back, seen
from lab.fast.network import InferenceNetwork

AS_IT_IS = View()
BYTES_A_PIXEL = 300  # at the peak without tiles: 250 measured of the maps, the rest for what comes out of 8 classes
BYTES_A_VALUE = 4  # of the output
NEARLY_EXACT = 256  # px of halo; of smaller ones see above
LARGE = 2**24  # px: a picture of 4096x4096 takes 5 GiB
Window = tuple[slice, slice]  # rows and columns
Size = tuple[int, int]  # height, width in pixels


@dataclass(frozen=True)
class Tiles:
    """How a picture is cut.

    Attributes:
        size: px, of a tile's sides without its halo; a multiple of 8, for the network halves three times.
        halo: px around a tile that the network sees besides; None: all that an output pixel can see, so that the
            result is that of the whole picture.

    Raises:
        ValueError: a size that is no multiple of 8, or a number below 0.
    """

    size: int = 2048
    halo: int | None = None

    def __post_init__(self) -> None:
        if self.size < STRIDE or self.size % STRIDE:
            raise ValueError(f"found tiles of {self.size} px, expected a multiple of {STRIDE}, say 2048.")
        if self.halo is not None and self.halo < 0:
            raise ValueError(f"found a halo of {self.halo} px, expected 0 or more.")


@lru_cache(maxsize=1)
def receptive_halo() -> int:
    """How far (px) the window of an ERFNet's output pixel reaches beyond it, on the side where it reaches furthest.

    Walked back through the network itself; it depends on its form and on no weight.
    """
    with torch.random.fork_rng(devices=()):  # whoever predicts in a training goes on with the same random numbers
        parts = dissect(BranchedERFNet(1, 1).eval(), torch.zeros(1, 3, STRIDE, STRIDE))
    last = [index for index, part in enumerate(parts) if part.kind == "output"]
    ends = [
        (place, end) for index in last for place in range(PHASES) for end in window(way_to(parts, index), place, place)
    ]
    return max(max(place - first, end - place) for place, (first, end) in ends)


def halo_for(network: nn.Module, tiles: Tiles) -> int:
    """The halo in px: as asked, else the network's own.

    Raises:
        ValueError: none was asked for, and the network is no ERFNet.
    """
    if tiles.halo is not None:
        return tiles.halo
    if not isinstance(network, BranchedERFNet | InferenceNetwork):
        raise ValueError(
            f"found no halo for a network of the type {type(network).__name__}, expected a number of px: only of an "
            "ERFNet it is known how far an output pixel sees."
        )
    return receptive_halo()


def picture_of(image: UInt8[np.ndarray, "H W 3"], device: torch.device | str) -> Float[Tensor, "3 H W"]:
    """An RGB image as the network takes it, 0 to 1."""
    return torch.from_numpy(np.ascontiguousarray(image)).to(device).permute(2, 0, 1).float() / 255


def check_room(size: Size, kept: int = 0) -> None:
    """Refuse a picture that the network cannot take at once on a processor, before the system ends the process.

    Args:
        size: of the picture.
        kept: bytes for each of its pixels besides, such as the outputs for other views of it.

    Raises:
        MemoryError: says how much it takes, what is free, and what to do.
    """
    remedy = "Show it piece by piece (predict --tiles), or smaller (evaluate --predict-height)"
    _check_free(size, BYTES_A_PIXEL + kept, "the network takes", remedy)


def _check_free(size: Size, bytes_a_pixel: int, what: str, remedy: str) -> None:
    """Asked of large pictures only: what is free is a guess, and a small one is soon over.  Raises as `check_room`."""
    pixels = math.prod(size)
    if pixels < LARGE:
        return
    needed, free = bytes_a_pixel * pixels, free_memory()
    if needed > free:
        raise MemoryError(
            f"found a picture of {size[1]}x{size[0]} px, for which {what} some {needed / 2**30:.0f} GiB at once; "
            f"expected one for which the {free / 2**30:.1f} GiB that are free will do. {remedy}."
        )


@torch.inference_mode()
def tiled_output(
    network: nn.Module,
    image: UInt8[np.ndarray, "H W 3"],
    bandwidth_channels: int,
    tiles: Tiles,
    views: Sequence[View] = (AS_IT_IS,),
) -> Float[Tensor, "C H W"]:
    """The network's raw output for an image of any size, on the CPU; computed where the network's weights are.

    Args:
        network: in evaluation mode.
        image: RGB, prepared as the network was trained.
        bandwidth_channels: S of the network.
        tiles: how the image is cut.
        views: in which it is shown; of several the mean, see `lab.evaluation.flips`, tile by tile.

    Raises:
        ValueError: see `halo_for`; with several views, an output is not finite.
        MemoryError: there is no room for what comes out.
    """
    halo, size = halo_for(network, tiles), image.shape[:2]
    device = next(network.parameters()).device
    output = torch.empty(0)
    for tile in tqdm(list(tiles_of(size, tiles.size)), desc="tiles", leave=False, disable=None):
        of_views = []
        for view in views:
            own = turned(tile, view, size)
            shown = grown(own, halo, turned_size(size, view))
            cut = picture_of(image[turned_back(shown, view, size)], device)
            made = network(seen(cut, view)[None])[0, :, *within(own, shown)].float()
            of_views.append(made if view == AS_IT_IS else brought_back(made, view, bandwidth_channels))
        part = of_views[0] if len(of_views) == 1 else averaged(of_views, bandwidth_channels)
        if not len(output):
            # Asked before, for the system promises what it does not have, and ends who takes it.
            _check_free(
                size, BYTES_A_VALUE * len(part), "what comes out takes", "Cut it into several files, or shrink it"
            )
            output = torch.empty(len(part), *size)
        output[:, *tile] = part.cpu()
    return output


def tiles_of(size: Size, side: int) -> Iterator[Window]:
    """Windows that cover a picture, row by row; the last ones are as small as what is left."""
    height, width = size
    for top in range(0, height, side):
        for left in range(0, width, side):
            yield slice(top, min(top + side, height)), slice(left, min(left + side, width))


def grown(window: Window, halo: int, size: Size) -> Window:
    """The window with a halo, as far as the picture goes; its corner on the network's grid, from multiples of 8."""
    rows, columns = (
        slice(max(0, (part.start - halo) // STRIDE * STRIDE), min(end, -(-(part.stop + halo) // STRIDE) * STRIDE))
        for part, end in zip(window, size, strict=True)
    )
    return rows, columns


def within(inner: Window, outer: Window) -> Window:
    """Where the inner window lies in a picture of the outer one."""
    rows, columns = (slice(i.start - o.start, i.stop - o.start) for i, o in zip(inner, outer, strict=True))
    return rows, columns


def turned_size(size: Size, view: View) -> Size:
    """Height and width of a picture in a view."""
    return size[::-1] if view.transposed else size


def turned(window: Window, view: View, size: Size) -> Window:
    """Where a window of a picture of this size lies in a view of it."""
    return _flipped(window[::-1] if view.transposed else window, view, turned_size(size, view))


def turned_back(window: Window, view: View, size: Size) -> Window:
    """Where a window of a view lies in the picture, which has this size."""
    flipped = _flipped(window, view, turned_size(size, view))
    return flipped[::-1] if view.transposed else flipped


def _flipped(window: Window, view: View, size: Size) -> Window:
    rows, columns = (
        slice(end - part.stop, end - part.start) if flip else part
        for part, end, flip in zip(window, size, (view.upside_down, view.mirrored), strict=True)
    )
    return rows, columns

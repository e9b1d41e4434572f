"""Test-time flips: the network sees a picture in several ways, and what it says of them is averaged.

This is our own addition to the method, off unless it is asked for: it costs a pass of the network for every view.
A view is a flip or a quarter turn.  A turn is a flip after rows and columns have changed places, so three switches
give all eight views of a picture.
"""

from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from lab.checkpoints import ModelCard
from lab.clustering import check_finite


class View(NamedTuple):
    """One way to show a picture: rows and columns change places first, then the picture is flipped."""

    transposed: bool = False
    upside_down: bool = False
    mirrored: bool = False


MIRRORED = (View(), View(mirrored=True))
ALL_EIGHT = tuple(View(*switches) for switches in product((False, True), repeat=3))


def views_of(card: ModelCard) -> tuple[View, ...]:
    """The views in which a model is shown a picture, the picture as it is among them.

    A model that was trained on quarter turns has learned that there is no up and down: all eight.  For any other, and
    where the card does not say, the mirror image only: a street that stands on its head is no street.
    """
    return ALL_EIGHT if card.settings.get("quarter_turns") else MIRRORED


def seen(image: Float[Tensor, "C H W"], view: View) -> Float[Tensor, "C h w"]:
    """The picture in this view."""
    if view.transposed:
        image = image.transpose(1, 2)
    return image.flip(_axes(view))


def brought_back(output: Float[Tensor, "C h w"], view: View, bandwidth_channels: int) -> Float[Tensor, "C H W"]:
    """What the network puts out for a view, as if it had been said of the picture as it is.

    Pixels go back to their places.  Besides, directions turn: in a mirrored view to the left is to the right, so the x
    offset changes its sign (tanh is odd, so the raw output may); upside down the y offset does; where rows and columns
    have changed places, so have the x and y of offsets and of elliptical bandwidths.

    The network pads a picture of odd size at the right and the bottom, also a mirrored one, and crops its output: every
    pixel of the output belongs to the pixel of the view at the same place, whatever the size.
    """
    output = output.flip(_axes(view)).clone()
    if view.mirrored:
        output[0].neg_()
    if view.upside_down:
        output[1].neg_()
    if not view.transposed:
        return output
    order = list(range(len(output)))
    order[:2] = 1, 0
    if bandwidth_channels == 2:
        order[2:4] = 3, 2
    return output.transpose(1, 2)[order]


def _axes(view: View) -> list[int]:
    return [axis for axis, flipped in ((1, view.upside_down), (2, view.mirrored)) if flipped]


def averaged(outputs: Sequence[Float[Tensor, "C H W"]], bandwidth_channels: int) -> Float[Tensor, "C H W"]:
    """One raw output from several of the same picture, for `lab.clustering.cluster`.

    Each quantity is averaged where the loss measures it, for there the mean of several guesses is, on the whole, nearer
    than one guess:

    - embeddings, so the mean of tanh(o), not of o: distances to the centre are taken between embeddings;
    - the bandwidth b as it is: an instance's own b is a mean of b too, and the smoothness term compares b with it;
    - seed scores, so the mean of sigmoid, not of logits: the seed term is a squared error of scores.

    The result is brought back to what a network would put out.  Where the views point to different objects their mean
    points in between, and belongs to neither: its seed scores, which are low in some of the views, must say so.

    Raises:
        ValueError: a value that is not finite, which an average could hide.
    """
    for output in outputs:
        check_finite(output)
    bandwidths = range(2, 2 + bandwidth_channels)
    channels = []
    for index in range(len(outputs[0])):  # one at a time: the arithmetic is in float64
        values = torch.stack([output[index] for output in outputs]).double()
        if index < 2:  # tanh(o) = 2 sigmoid(2 o) - 1
            channels.append(_mean_by_sigmoid(2 * values) / 2)
        else:
            channels.append(values.mean(0) if index in bandwidths else _mean_by_sigmoid(values))
    return torch.stack([channel.to(outputs[0].dtype) for channel in channels])


def _mean_by_sigmoid(values: Float[Tensor, "V H W"]) -> Float[Tensor, "H W"]:
    """The z whose sigmoid is the mean of the values' sigmoids; finite also where these are 0 or 1 but for rounding."""
    return torch.logsumexp(F.logsigmoid(values), 0) - torch.logsumexp(F.logsigmoid(-values), 0)

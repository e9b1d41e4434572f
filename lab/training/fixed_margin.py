"""One margin for all objects: what the paper argues against, to be trained beside the method."""

import torch

from lab.embedding import MARGIN_PER_SIGMA, sigma_to_bandwidth
from lab.erfnet import BranchedERFNet


@torch.no_grad()
def pin_margin(network: BranchedERFNet, margin: float | int) -> None:
    """Make the network put out one margin (px) for every pixel of any image; 0 leaves it as it is.

    The weights themselves say so, and nothing else has to know: the loss, the clustering and who loads the model see a
    bandwidth as any other. Done after every step, for the optimiser moves these weights as all others.
    """
    if not margin:
        return
    channels = slice(2, 2 + network.bandwidth_channels)
    network.last_layer(0).weight[:, channels] = 0  # of a transposed convolution: [in, out, height, width]
    network.last_bias(0)[channels] = sigma_to_bandwidth(torch.tensor(float(margin)) / MARGIN_PER_SIGMA)

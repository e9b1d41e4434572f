"""Take the common shift out of the embeddings after a stage with learned centres.

With a learned centre the loss stays as it is when all embeddings move together, for their centres move with them.
Nothing holds them in place, and Adam, which scales small gradients up to its step size, lets the last layer's bias
wander: by 150 px in the first training of the shipped model. The instances that are found do not suffer, but every
pixel then points far past its object, and the tanh works off its straight middle. No text that we have seen speaks of
it; this is the lab's own remedy, and changes nothing but the two biases of the offsets.
"""

from collections.abc import Iterable

import torch
from jaxtyping import Float
from torch import Tensor

from lab.embedding import PIXELS_PER_UNIT
from lab.erfnet import BranchedERFNet


@torch.no_grad()
def recentre(network: BranchedERFNet, batches: Iterable[dict[str, Tensor]]) -> Float[Tensor, "2"]:
    """Subtract the mean raw offset over the objects' pixels from the last layer's bias; gives the shift in px.

    ``batches`` are crops as training sees them (image uint8 [B, 3, H, W], instances [B, H, W]). The shift is exact
    but for the curvature of tanh. The network is left in evaluation mode.
    """
    network.eval()
    bias = network.last_bias(0)
    total, pixels = torch.zeros(2, dtype=torch.float64), 0
    for batch in batches:
        output = network(batch["image"].to(bias.device).float() / 255)
        inside = (batch["instances"] > 0).cpu()  # where the sums are made: a CPU tensor takes no mask of a GPU
        total += output[:, :2].cpu().double().permute(1, 0, 2, 3)[:, inside].sum(1)
        pixels += int(inside.sum())
    shift = (total / max(pixels, 1)).to(bias)
    bias[:2] -= shift
    return torch.tanh(shift).cpu() * PIXELS_PER_UNIT

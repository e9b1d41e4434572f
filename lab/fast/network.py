"""The network made ready for inference: a copy that gives the same answers with less work.

What cannot be avoided at 1024x2048 are 125.6 GMAC; how long they take at a machine's best, and how many times that the
plain network and this one take, is kept in data/results/speed_network.json. What the plain one does beside its
multiplications is what goes:

- *Folded batch norm.* Fixed statistics make it a scale and a shift of each channel, and the convolution before it takes
  both into its weights: no pass over the maps is left of it. Where a pooled half joins, in the downsamplers, it stays.
- *No dropout*, which does nothing in evaluation but be called.
- *In place.* ReLU and the residual sum write into a convolution's output, which nobody else holds: memory that is in
  the cache is used again.
- *Channels last.* A pixel's channels lie side by side, as the processor's convolutions take them and as a GPU's tensor
  cores want them: nothing is put in another order before and after each layer.
- *Lower precision*, by choice: the weights are stored in it once, folded in full precision before. The last layers and
  their output stay in float32, for an offset in bfloat16 is off by up to half a pixel.
- *Compiled*, by choice: neighbouring passes become one, and on a GPU all kernels of a picture are started by one call
  (a CUDA graph). The compiler takes its time first, again for each size of pictures, and on a processor little is left
  for it to gain: only for many pictures of one size.
"""

import copy
from typing import Literal, get_args

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from lab.erfnet import STRIDE, BranchedERFNet, Downsampler, NonBottleneck1D, Upsampler
from lab.fast.choice import fallback_once

Precision = Literal["float32", "bfloat16", "float16"]


class FoldedBlock(nn.Module):
    """`NonBottleneck1D` in evaluation."""

    def __init__(self, block: NonBottleneck1D):
        super().__init__()
        self.conv3x1_1 = block.conv3x1_1
        self.conv1x3_1 = fuse_conv_bn_eval(block.conv1x3_1, block.bn1)
        self.conv3x1_2 = block.conv3x1_2
        self.conv1x3_2 = fuse_conv_bn_eval(block.conv1x3_2, block.bn2)

    def forward(self, x: Float[Tensor, "B C H W"]) -> Float[Tensor, "B C H W"]:
        y = F.relu_(self.conv3x1_1(x))
        y = F.relu_(self.conv1x3_1(y))
        y = F.relu_(self.conv3x1_2(y))
        return F.relu_(self.conv1x3_2(y).add_(x))


class FoldedUpsampler(nn.Module):
    """`Upsampler` in evaluation."""

    def __init__(self, upsampler: Upsampler):
        super().__init__()
        self.conv = fuse_conv_bn_eval(upsampler.conv, upsampler.bn, transpose=True)

    def forward(self, x: Float[Tensor, "B C H W"]) -> Float[Tensor, "B D 2*H 2*W"]:
        return F.relu_(self.conv(x))


class InPlaceDownsampler(nn.Module):
    """`Downsampler` in evaluation.  Half of what its batch norm scales is pooled, and has no convolution to fold it."""

    def __init__(self, downsampler: Downsampler):
        super().__init__()
        self.conv, self.pool, self.bn = downsampler.conv, downsampler.pool, downsampler.bn

    def forward(self, x: Float[Tensor, "B C H W"]) -> Float[Tensor, "B D H//2 W//2"]:
        return F.relu_(self.bn(torch.cat([self.conv(x), self.pool(x)], 1)))


FOLDED = {NonBottleneck1D: FoldedBlock, Upsampler: FoldedUpsampler, Downsampler: InPlaceDownsampler}


class InferenceNetwork(nn.Module):
    """What `prepare_for_inference` gives: takes and gives float32 maps, as the network that it was made of."""

    def __init__(self, folded: BranchedERFNet, precision: torch.dtype, compile: bool):
        super().__init__()
        self.folded, self.precision = folded, precision
        mode = "reduce-overhead" if next(folded.parameters()).is_cuda else None
        self.compiled = torch.compile(self._maps, mode=mode) if compile else None

    @torch.inference_mode()
    def forward(self, image: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B C H W"]:
        """RGB in 0..1, on the network's device."""
        batch, _, height, width = image.shape
        maps = self._run(image.to(self.precision, memory_format=torch.channels_last))
        output = maps[0].new_empty(batch, sum(part.shape[1] for part in maps), height, width)
        # One pass joins, crops and puts each channel in one piece, which is how all others read it. And it is a copy:
        # what a CUDA graph gives is overwritten by its next run.
        for part, own in zip(maps, output.split([part.shape[1] for part in maps], 1), strict=True):
            own.copy_(part[..., :height, :width])
        return output

    def _maps(self, image: Float[Tensor, "B 3 H W"]) -> list[Float[Tensor, "B _ h w"]]:
        """What each decoder says, at a size of whole strides."""
        height, width = image.shape[-2:]
        features = self.folded.encoder(F.pad(image, (0, -width % STRIDE, 0, -height % STRIDE)))
        return [decoder(features) for decoder in self.folded.decoders]

    def _run(self, image: Float[Tensor, "B 3 H W"]) -> list[Float[Tensor, "B _ h w"]]:
        if self.compiled is None:
            return self._maps(image)
        try:
            return self.compiled(image)
        except Exception as error:  # of dynamo, inductor, Triton or the C++ compiler: they share no class
            maps = self._maps(image)  # what is no fault of the compiler's, say no memory, is raised here again
            self.compiled = None
            reason = str(error).strip().partition("\n")[0]
            fallback_once(f"The network could not be compiled ({type(error).__name__}: {reason}): it runs as it is.")
            return maps


def prepare_for_inference(
    network: BranchedERFNet,
    device: torch.device | str | None = None,
    precision: str = "float32",
    compile: bool = False,
) -> InferenceNetwork:
    """A copy of the network for inference; the network itself stays as it is.

    Args:
        network: in training or evaluation mode; the statistics of its batch norms are those of evaluation.
        device: of the copy; None: where the network is.
        precision: "float32", "bfloat16" or "float16", of all layers but the last, whose output is float32.
        compile: by torch.compile, when first called; on CUDA with CUDA graphs.  Without a compiler it runs as it is
            and says so once.  Each new size of pictures takes time again.

    Raises:
        ValueError: another precision.
    """
    if precision not in get_args(Precision):
        raise ValueError(f'precision is {precision!r}; expected "float32", "bfloat16" or "float16".')
    dtype = getattr(torch, precision)
    folded = copy.deepcopy(network).eval().requires_grad_(False)
    _replace(folded)
    folded = folded.to(device=device, dtype=dtype).to(memory_format=torch.channels_last)
    for branch in range(len(folded.decoders)):
        folded.last_layer(branch).float()
    return InferenceNetwork(folded, dtype, compile).eval()


def _replace(module: nn.Module) -> None:
    """Put the folded parts in the place of the others."""
    for name, child in module.named_children():
        if type(child) in FOLDED:
            setattr(module, name, FOLDED[type(child)](child))
        else:
            _replace(child)

"""The two-branch ERFNet: one encoder, one decoder for offsets and bandwidths, one for the seed maps.

E. Romera et al., *ERFNet: Efficient Residual Factorized ConvNet for Real-Time Semantic Segmentation*, IEEE T-ITS
2018. The branching is the paper's: one shared encoder feeds two decoders. Attributes carry the names under which
trained weights of this architecture are known.
"""

from typing import cast

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from lab.embedding import check_channels

BATCH_NORM_EPS = 1e-3
STRIDE = 8  # three downsamplers in the encoder


class Downsampler(nn.Module):
    """Strided 3x3 convolution beside a 2x2 max-pool, concatenated: halves the resolution and loses little."""

    def __init__(self, channels_in: int, channels_out: int):
        super().__init__()
        self.conv = nn.Conv2d(channels_in, channels_out - channels_in, 3, stride=2, padding=1)
        self.pool = nn.MaxPool2d(2)
        self.bn = nn.BatchNorm2d(channels_out, eps=BATCH_NORM_EPS)

    def forward(self, x: Float[Tensor, "B C H W"]) -> Float[Tensor, "B D H//2 W//2"]:
        return F.relu(self.bn(torch.cat([self.conv(x), self.pool(x)], 1)))


class NonBottleneck1D(nn.Module):
    """Residual block whose 3x3 convolutions are factorised into 3x1 and 1x3, the second pair dilated."""

    def __init__(self, channels: int, dropout: float, dilation: int):
        super().__init__()
        d = dilation
        self.conv3x1_1 = nn.Conv2d(channels, channels, (3, 1), padding=(1, 0))
        self.conv1x3_1 = nn.Conv2d(channels, channels, (1, 3), padding=(0, 1))
        self.bn1 = nn.BatchNorm2d(channels, eps=BATCH_NORM_EPS)
        self.conv3x1_2 = nn.Conv2d(channels, channels, (3, 1), padding=(d, 0), dilation=(d, 1))
        self.conv1x3_2 = nn.Conv2d(channels, channels, (1, 3), padding=(0, d), dilation=(1, d))
        self.bn2 = nn.BatchNorm2d(channels, eps=BATCH_NORM_EPS)
        self.dropout = nn.Dropout2d(dropout)

    def forward(self, x: Float[Tensor, "B C H W"]) -> Float[Tensor, "B C H W"]:
        y = F.relu(self.conv3x1_1(x))
        y = F.relu(self.bn1(self.conv1x3_1(y)))
        y = F.relu(self.conv3x1_2(y))
        y = self.dropout(self.bn2(self.conv1x3_2(y)))
        return F.relu(y + x)


class Upsampler(nn.Module):
    """Transposed 3x3 convolution, stride 2: doubles the resolution."""

    def __init__(self, channels_in: int, channels_out: int):
        super().__init__()
        self.conv = nn.ConvTranspose2d(channels_in, channels_out, 3, stride=2, padding=1, output_padding=1)
        self.bn = nn.BatchNorm2d(channels_out, eps=BATCH_NORM_EPS)

    def forward(self, x: Float[Tensor, "B C H W"]) -> Float[Tensor, "B D 2*H 2*W"]:
        return F.relu(self.bn(self.conv(x)))


class Encoder(nn.Module):
    """Three downsamplers and thirteen blocks; dilations 2, 4, 8, 16 widen what a pixel sees."""

    def __init__(self) -> None:
        super().__init__()
        self.initial_block = Downsampler(3, 16)
        self.layers = nn.Sequential(
            Downsampler(16, 64),
            *[NonBottleneck1D(64, dropout=0.03, dilation=1) for _ in range(5)],
            Downsampler(64, 128),
            *[NonBottleneck1D(128, dropout=0.3, dilation=d) for _ in range(2) for d in (2, 4, 8, 16)],
        )

    def forward(self, image: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B 128 H//8 W//8"]:
        return self.layers(self.initial_block(image))


class Decoder(nn.Module):
    """Back to full resolution in three steps, with two blocks after each of the first two."""

    def __init__(self, channels_out: int):
        super().__init__()
        self.layers = nn.Sequential(
            Upsampler(128, 64),
            *[NonBottleneck1D(64, dropout=0.0, dilation=1) for _ in range(2)],
            Upsampler(64, 16),
            *[NonBottleneck1D(16, dropout=0.0, dilation=1) for _ in range(2)],
        )
        self.output_conv = nn.ConvTranspose2d(16, channels_out, 2, stride=2)

    def forward(self, features: Float[Tensor, "B 128 h w"]) -> Float[Tensor, "B C 8*h 8*w"]:
        features = self.layers(features)
        # The weights' precision for the last step, also under autocast: bfloat16 would round an offset of 200 px by
        # half a px.
        with torch.autocast(features.device.type, enabled=False):
            return self.output_conv(features.to(self.output_conv.weight.dtype))


class BranchedERFNet(nn.Module):
    """Image -> offset x, offset y, bandwidth (S channels), seed logits (N channels), for an image of any size.

    Args:
        bandwidth_channels: S; 1 for a circular margin, 2 for an elliptical one.
        num_classes: N, one seed map each.
    """

    def __init__(self, bandwidth_channels: int = 2, num_classes: int = 8):
        check_channels(2 + bandwidth_channels + num_classes, bandwidth_channels)
        super().__init__()
        self.bandwidth_channels, self.num_classes = bandwidth_channels, num_classes
        self.encoder = Encoder()
        self.decoders = nn.ModuleList([Decoder(2 + bandwidth_channels), Decoder(num_classes)])
        self._start_with_small_margins()

    @torch.no_grad()
    def _start_with_small_margins(self) -> None:
        """Offsets start at 0 and b at 1 everywhere, so that every pixel begins as its own σ ≈ 4.88 px blob."""
        self.last_layer(0).weight.zero_()
        self.last_bias(0).zero_()
        self.last_bias(0)[2:] = 1.0

    def last_layer(self, branch: int) -> nn.ConvTranspose2d:
        """What makes the output: of offsets and bandwidths (branch 0), or of the seed maps (1)."""
        return cast(Decoder, self.decoders[branch]).output_conv

    def last_bias(self, branch: int) -> Float[Tensor, "C"]:
        """That layer's bias, a number for each of its channels."""
        return cast(Tensor, self.last_layer(branch).bias)

    def forward(self, image: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B C H W"]:
        """RGB in 0..1, without subtraction of a mean.

        The two downsampling paths agree on multiples of 8 only: other sizes are padded with zeros at the right and
        bottom, and the padding is cropped from the output.
        """
        height, width = image.shape[-2:]
        padded = F.pad(image, (0, -width % STRIDE, 0, -height % STRIDE))
        features = self.encoder(padded)
        output = torch.cat([decoder(features) for decoder in self.decoders], 1)
        return output[..., :height, :width]

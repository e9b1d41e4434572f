"""The authors' layout by rule: under which names, and in which shapes, a two-branch ERFNet's weights are stored.

It is written down here rather than read off our own network, so that a change of that cannot change what is
expected of a file. Branches: the first decoder gives offsets and bandwidths (2 + S channels), the second the seed maps
(N).
"""

from collections.abc import Iterator

Shape = tuple[int, ...]
Named = Iterator[tuple[str, Shape]]

ENCODER = "encoder."
CLASSIFIER = "encoder.output_conv."  # the encoder's own classification head: stored, but used by nothing
COUNTER = ".num_batches_tracked"  # PyTorch before 0.4.1 stored none, and nothing depends on it here


def network_names(bandwidth_channels: int, num_classes: int) -> dict[str, Shape]:
    """Names and shapes of the whole network, in the file's order, without the prefix of all of them."""
    s, n = bandwidth_channels, num_classes
    return {
        **encoder_names(),
        **dict(_weights("encoder.output_conv", (2 + s + n, 128, 1, 1), 2 + s + n)),
        **dict(_decoder("decoders.0", 2 + s)),
        **dict(_decoder("decoders.1", n)),
    }


def encoder_names() -> dict[str, Shape]:
    """Names and shapes of the encoder, without its classification head."""
    names = dict(_sampler("encoder.initial_block", (13, 3, 3, 3), 13, 16))
    names |= _sampler("encoder.layers.0", (48, 16, 3, 3), 48, 64)
    for layer in range(1, 6):
        names |= _block(f"encoder.layers.{layer}", 64)
    names |= _sampler("encoder.layers.6", (64, 64, 3, 3), 64, 128)
    for layer in range(7, 15):
        names |= _block(f"encoder.layers.{layer}", 128)
    return names


def _decoder(name: str, channels_out: int) -> Named:
    yield from _sampler(f"{name}.layers.0", (128, 64, 3, 3), 64, 64)
    yield from _block(f"{name}.layers.1", 64)
    yield from _block(f"{name}.layers.2", 64)
    yield from _sampler(f"{name}.layers.3", (64, 16, 3, 3), 16, 16)
    yield from _block(f"{name}.layers.4", 16)
    yield from _block(f"{name}.layers.5", 16)
    yield from _weights(f"{name}.output_conv", (16, channels_out, 2, 2), channels_out)


def _sampler(name: str, kernel: Shape, bias: int, channels: int) -> Named:
    """A down- or upsampler: a convolution (transposed ones have their input channels first) and batch norm.

    A downsampler's batch norm has more channels than its convolution gives: those of the pooled input join them.
    """
    yield from _weights(f"{name}.conv", kernel, bias)
    yield from _norm(f"{name}.bn", channels)


def _block(name: str, channels: int) -> Named:
    """A non-bottleneck-1D block: twice a 3x1 and a 1x3 convolution, each pair with its batch norm."""
    for half in (1, 2):
        for kernel in ((3, 1), (1, 3)):
            conv = f"{name}.conv{kernel[0]}x{kernel[1]}_{half}"
            yield from _weights(conv, (channels, channels, *kernel), channels)
        yield from _norm(f"{name}.bn{half}", channels)


def _norm(name: str, channels: int) -> Named:
    for part in ("weight", "bias", "running_mean", "running_var"):
        yield f"{name}.{part}", (channels,)
    yield f"{name}{COUNTER}", ()


def _weights(name: str, kernel: Shape, bias: int) -> Named:
    yield f"{name}.weight", kernel
    yield f"{name}.bias", (bias,)

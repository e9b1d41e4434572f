"""ERFNet in plain NumPy, and the receptive field by following sets of pixels.  Imports nothing of the lab.

Weights come as dictionaries of arrays, with the names under which weights of this architecture are known.
"""

import numpy as np


def convolve(x, weight, bias, stride=1, padding=(0, 0), dilation=(1, 1)):
    """x [B, C, H, W], weight [D, C, kh, kw] -> [B, D, h, w]; tap by tap."""
    (top, left), (down, right) = padding, dilation
    x = np.pad(x, ((0, 0), (0, 0), (top, top), (left, left)))
    rows = (x.shape[2] - down * (weight.shape[2] - 1) - 1) // stride + 1
    columns = (x.shape[3] - right * (weight.shape[3] - 1) - 1) // stride + 1
    out = np.zeros((len(x), len(weight), rows, columns)) + bias[None, :, None, None]
    for i in range(weight.shape[2]):
        for j in range(weight.shape[3]):
            seen = x[:, :, down * i :: stride, right * j :: stride][:, :, :rows, :columns]
            out += np.einsum("dc,bchw->bdhw", weight[:, :, i, j], seen, optimize=True)
    return out


def convolve_transposed(x, weight, bias, padding, output_padding):
    """Stride 2; x [B, C, H, W], weight [C, D, k, k]: every input pixel is stamped into the output."""
    size = weight.shape[2]
    rows, columns = x.shape[2], x.shape[3]
    out = np.zeros((len(x), weight.shape[1], 2 * rows + size, 2 * columns + size))
    for i in range(size):
        for j in range(size):
            stamp = np.einsum("cd,bchw->bdhw", weight[:, :, i, j], x, optimize=True)
            out[:, :, i : i + 2 * rows : 2, j : j + 2 * columns : 2] += stamp
    high, wide = (2 * (n - 1) - 2 * padding + size + output_padding for n in (rows, columns))
    return out[:, :, padding : padding + high, padding : padding + wide] + bias[None, :, None, None]


def pool(x):
    """The largest of every 2x2 pixels."""
    rows, columns = x.shape[2] // 2, x.shape[3] // 2
    corners = [x[:, :, i : 2 * rows : 2, j : 2 * columns : 2] for i in (0, 1) for j in (0, 1)]
    return np.maximum.reduce(corners)


def normalise(x, norm, eps=1e-3):
    """Batch norm with its running statistics."""
    scale = norm["weight"] / np.sqrt(norm["running_var"] + eps)
    return (x - norm["running_mean"][:, None, None]) * scale[:, None, None] + norm["bias"][:, None, None]


def relu(x):
    return np.maximum(x, 0)


def part_of(weights, name):
    """The weights below a name."""
    return {key[len(name) + 1 :]: value for key, value in weights.items() if key.startswith(f"{name}.")}


def block(x, weights, dilation, relus=(1, 1, 1, 1), norms=(1, 1), residual="inside", names=None, between=False):
    """The non-bottleneck-1D block; the last five are ways to get it wrong.

    relus: after the first 3x1, the first norm, the second 3x1, and at the end; norms: which are applied; residual:
    "inside" the last ReLU, "outside" or "none"; names: of the four convolutions; between: a ReLU before the sum.
    """
    first, second, third, fourth = names or ("conv3x1_1", "conv1x3_1", "conv3x1_2", "conv1x3_2")

    def go(y, name):
        upright, d = name.startswith("conv3x1"), dilation if name.endswith("2") else 1
        w = part_of(weights, name)
        padding, spread = ((d, 0), (d, 1)) if upright else ((0, d), (1, d))
        return convolve(y, w["weight"], w["bias"], padding=padding, dilation=spread)

    def maybe(y, wanted, then):
        return then(y) if wanted else y

    y = maybe(go(x, first), relus[0], relu)
    y = maybe(go(y, second), norms[0], lambda y: normalise(y, part_of(weights, "bn1")))
    y = maybe(go(maybe(y, relus[1], relu), third), relus[2], relu)
    y = maybe(go(y, fourth), norms[1], lambda y: normalise(y, part_of(weights, "bn2")))
    y = maybe(y, between, relu)
    if residual == "outside":
        return relu(y) + x
    return maybe(y + x if residual == "inside" else y, relus[3], relu)


def downsample(x, weights):
    both = [convolve(x, weights["conv.weight"], weights["conv.bias"], 2, (1, 1)), pool(x)]
    return relu(normalise(np.concatenate(both, 1), part_of(weights, "bn")))


def upsample(x, weights):
    larger = convolve_transposed(x, weights["conv.weight"], weights["conv.bias"], 1, 1)
    return relu(normalise(larger, part_of(weights, "bn")))


def encode(image, weights):
    """[B, 3, H, W] -> [B, 128, H/8, W/8]; H and W multiples of 8."""
    x = downsample(image, part_of(weights, "initial_block"))
    dilations = {**dict.fromkeys(range(1, 6), 1), **{7 + i: d for i, d in enumerate((2, 4, 8, 16) * 2)}}
    for place in range(15):
        below = part_of(weights, f"layers.{place}")
        x = block(x, below, dilations[place]) if place in dilations else downsample(x, below)
    return x


def decode(features, weights):
    """[B, 128, h, w] -> [B, C, 8h, 8w]."""
    x = features
    for place in range(6):
        below = part_of(weights, f"layers.{place}")
        x = upsample(x, below) if place in (0, 3) else block(x, below, 1)
    return convolve_transposed(x, weights["output_conv.weight"], weights["output_conv.bias"], 0, 0)


def whole(image, encoder, decoders, order=(0, 1)):
    """The branched network; height and width multiples of 8."""
    features = encode(image, encoder)
    return np.concatenate([decode(features, decoders[k]) for k in order], 1)


def receptive_field(layers):
    """Size of the window of (kernel, stride, dilation) layers: which input pixels one output pixel is made of."""
    seen = {0}
    for kernel, stride, dilation in reversed(list(layers)):
        seen = {stride * place + dilation * tap for place in seen for tap in range(kernel)}
    return max(seen) - min(seen) + 1

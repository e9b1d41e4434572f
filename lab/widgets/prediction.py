"""A network's output for one image, taken in by the figures that show real predictions."""

import numpy as np
from jaxtyping import Float, UInt8
from torch import Tensor

from lab.embedding import Prediction, split


def read_prediction(
    image: UInt8[np.ndarray, "H W 3"], output: Float[Tensor, "C _ _"], class_names: tuple[str, ...], channels: int
) -> tuple[Float[Tensor, "C H W"], Prediction]:
    """The output on the CPU in float32, and what it says; ``channels`` is S, the bandwidth's.

    Raises:
        ValueError: if image and output differ in size, or the names do not number N.
    """
    output = output.detach().cpu().float()
    if tuple(output.shape[1:]) != image.shape[:2]:
        raise ValueError(
            f"the output is {tuple(output.shape[1:])} pixels (rows, columns), the image {image.shape[:2]}; "
            "expected the output for this very image."
        )
    prediction = split(output[None], channels)
    if prediction.seed_map.shape[1] != len(class_names):
        raise ValueError(
            f"{len(class_names)} class names {class_names} for {prediction.seed_map.shape[1]} seed maps; "
            "expected one name a map. Is bandwidth_channels the network's?"
        )
    return output, prediction

"""What the loss asks of its labels, refused with the image and the instance that are wrong."""

from jaxtyping import Int
from torch import Tensor


def check_shapes(output: Tensor, instances: Tensor, classes: Tensor) -> None:
    """Raise ValueError unless both labels are [B, H, W] of the output's B, H and W, in whole numbers, and not empty."""
    if not output.numel():
        raise ValueError(
            f"the output has the shape {list(output.shape)}, which holds no number; expected an image, a row and a "
            "column at least."
        )
    expected = [output.shape[0], *output.shape[-2:]]
    for name, labels in (("instances", instances), ("classes", classes)):
        if list(labels.shape) != expected or labels.is_floating_point():
            raise ValueError(
                f"{name}: found {labels.dtype} of shape {list(labels.shape)}, expected whole numbers of shape "
                f"{expected} for an output of shape {list(output.shape)}."
            )


def check_labels(instances: Int[Tensor, "B H W"], classes: Int[Tensor, "B H W"], num_classes: int) -> None:
    """Raise ValueError, naming image and instance, unless the labels fit each other and the N seed maps."""
    outside = (classes < -1) | (classes > num_classes)
    if outside.any():
        raise ValueError(
            f"image {int(outside.nonzero()[0, 0])} of the batch has class {int(classes[outside][0])}; expected "
            f"-1 (void), 0 (background) or 1..{num_classes}, as the output has {num_classes} seed map(s)."
        )
    valid = classes >= 0
    unmatched = valid & ((instances != 0) != (classes != 0))
    if unmatched.any():
        image, row, column = unmatched.nonzero()[0].tolist()
        raise ValueError(
            f"image {image} of the batch, row {row}, column {column}: instance "
            f"{int(instances[image, row, column])} with class {int(classes[image, row, column])}; expected both "
            "zero (background) or neither. A group or an unlabelled object belongs to void: class -1."
        )
    for image in range(len(instances)):
        ids, number = instances[image].unique(return_inverse=True)  # an id itself may be too large to be multiplied
        pairs = (number * (num_classes + 1) + classes[image])[valid[image]].unique()
        numbers, counts = (pairs // (num_classes + 1)).unique(return_counts=True)
        if (counts > 1).any():
            k = numbers[counts > 1][0]
            found = (pairs % (num_classes + 1))[pairs // (num_classes + 1) == k]
            raise ValueError(
                f"image {image} of the batch: instance {int(ids[k])} carries the classes {found.tolist()}; "
                "expected one class per instance."
            )

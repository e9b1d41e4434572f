"""Labels that the loss refuses. (Through the loss itself, in both its versions: tests/test_losses.py.)"""

import pytest
import torch

from lab.labels import check_labels, check_shapes

OUTPUT = torch.zeros(1, 6, 24, 32)


@pytest.mark.parametrize(
    ("instances", "message"),
    [
        (torch.zeros(3, 24, 32, dtype=torch.int64), r"instances: .*\[3, 24, 32\], expected .*\[1, 24, 32\]"),
        (torch.zeros(1, 12, 32, dtype=torch.int64), r"\[1, 12, 32\], expected"),
        (torch.zeros(1, 24, 32), "float32 of shape .* expected whole numbers"),
    ],
)
def test_labels_of_another_shape_are_named(instances, message):
    with pytest.raises(ValueError, match=message):
        check_shapes(OUTPUT, instances, torch.zeros(1, 24, 32, dtype=torch.int64))


@pytest.mark.parametrize("k", [7, -(2**62), 2**63 - 1])
def test_an_instance_of_two_classes_is_named_by_its_own_number(k):
    instances, classes = torch.tensor([[[3, 3, 0]], [[k, k, k]]]), torch.tensor([[[2, 2, 0]], [[1, 2, -1]]])
    with pytest.raises(ValueError, match=rf"image 1 of the batch: instance {k} carries the classes \[1, 2\]"):
        check_labels(instances, classes, 2)


def test_labels_that_fit_pass_also_under_void():
    """A class that void hides does not count, nor does an id there."""
    check_labels(torch.tensor([[[5, 5, 0, 9]]]), torch.tensor([[[1, -1, 0, 2]]]), 2)

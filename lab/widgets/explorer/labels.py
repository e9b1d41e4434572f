"""The explorer's ground truth: whether it fits, and what is said of the instances against it."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from jaxtyping import Int

from lab.clustering import Instances
from lab.datasets.scene import VOID
from lab.metrics.verdicts import Verdict
from lab.widgets.explorer.truth import MARKS, Score, read_truth, score, words


@dataclass(frozen=True)
class Labels:
    """Ground truth of one image and the classes that it speaks of.

    Attributes:
        instances: 0 where there is none.
        classes: -1 void, 0 background, 1..N.
        class_names: of classes 1..N.
    """

    instances: Int[np.ndarray, "H W"]
    classes: Int[np.ndarray, "H W"]
    class_names: tuple[str, ...]

    @classmethod
    def take(
        cls,
        instances: Int[np.ndarray, "_ _"] | None,
        classes: Int[np.ndarray, "_ _"] | None,
        class_names: tuple[str, ...],
        shape: tuple[int, int],
    ) -> "Labels | None":
        """Both maps, or None for neither.

        Raises:
            ValueError: one without the other, another size than the image's, a class above N, or an instance of two
                classes.
        """
        if instances is None and classes is None:
            return None
        if instances is None or classes is None:
            raise ValueError("of instances and classes only one is given; expected both, or neither.")
        if not instances.shape == classes.shape == shape:
            raise ValueError(
                f"the labels are {instances.shape} and {classes.shape} pixels (rows, columns), the image {shape}; "
                "expected the labels of this very image."
            )
        read_truth(instances, classes, len(class_names))  # now, when an error ends the call, not at every slider's move
        return cls(instances, classes, class_names)

    def of_classes(self, class_names: tuple[str, ...]) -> "Labels":
        """The same labels for a model of these classes, all of them known here; the objects of others become ground."""
        if class_names == self.class_names:
            return self
        new = np.zeros(len(self.class_names) + 2, self.classes.dtype)  # by class + 1
        new[0] = VOID
        for number, name in enumerate(class_names, start=1):
            new[1 + 1 + self.class_names.index(name)] = number
        classes = new[self.classes + 1]
        return Labels(np.where(classes > 0, self.instances, 0), classes, class_names)


def judge(labels: Labels | None, found: Instances, class_names: tuple[str, ...]) -> tuple[str, list[str]]:
    """What is said of all instances (HTML), and a line for each."""
    if labels is None:
        return "", []
    if unknown := [name for name in class_names if name not in labels.class_names]:
        return (
            f"The labels are of {escape(_listed(labels.class_names))}. This model looks for "
            f"{escape(_listed(unknown))}, of which they say nothing: it is not held against them."
        ), []
    labels = labels.of_classes(class_names)
    result = score(found, labels.instances, labels.classes, len(class_names))
    return words(result, class_names), overlaps(result)


def _listed(names: Sequence[str]) -> str:
    """'car', 'car and bus', 'person, car and bus'."""
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def overlaps(result: Score) -> list[str]:
    """Each instance's overlap with the label that it fits best."""
    pairs = zip(result.iou.tolist(), result.verdicts.tolist(), strict=True)
    return [f"IoU {iou:.2f} with the labels: {MARKS[Verdict(verdict)]}" for iou, verdict in pairs]

"""Cityscapes' instance labels as the truth that AP is measured against.

`lab.datasets.cityscapes` reads the same files for training, where groups become void.  AP needs to know a group
from void: a group forgives detections of its own class, void those of every class.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Integer

from lab.datasets.cityscapes import read_ids
from lab.metrics import Truth

# The labels that Cityscapes leaves out of its evaluation: unlabelled, ego vehicle, rectification border, out of
# region of interest, static, dynamic, ground, parking, rail track, guard rail, bridge, tunnel, pole group, and
# groups of caravans and of trailers.  A test holds them equal to cityscapesscripts' table.  The void of training
# is another, smaller set: what is not judged may still teach where no instance is.
UNJUDGED_LABEL_IDS = (0, 1, 2, 3, 4, 5, 6, 9, 10, 14, 15, 16, 18, 29, 30)


def truth_from_ids(ids: Integer[np.ndarray, "H W"], label_ids: Sequence[int]) -> Truth:
    """The truth from Cityscapes' instance ids: label id · 1000 + k for an instance, the plain label id else.

    Args:
        ids: an instanceIds image.
        label_ids: the label id of each class; class c is ``label_ids[c - 1]``.
    """
    present, index = np.unique(ids, return_inverse=True)
    labels = np.where(present >= 1000, present // 1000, present)
    kept = np.flatnonzero(np.isin(labels, label_ids))
    number = np.zeros(len(present), dtype=int)
    number[kept] = np.arange(1, len(kept) + 1)
    classes = np.array([list(label_ids).index(label) + 1 for label in labels[kept]], dtype=int)
    return Truth(
        regions=number[index.reshape(ids.shape)],
        classes=classes,
        groups=present[kept] < 1000,
        # Only the plain ids: a single caravan (29001) is not void in the official code either.
        void=np.isin(ids, UNJUDGED_LABEL_IDS),
    )


def read_truth(path: Path, label_ids: Sequence[int]) -> Truth:
    """The truth from a file ..._gtFine_instanceIds.png.  Raises as `lab.datasets.cityscapes.read_ids`."""
    return truth_from_ids(read_ids(path), label_ids)

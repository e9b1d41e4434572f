"""A tiny set of real nuclei without a network: the image that the stardist package holds, cut in four.

One field of view of 512x512 pixels, from the 2018 Data Science Bowl like the archive, with 125 nuclei.  Enough to see
every step run on real data, not to measure anything: four neighbouring tiles of one image are no independent splits,
and a nucleus on a cut lies in two of them.
"""

from pathlib import Path

import numpy as np

from lab.datasets.bbbc.folder import new_folder, write_image, write_table

SOURCE = "stardist.data.test_image_nuclei_2d (BSD-3-Clause)"
ONE_IMAGE = (
    "One real image of 512x512 px, cut in four: good for seeing every step run, not for measuring. The tiles are "
    "neighbours, and a nucleus on a cut lies in two of them"
)
TILE = 256
SPLITS = ("train", "train", "val", "test")


def write_offline(target: Path) -> int:
    """Write the four tiles into the new folder ``target``, all or none; gives the number of images.

    Raises:
        OSError: a file could not be written.
    """
    from stardist.data import test_image_nuclei_2d

    image, labels = test_image_nuclei_2d(return_mask=True)
    corners = [(top, left) for top in range(0, image.shape[0], TILE) for left in range(0, image.shape[1], TILE)]
    with new_folder(target, {"source": SOURCE}) as folder:
        rows = []
        for (top, left), split in zip(corners, SPLITS, strict=True):
            part = np.s_[top : top + TILE, left : left + TILE]
            name = f"field_{top}_{left}"
            # The file says 16 bits, its values (0..235) are of 8.
            entry = write_image(folder, name, image[part].astype(np.uint8), _numbered(labels[part]))
            # No group: by it all four would have to be in one split.
            rows.append(entry | {"id": name, "group": "", "split": split})
        write_table(folder, rows)
    return len(rows)


def _numbered(labels: np.ndarray) -> np.ndarray:
    """Labels 1..K without gaps."""
    present, index = np.unique(labels, return_inverse=True)
    start = 0 if present[0] == 0 else 1
    return (index.reshape(labels.shape) + start).astype(np.uint16)

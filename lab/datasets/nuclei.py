"""Nuclei in fluorescence: grey pictures with one label image each, listed with their splits in one table.

ROOT/manifest.csv           name,id,width,height,instances,group,split: one row per picture
ROOT/images/NAME.png        8-bit grey
ROOT/masks/NAME.png         16-bit: 0 background, 1..K nuclei
"""

import csv
from pathlib import Path

import numpy as np
from jaxtyping import Int16, Int32
from PIL import Image

from lab.datasets.cityscapes import read_ids, read_image
from lab.datasets.intensity import applied, check_intensity
from lab.datasets.scene import Scene

MANIFEST = "manifest.csv"


class NucleiFolder:
    """The pictures of one split, in the order of the table.  ``folder[i]`` reads from disk at every call.

    Raises:
        FileNotFoundError: no table, or no pictures of the split in it.
    """

    class_names = ("nucleus",)

    def __init__(self, root: Path | str, split: str, intensity: str = "stored"):
        check_intensity(intensity)
        self.root, self.split, self.intensity = Path(root), split, intensity
        with (self.root / MANIFEST).open(newline="") as file:
            self.names = [row["name"] for row in csv.DictReader(file) if row["split"] == split]
        if not self.names:
            raise FileNotFoundError(f"{self.root / MANIFEST}: found no pictures of the split '{split}'.")

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, index: int) -> Scene:
        image = applied(self.intensity, read_image(self.image_path(index)))
        return Scene(self.name(index), image, *self.labels(index))

    def name(self, index: int) -> str:
        """The picture's name in the table."""
        return self.names[index]

    def image_path(self, index: int) -> Path:
        """The picture's file."""
        return self.root / "images" / f"{self.names[index]}.png"

    def label_path(self, index: int) -> Path:
        """The file of the picture's labels."""
        return self.root / "masks" / f"{self.names[index]}.png"

    def labels(self, index: int) -> tuple[Int32[np.ndarray, "H W"], Int16[np.ndarray, "H W"]]:
        """Instances renumbered 1..K, and classes (0 background, 1 nucleus), without reading the picture."""
        ids = read_ids(self.label_path(index))
        present = np.flatnonzero(np.bincount(ids.ravel(), minlength=1))
        table = np.zeros(present[-1] + 1, np.int32)
        table[present[present > 0]] = np.arange(1, (present > 0).sum() + 1)
        instances = table[ids]
        return instances, (instances > 0).astype(np.int16)

    def checked_labels(self, index: int) -> tuple[Int32[np.ndarray, "H W"], Int16[np.ndarray, "H W"]]:
        """As `labels`, held against the picture's size."""
        instances, classes = self.labels(index)
        with Image.open(self.image_path(index)) as file:
            if instances.shape != (file.height, file.width):
                raise ValueError(
                    f"{self.label_path(index)}: found labels of {instances.shape[1]}x{instances.shape[0]} px, expected "
                    f"{file.width}x{file.height} px like their image."
                )
        return instances, classes

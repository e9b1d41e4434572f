"""A folder of one's own pictures as a data set."""

from pathlib import Path

import numpy as np
from jaxtyping import Int16, Int32

from lab.datasets.intensity import check_intensity
from lab.datasets.own.coco_checks import Id
from lab.datasets.own.kinds import labels_in
from lab.datasets.own.splits import folder_of, part_of
from lab.datasets.scene import Scene, as_text, check_size
from lab.images import image_size, load_image


class OwnFolder:
    """The pictures of one part in the order of their names.  ``folder[i]`` reads from disk at every call.

    Args:
        root: holds images/ with labels/ or annotations.json, in it or in train/, val/, test/ (see `lab.datasets.own`).
        split: train, val, test.
        intensity: "stored" or "percentile" (see `lab.datasets.intensity`).

    Raises:
        FileNotFoundError, ValueError: no pictures, pictures without labels, an empty part, an unsound COCO file.
    """

    def __init__(self, root: Path | str, split: str, intensity: str = "stored"):
        check_intensity(intensity)
        self.root, self.split, self.intensity = Path(root), split, intensity
        folder = folder_of(self.root, split)
        self.source = labels_in(folder)
        self.class_names = self.source.class_names
        everything = sorted(self.source.images)
        self.names = everything if folder != self.root else [name for name in everything if part_of(name) == split]
        if not self.names:
            raise FileNotFoundError(
                f"{folder / 'images'}: found {len(everything)} pictures, none of which falls to '{split}' by its name; "
                "expected one or more. Say yourself which belong there: make the folders train/, val/ and test/ in "
                f"{self.root}, each with its own images/."
            )

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, index: int) -> Scene:
        image = load_image(self.image_path(index), self.intensity)
        instances, classes = self.labels(index)
        check_size(classes.shape, image.shape[:2], self.label_path(index), self.image_path(index))
        return Scene(self.name(index), image, instances, classes)

    def name(self, index: int) -> str:
        """The picture's file name without its suffix, see `as_text`."""
        return as_text(self.names[index])

    def image_path(self, index: int) -> Path:
        """The picture's file."""
        return self.source.images[self.names[index]]

    def label_path(self, index: int) -> Path:
        """The label image, or the COCO file of all."""
        return self.source.path(self.names[index])

    def labels(self, index: int) -> tuple[Int32[np.ndarray, "H W"], Int16[np.ndarray, "H W"]]:
        """Instances renumbered 1..K and classes (-1 void, 0 background, 1..N), without reading the picture."""
        return self.source.read(self.names[index])[:2]

    def stored_ids(self, index: int) -> list[int]:
        """The numbers that the instances 1..K have in the file."""
        return self.source.read(self.names[index])[2].tolist()

    def drawing_nothing(self, index: int) -> list[Id]:
        """Ids of the annotations without a pixel in their picture."""
        return self.source.drawing_nothing(self.names[index])

    def checked_labels(self, index: int) -> tuple[Int32[np.ndarray, "H W"], Int16[np.ndarray, "H W"]]:
        """As `labels`, held against the picture's size.

        Raises:
            ValueError: labels of another size, or a binary mask.
        """
        labels = self.source.read(self.names[index])
        image = self.image_path(index)
        check_size(labels[0].shape, image_size(image), self.label_path(index), image)
        self.source.check(self.names[index], labels)
        return labels[:2]

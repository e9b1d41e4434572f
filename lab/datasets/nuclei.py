"""Nuclei in fluorescence: grey pictures with one label image each, listed with their splits in one table.

ROOT/manifest.csv           name,id,width,height,instances,group,split: one row per picture
ROOT/images/NAME.png        grey (or colour), 8 bits (or 16)
ROOT/masks/NAME.png         16-bit: 0 background, 1..K nuclei
"""

from collections import Counter
from pathlib import Path

import numpy as np
from jaxtyping import Int16, Int32
from PIL import Image

from lab.datasets.intensity import check_intensity
from lab.datasets.manifest import MANIFEST, read_manifest
from lab.datasets.scene import Scene, check_size, in_px
from lab.images import BROKEN, PIXELS, image_size, load_image


class NucleiFolder:
    """The pictures of one split, in the order of the table.  ``folder[i]`` reads from disk at every call.

    Raises:
        FileNotFoundError: no table, no pictures of the split in it, or files that are not there.
        ValueError: a table that is not sound, or files that it does not list: a picture that silently stays away, or
            counts twice, would change a score without a trace.
    """

    class_names = ("nucleus",)

    def __init__(self, root: Path | str, split: str, intensity: str = "stored"):
        check_intensity(intensity)
        self.root, self.split, self.intensity = Path(root), split, intensity
        table = read_manifest(self.root / MANIFEST)
        self.entries = [entry for entry in table if entry.split == split]
        if not self.entries:
            counts = ", ".join(f"{name} {count}" for name, count in Counter(e.split for e in table).items())
            raise FileNotFoundError(
                f"{self.root / MANIFEST}: found no pictures of the split '{split}', expected some; there are {counts}. "
                "Choose one of these."
            )
        for folder in ("images", "masks"):
            _check_files(self.root / folder, [entry.name for entry in table])

    def __len__(self) -> int:
        return len(self.entries)

    def __getitem__(self, index: int) -> Scene:
        image = load_image(self.image_path(index), self.intensity)
        self._check_picture(index, image.shape[:2])
        instances, classes = self.labels(index)
        self._check_labels(index, instances, image.shape[:2])
        return Scene(self.name(index), image, instances, classes)

    def name(self, index: int) -> str:
        """The picture's name in the table."""
        return self.entries[index].name

    def image_path(self, index: int) -> Path:
        """The picture's file."""
        return self.root / "images" / f"{self.name(index)}.png"

    def label_path(self, index: int) -> Path:
        """The file of the picture's labels."""
        return self.root / "masks" / f"{self.name(index)}.png"

    def labels(self, index: int) -> tuple[Int32[np.ndarray, "H W"], Int16[np.ndarray, "H W"]]:
        """Instances renumbered 1..K, and classes (0 background, 1 nucleus), without reading the picture."""
        ids = read_mask(self.label_path(index))
        present = np.flatnonzero(np.bincount(ids.ravel()))
        table = np.zeros(present[-1] + 1, np.int32)
        table[present[present > 0]] = np.arange(1, (present > 0).sum() + 1)
        instances = table[ids]
        return instances, (instances > 0).astype(np.int16)

    def checked_labels(self, index: int) -> tuple[Int32[np.ndarray, "H W"], Int16[np.ndarray, "H W"]]:
        """As `labels`, held against the picture's size and against what the table says.

        Raises:
            ValueError: sizes or numbers of nuclei that differ.
        """
        size = image_size(self.image_path(index))
        self._check_picture(index, size)
        instances, classes = self.labels(index)
        self._check_labels(index, instances, size)
        return instances, classes

    def _check_picture(self, index: int, size: tuple[int, int]) -> None:
        entry = self.entries[index]
        if size != (entry.height, entry.width):
            raise ValueError(
                f"{self.image_path(index)}: found a picture of {in_px(size)}, expected "
                f"{in_px((entry.height, entry.width))} as line {entry.line} of {self.root / MANIFEST} says. Correct "
                "the row if the picture is right, else put the right picture back."
            )

    def _check_labels(self, index: int, instances: Int32[np.ndarray, "H W"], size: tuple[int, int]) -> None:
        path, entry = self.label_path(index), self.entries[index]
        check_size(instances.shape, size, path, self.image_path(index))
        if instances.max() != entry.instances:
            raise ValueError(
                f"{path}: found {instances.max()} nuclei, expected {entry.instances} as line {entry.line} of "
                f"{self.root / MANIFEST} says. Correct the row if the labels are right, else put the right labels back."
            )


def read_mask(path: Path) -> np.ndarray:
    """A label image as uint16 [H, W].

    Raises:
        FileNotFoundError, ValueError: no file, no image, or not one channel of 16 bits.
    """
    expected = "a 16-bit PNG of one channel: 0 background, 1..K nuclei"
    if not path.is_file():
        raise FileNotFoundError(f"{path}: found no file, expected {expected}. Restore it, or fetch the data anew.")
    try:
        with Image.open(path, formats=PIXELS) as file:
            file.load()
            mode = file.mode
            ids = np.asarray(file)
    except BROKEN as error:
        raise ValueError(
            f"{path}: found a file that cannot be read ({error}), expected {expected}. Copy or make it again."
        ) from error
    if not mode.startswith("I") or ids.min() < 0 or ids.max() > np.iinfo(np.uint16).max:
        raise ValueError(
            f"{path}: found an image of mode {mode} with values {_few_values(ids)}, expected {expected}. A mask that "
            "only tells nuclei from background, or colours instead of numbers, cannot say which pixels belong "
            "together: write the labels as 16-bit numbers."
        )
    return ids.astype(np.uint16)


def _few_values(values: np.ndarray) -> str:
    present = np.unique(values).tolist()
    return ", ".join(map(str, present)) if len(present) <= 4 else f"{present[0]}..{present[-1]}"


def _check_files(folder: Path, names: list[str]) -> None:
    """Raise unless the folder holds a PNG for each name and no other."""
    there = {path.stem for path in folder.glob("*.png")}
    missing = [name for name in names if name not in there]
    if missing:
        raise FileNotFoundError(
            f"{folder}: found files for {len(names) - len(missing)} of the table's {len(names)} rows, expected all; "
            f"the first missing is {missing[0]}.png. Put it back, fetch the data anew (python -m lab download nuclei), "
            f"or delete its row in {MANIFEST}."
        )
    strange = sorted(there - set(names))
    if strange:
        raise ValueError(
            f"{folder}: found {len(strange)} PNG files without a row in {MANIFEST}, expected a row for each; the "
            f"first is {strange[0]}.png. Add the rows (with their split), or move the files away."
        )

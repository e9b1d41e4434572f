"""The two kinds of labels: an image for every picture, or one COCO file for all."""

from collections import defaultdict
from pathlib import Path, PurePosixPath, PureWindowsPath

import numpy as np
from jaxtyping import Int16, Int32, Int64

from lab.datasets.label_doctor.pieces import find_pieces
from lab.datasets.label_doctor.rules import MIN_PIXELS, binary_words, is_binary
from lab.datasets.own.coco import drawing_nothing, labels_of, read_coco
from lab.datasets.own.coco_checks import Id
from lab.datasets.own.label_images import LABEL_SUFFIXES, LOSSY_SUFFIXES, read_label_image, renumbered
from lab.datasets.scene import check_size
from lab.images import IMAGE_SUFFIXES, image_size

COCO_FILE = "annotations.json"
# Instances 1..K, classes, and the numbers that the file gives the instances.
Labels = tuple[Int32[np.ndarray, "H W"], Int16[np.ndarray, "H W"], Int64[np.ndarray, " K"]]


class LabelImages:
    """Pictures in images/, and a label image of the same name for each in labels/.  One class: object."""

    class_names = ("object",)

    def __init__(self, folder: Path):
        self.images = pictures_in(folder / "images")
        self.files = _by_stem(folder / "labels", (*LABEL_SUFFIXES, *LOSSY_SUFFIXES))
        _check_labels(folder / "labels", self.images, self.files)

    def path(self, name: str) -> Path:
        """The label image of a picture."""
        return self.files[name][0]

    def read(self, name: str) -> Labels:
        """Instances, classes, and the numbers in the file."""
        instances, numbers = renumbered(read_label_image(self.path(name)))
        return instances, (instances > 0).astype(np.int16), numbers

    def drawing_nothing(self, name: str) -> list[Id]:
        """Of label images nothing: a number without a pixel is not in the file."""
        return []

    def check(self, name: str, labels: Labels) -> None:
        """Raise ValueError for a binary mask."""
        if len(labels[2]) == 1 and is_binary(pieces := find_pieces(labels[0]), MIN_PIXELS):
            words = binary_words(int(labels[2][0]), len(pieces))
            raise ValueError(f"{self.path(name)}: found a binary mask where instances were meant: {words}")


class CocoLabels:
    """The pictures that a COCO file names, and what it says of them; other pictures in images/ are left alone."""

    def __init__(self, folder: Path):
        self.coco = read_coco(folder / COCO_FILE)
        self.class_names = self.coco.class_names
        self.entries = {_name_of(entry["file_name"]): entry for entry in self.coco.images}
        self.images = {name: folder / "images" / entry["file_name"] for name, entry in self.entries.items()}
        self._check_pictures(folder)

    def path(self, name: str) -> Path:
        """The COCO file, whatever the picture."""
        return self.coco.path

    def read(self, name: str) -> Labels:
        """Instances, classes, and the ids of the annotations."""
        entry, picture = self.entries[name], self.images[name]
        # Before anything is drawn: that takes memory for the size that the file says.
        check_size((int(entry["height"]), int(entry["width"])), image_size(picture), self.path(name), picture)
        return labels_of(self.coco, entry)

    def drawing_nothing(self, name: str) -> list[Id]:
        """Ids of a picture's annotations that have no pixel in it."""
        return drawing_nothing(self.coco, self.entries[name])

    def check(self, name: str, labels: Labels) -> None:
        """What could be checked was when the file was read."""

    def _check_pictures(self, folder: Path) -> None:
        outside = [entry["file_name"] for entry in self.coco.images if leads_outside(entry["file_name"])]
        if outside:
            raise ValueError(
                f"{self.coco.path}: found the file_name {outside[0]!r}, expected every one below {folder / 'images'}. "
                "Correct it, or take the image out of the file."
            )
        missing = [path for path in self.images.values() if not path.is_file()]
        if missing:
            raise FileNotFoundError(
                f"{self.coco.path}: found {len(self.coco.images)} images in it, {len(missing)} of them not on disk, "
                f"the first {missing[0]}; expected every file_name below {folder / 'images'}. Put them there, or take "
                "them out of the file."
            )
        if len(self.images) < len(self.coco.images):
            raise ValueError(
                f"{self.coco.path}: found two images whose file_name differs by its suffix only, expected names of "
                "their own. Rename one."
            )


def labels_in(folder: Path) -> LabelImages | CocoLabels:
    """Where the labels of a folder's pictures come from.

    Raises:
        FileNotFoundError, ValueError: nothing, or both; pictures without labels; an unsound COCO file.
    """
    coco, labels = (folder / COCO_FILE).is_file(), (folder / "labels").is_dir()
    if coco == labels:
        found = f"both labels/ and {COCO_FILE}" if coco else f"neither labels/ nor {COCO_FILE}"
        remedy = "Take one away." if coco else "Put label images or a COCO file there."
        raise FileNotFoundError(f"{folder}: found {found}, expected one of them beside images/. {remedy}")
    return CocoLabels(folder) if coco else LabelImages(folder)


def pictures_in(folder: Path) -> dict[str, Path]:
    """The picture files of a folder by their names without suffix; other files are left alone.

    Raises:
        FileNotFoundError: none.
        ValueError: two of one name.
    """
    found = _by_stem(folder, IMAGE_SUFFIXES)
    if not found:
        raise FileNotFoundError(
            f"{folder}: found no pictures, expected {', '.join(sorted(IMAGE_SUFFIXES))}. Put them there."
        )
    for paths in found.values():
        if len(paths) > 1:
            raise ValueError(
                f"{paths[0]}: found {paths[1].name} beside it, expected one picture of a name. Rename one."
            )
    return {name: paths[0] for name, paths in found.items()}


def _by_stem(folder: Path, suffixes: tuple[str, ...] | frozenset[str]) -> dict[str, list[Path]]:
    found = defaultdict(list)
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in suffixes and not path.name.startswith("."):
            found[path.stem].append(path)
    return dict(found)


def _check_labels(folder: Path, images: dict[str, Path], files: dict[str, list[Path]]) -> None:
    missing = [name for name in images if name not in files]
    if missing:
        other = next((paths[0].name for name, paths in files.items() if name not in images), None)
        beside = f" There is {other}, which no picture is called." if other else ""
        raise FileNotFoundError(
            f"{folder}: found labels for {len(images) - len(missing)} of {len(images)} images, expected a label image "
            f"of the same name for each; the first missing is {missing[0]}.png (or .tif).{beside} Rename or add the "
            "labels, or take the images out."
        )
    for name, paths in files.items():
        if name in images and len(paths) > 1:
            raise ValueError(f"{paths[0]}: found {paths[1].name} beside it, expected one label image. Take one away.")


def leads_outside(file_name: str) -> bool:
    """Whether a name that somebody else wrote down leads out of the folder it is for, here or on Windows."""
    windows = PureWindowsPath(file_name)  # takes both kinds of slash
    return bool(windows.anchor) or PurePosixPath(file_name).is_absolute() or ".." in windows.parts


def _name_of(file_name: str) -> str:
    return Path(file_name).with_suffix("").as_posix().replace("/", "_")

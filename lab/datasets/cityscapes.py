"""Reads scenes that lie on disk in Cityscapes' layout (Cityscapes itself, and ToyScapes).

ROOT/leftImg8bit/SPLIT/CITY/NAME_leftImg8bit.png      8-bit RGB
ROOT/gtFine/SPLIT/CITY/NAME_gtFine_instanceIds.png    16-bit: label id * 1000 + k for an object, else the label id
ROOT/gtFine/SPLIT/CITY/NAME_gtFine_labelIds.png       8-bit label ids; only compared, and only where it exists
"""

from pathlib import Path
from types import MappingProxyType

import numpy as np
from jaxtyping import Int16, Int32, Shaped, UInt8, UInt16
from PIL import Image

from lab.datasets.scene import BACKGROUND, VOID, Scene, check_size, in_px
from lab.images import BROKEN, PIXELS, image_size

# Name -> label id.  Our class index is the place in this order: 1 person .. 8 bicycle.
INSTANCE_CLASSES = MappingProxyType(
    {
        "person": 24,
        "rider": 25,
        "car": 26,
        "truck": 27,
        "bus": 28,
        "train": 31,
        "motorcycle": 32,
        "bicycle": 33,
    }
)
# Void besides the groups: 0..3 (unlabelled, own car, rectification border, outside the region) say nothing of the
# street; caravans (29) and trailers (30) look like vehicles, but the evaluation ignores them: neither wanted nor wrong.
VOID_LABEL_IDS = frozenset({0, 1, 2, 3, 29, 30})
# Label ids that carry an object's number.  29 and 30 have one too.
NUMBERED_LABEL_IDS = range(24, 34)
HIGHEST_LABEL_ID = 33

_IMAGE, _INSTANCES, _LABELS = "_leftImg8bit.png", "_gtFine_instanceIds.png", "_gtFine_labelIds.png"


def class_of_label(label_id: int, numbered: bool, names: tuple[str, ...] = tuple(INSTANCE_CLASSES)) -> int:
    """Class index (-1, 0, 1..N) of a label id; ``numbered`` tells an object from a group of its class.

    Of the classes that are not among ``names``, objects and groups are background like a wall (o).
    """
    if label_id in VOID_LABEL_IDS:
        return VOID
    wanted = [INSTANCE_CLASSES[name] for name in names]
    if label_id not in wanted:
        return BACKGROUND
    return 1 + wanted.index(label_id) if numbered else VOID


def decode_instance_ids(
    ids: UInt16[np.ndarray, "H W"], source: str = "instance ids", names: tuple[str, ...] = tuple(INSTANCE_CLASSES)
) -> tuple[Int32[np.ndarray, "H W"], Int16[np.ndarray, "H W"]]:
    """Instances renumbered 1..K in ascending order of their ids, and classes (-1 void, 0 background, 1..N).

    Raises:
        ValueError: an id that Cityscapes does not have; ``source`` is named.
    """
    present = np.flatnonzero(np.bincount(ids.ravel()))
    _check_ids(present, source)
    label_ids = np.where(present < 1000, present, present // 1000)
    classes = [class_of_label(int(a), bool(b), names) for a, b in zip(label_ids, present >= 1000, strict=True)]
    class_table = np.zeros(present[-1] + 1, np.int16)
    class_table[present] = classes
    objects = present[np.array(classes) > 0]
    instance_table = np.zeros(present[-1] + 1, np.int32)
    instance_table[objects] = np.arange(1, len(objects) + 1)
    return instance_table[ids], class_table[ids]


def _check_ids(present: Shaped[np.ndarray, " ids"], source: str) -> None:
    plain = present <= HIGHEST_LABEL_ID
    numbered = (present >= 1000) & np.isin(present // 1000, NUMBERED_LABEL_IDS)
    wrong = present[~(plain | numbered)]
    if len(wrong):
        raise ValueError(
            f"{source}: found the ids {wrong[:5].tolist()}, expected label ids 0..{HIGHEST_LABEL_ID} or "
            f"label id * 1000 + k with a label id of {NUMBERED_LABEL_IDS[0]}..{NUMBERED_LABEL_IDS[-1]}. "
            "Is this a gtFine_instanceIds file of Cityscapes?"
        )


class CityscapesFolder:
    """The scenes of one split, in order of their names.  ``folder[i]`` reads from disk at every call.

    Args:
        root: holds leftImg8bit/ and gtFine/.
        split: train, val, ...
        classes: some of the eight, in the order of their indices 1..N; empty for all.

    Raises:
        FileNotFoundError: no images, or images without labels; folder, found and expected are named.
        ValueError: a class that Cityscapes does not have, or one twice.
    """

    def __init__(self, root: Path | str, split: str, classes: tuple[str, ...] = ()):
        self.root, self.split = Path(root), split
        self.class_names = _check_classes(classes or tuple(INSTANCE_CLASSES))
        self.images = sorted((self.root / "leftImg8bit" / split).glob(f"*/*{_IMAGE}"))
        self._check_complete()

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> Scene:
        path = self.images[index]
        image = read_image(path)
        instances, classes = self.labels(index)
        check_size(classes.shape, image.shape[:2], self.label_path(index), path)
        return Scene(self.name(index), image, instances, classes)

    def name(self, index: int) -> str:
        """CITY_SEQUENCE_FRAME of a scene."""
        return self.images[index].name.removesuffix(_IMAGE)

    def image_path(self, index: int) -> Path:
        """The picture of a scene."""
        return self.images[index]

    def label_path(self, index: int) -> Path:
        """The instanceIds file of a scene."""
        return self._beside(self.images[index], _INSTANCES)

    def labels(self, index: int) -> tuple[Int32[np.ndarray, "H W"], Int16[np.ndarray, "H W"]]:
        """Instances and classes of a scene, without reading its image."""
        path = self.label_path(index)
        return decode_instance_ids(read_ids(path), str(path), self.class_names)

    def stored_ids(self, index: int) -> list[int]:
        """The ids that the instances 1..K have in the file."""
        present = np.unique(read_ids(self.label_path(index))).tolist()
        return [id for id in present if id >= 1000 and class_of_label(id // 1000, True, self.class_names) > 0]

    def checked_labels(self, index: int) -> tuple[Int32[np.ndarray, "H W"], Int16[np.ndarray, "H W"]]:
        """As `labels`, with checks that need other files: the image's size, and the labelIds where there are any.

        Raises:
            ValueError: labels that do not fit their image, or an object whose pixels have two classes.
        """
        path, other = self.label_path(index), self._beside(self.images[index], _LABELS)
        ids = read_ids(path)
        labels = decode_instance_ids(ids, str(path), self.class_names)
        check_size(ids.shape, image_size(self.images[index]), path, self.images[index])
        if other.exists():
            _compare(ids, read_ids(other), path, other)
        return labels

    def _why_none(self) -> str:
        if not self.root.exists():
            return f"{self.root} does not exist"
        folder = self.root / "leftImg8bit"
        if not (folder / self.split).exists():
            splits = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
            return f"no such split; there are {', '.join(splits) or 'none'}"
        return "no folder of a city in it has any"

    def _beside(self, image: Path, suffix: str) -> Path:
        name = image.name.removesuffix(_IMAGE)
        return self.root / "gtFine" / self.split / image.parent.name / f"{name}{suffix}"

    def _check_complete(self) -> None:
        if not self.images:
            raise FileNotFoundError(
                f"{self.root / 'leftImg8bit' / self.split}: found no images, expected CITY/NAME{_IMAGE} "
                f"({self._why_none()}). Make ToyScapes with `python -m lab download toyscapes`, or give the folder of "
                "the data (train: --dataset PATH, evaluate and tune: --data PATH; LAB_DATA is the folder above it)."
            )
        missing = [path for path in self.images if not self._beside(path, _INSTANCES).exists()]
        if missing:
            raise FileNotFoundError(
                f"{self.root / 'gtFine' / self.split}: found labels for {len(self) - len(missing)} images, expected "
                f"{len(self)}; the first missing is {self._beside(missing[0], _INSTANCES)}. Add the labels "
                "(CITY/NAME_gtFine_instanceIds.png) or remove the images without them."
            )


def _check_classes(names: tuple[str, ...]) -> tuple[str, ...]:
    if not set(names) <= INSTANCE_CLASSES.keys() or len(set(names)) < len(names):
        raise ValueError(
            f"classes: found {', '.join(names)}, expected some of Cityscapes' {', '.join(INSTANCE_CLASSES)}, each once."
        )
    return names


def read_image(path: Path) -> UInt8[np.ndarray, "H W 3"]:
    """An image file as RGB.  Raises ValueError with the path where it cannot be read."""
    with _opened(path, "an 8-bit image") as file:
        return np.array(file.convert("RGB"))


def read_ids(path: Path) -> UInt16[np.ndarray, "H W"]:
    """A label file of one channel.  Raises ValueError with the path where it is something else."""
    with _opened(path, "a 16-bit PNG of one channel") as file:
        ids = np.array(file)
    if ids.ndim != 2 or ids.dtype.kind not in "ui" or ids.min() < 0 or ids.max() > np.iinfo(np.uint16).max:
        raise ValueError(
            f"{path}: found an image of mode {file.mode}, expected one channel of ids 0..65535 (16-bit greyscale). "
            "Colour pictures of the labels cannot be read back; use the instanceIds file."
        )
    return ids.astype(np.uint16)


def _opened(path: Path, expected: str) -> Image.Image:
    """The image, decoded.  Pillow reports a broken file only when it decodes."""
    if not path.is_file():
        raise FileNotFoundError(f"{path}: found no file, expected {expected}. Restore it, or make the data anew.")
    try:
        file = Image.open(path, formats=PIXELS)
        file.load()
    except BROKEN as error:
        raise _unreadable(path, error, expected) from error
    return file


def _unreadable(path: Path, error: Exception, expected: str) -> ValueError:
    return ValueError(
        f"{path}: found a file that cannot be read ({error}), expected {expected}. "
        "Copy or make the file again; delete it first if it is a part of one."
    )


def _compare(
    ids: UInt16[np.ndarray, "H W"], label_ids: UInt16[np.ndarray, "h w"], ids_path: Path, label_path: Path
) -> None:
    if ids.shape != label_ids.shape:
        raise ValueError(
            f"{label_path}: found {in_px(label_ids.shape)}, expected {in_px(ids.shape)} like {ids_path}. "
            "Make both anew."
        )
    wrong = ids[(ids >= 1000) & (ids // 1000 != label_ids)]
    if len(wrong):
        found = sorted({int(wrong[0]) // 1000, *np.unique(label_ids[ids == wrong[0]]).tolist()})
        raise ValueError(
            f"{ids_path}: found the instance {wrong[0]} with pixels of the classes {found} (label ids, the "
            f"others in {label_path.name}), expected one class. Correct one of the two "
            "files, or delete the labelIds file."
        )

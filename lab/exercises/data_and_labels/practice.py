"""Small data sets for practice, written in the layouts that the lab reads."""

from pathlib import Path

import numpy as np
from jaxtyping import Int32, Shaped, UInt8
from PIL import Image

from lab.datasets.manifest import COLUMNS, MANIFEST
from lab.datasets.scene import Scene
from lab.exercises.data_and_labels.faults import put_together, through_jpeg
from lab.figures.labels import paint


def write_own(
    folder: Path, name: str, image: UInt8[np.ndarray, "H W 3"], labels: Shaped[np.ndarray, "h w"], split: str = "train"
) -> None:
    """A picture and its label image, as one's own images lie on disk."""
    _write_png(folder / split / "images" / f"{name}.png", image)
    _write_png(folder / split / "labels" / f"{name}.png", labels.astype(np.uint16))


def write_nuclei(folder: Path) -> None:
    """The one real microscope image that comes with stardist, in the layout of the nuclei; no network is needed."""
    from stardist.data import test_image_nuclei_2d

    image, masks = test_image_nuclei_2d(return_mask=True)
    _write_png(folder / "images" / "field.png", image.astype(np.uint8))  # 16 bits in the file, but none above 255
    _write_png(folder / "masks" / "field.png", masks)
    height, width = masks.shape
    row = ("field", "stardist", width, height, len(np.unique(masks)) - 1, 0, "train")
    lines = (",".join(map(str, line)) for line in (COLUMNS, row))
    (folder / MANIFEST).write_text("\n".join(lines) + "\n", encoding="utf-8")


def spoilt_copies(
    scene: Scene,
) -> dict[str, tuple[UInt8[np.ndarray, "H W 3"], Int32[np.ndarray, "h w"]]]:
    """Picture and labels of a scene, spoilt in six ways, and as they should be."""
    image, labels = scene.image, scene.instances
    return {
        "binary": (image, (labels > 0).astype(np.int32)),
        "half the size": (image, labels[::2, ::2]),
        "its own mask": (paint(labels), labels),
        "JPEG": (image, through_jpeg(labels).astype(np.int32)),
        "mirrored": (image, labels[:, ::-1]),
        "sound": (image, labels),
        "two in one": (image, put_together(labels)),
    }


def _write_png(path: Path, values: Shaped[np.ndarray, "..."]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(values).save(path)

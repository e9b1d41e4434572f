"""A submission as Cityscapes' evaluation reads it: per image one text file, per instance one mask image.

FOLDER/aachen_000000_000019.txt            lines of: masks/aachen_000000_000019/000.png 26 0.987654321
FOLDER/masks/aachen_000000_000019/000.png  0 outside, 255 inside
"""

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Int, Shaped
from PIL import Image

from lab.folders import write_whole


def write_submission(
    folder: str | Path,
    name: str,
    masks: Bool[np.ndarray, "D H W"],
    scores: Shaped[np.ndarray, " D"],
    classes: Int[np.ndarray, " D"],
    label_ids: Sequence[int],
) -> Path:
    """Write one image's instances; masks may overlap.  Gives the text file's path.

    The text file goes first and comes last, so an image whose text file exists is whole.

    Args:
        folder: the submission; made where missing.
        name: the image's name without suffixes, city_sequence_frame.
        masks, scores, classes: of D detections; classes are 1..N.
        label_ids: the label id of each class; class c is ``label_ids[c - 1]``.

    Raises:
        ValueError: the name has white space, which the format cannot hold, or a class is not 1..N.
    """
    _check(name, classes, len(label_ids))
    root, text = Path(folder), Path(folder) / f"{name}.txt"
    text.unlink(missing_ok=True)
    if (root / "masks" / name).exists():
        shutil.rmtree(root / "masks" / name)
    (root / "masks" / name).mkdir(parents=True)
    lines = []
    for index, (mask, score, of_class) in enumerate(zip(masks, scores, classes, strict=True)):
        path = f"masks/{name}/{index:03d}.png"
        _save_mask(root / path, mask)
        # Scores bunch up near 1; with two decimals they would tie and coarsen AP.
        lines.append(f"{path} {label_ids[of_class - 1]} {float(score):.9f}\n")
    write_whole(text, "".join(lines).encode())
    return text


def _save_mask(path: Path, mask: Bool[np.ndarray, "H W"]) -> None:
    try:
        Image.fromarray(mask.astype(np.uint8) * 255).save(path, compress_level=1)
    except OSError as error:
        raise OSError(
            f"{path}: could not be written ({error}). This image's text file is not there, so the submission lists "
            "whole images only. Free some space, or name another --output, and run again."
        ) from error


def _check(name: str, classes: Int[np.ndarray, " D"], num_classes: int) -> None:
    if len(name.split()) != 1:
        raise ValueError(
            f"found the image name {name!r}, expected one without white space: a line of a Cityscapes submission "
            "is split at its spaces. Rename the image and its labels."
        )
    if not np.isin(classes, np.arange(1, num_classes + 1)).all():
        raise ValueError(f"{name}: found the classes {sorted(set(classes.tolist()))}, expected 1..{num_classes}.")

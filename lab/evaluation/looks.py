"""What an evaluation leaves to look at in its folder: curves and the worst images, as pictures and as tables."""

import io
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from lab.evaluation.curves import curves_table
from lab.evaluation.run import Evaluation
from lab.folders import write_whole

CURVES, POINTS = "curves.png", "curves.csv"
WORST, IMAGES = "worst.png", "images.csv"


def write_looks(folder: Path, evaluation: Evaluation) -> list[Path]:
    """Write curves.csv and images.csv and, if pictures were asked for, curves.png and worst.png.  Gives their paths.

    A picture of an earlier evaluation is taken away where this one has none: it would tell of another one.

    Raises:
        OSError: the disk is full; what was written is whole.
    """
    contents = {
        POINTS: curves_table(evaluation.curves).encode(),
        IMAGES: evaluation.worst.table().encode(),
        CURVES: _curves_picture(evaluation) if evaluation.settings.pictures else None,
        WORST: _worst_picture(evaluation),
    }
    for name, content in contents.items():
        if content is None:
            (folder / name).unlink(missing_ok=True)
        else:
            write_whole(folder / name, content)
    return [folder / name for name, content in contents.items() if content is not None]


def _curves_picture(evaluation: Evaluation) -> bytes | None:
    from lab.figures.curves import show_curves

    score = evaluation.score
    there = {name: row for name, row in zip(evaluation.names, score.table, strict=True) if not np.isnan(row).any()}
    return show_curves(evaluation.curves, there, score.thresholds).png() if there else None


def _worst_picture(evaluation: Evaluation) -> bytes | None:
    sheet = evaluation.worst.sheet()
    return None if sheet is None else _png(sheet)


def _png(picture: UInt8[np.ndarray, "H W 3"]) -> bytes:
    memory = io.BytesIO()
    Image.fromarray(picture).save(memory, "PNG")
    return memory.getvalue()

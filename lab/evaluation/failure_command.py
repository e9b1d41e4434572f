"""What `python -m lab failures` does, with names and paths as a person types them."""

import json
from pathlib import Path
from typing import Any

from lab.evaluation.commands import Overrides, open_for, open_model
from lab.evaluation.failures import Gallery, collect
from lab.figures.failures import counted, mending, show_failures, title
from lab.folders import dataset_folder, write_whole
from lab.origin import origin_of

PICTURE, WORDS = "failures.jpg", "failures.json"
SHIPPED = "toyscapes"  # what `lab.checkpoints.shipped_model` gives without a name


def failures(model: str, data: str, split: str, limit: int | None, each: int, output: Path, device: str) -> str:
    """Gather the worst failures; gives what to tell.  ``output`` gets failures.jpg and failures.json.

    Where nothing failed, those of an earlier run are taken away: they would tell of another one.

    Raises:
        ValueError, FileNotFoundError: no such model or data.
        OSError: the disk is full; what was written is whole.
    """
    opened, thresholds, place = open_model(model, device, Overrides())
    gallery = collect(opened, open_for(opened, data, split), limit, each, thresholds)
    # Of paths only the last part: where things lie on one machine is of no use on another.
    name = SHIPPED if model == "shipped" else Path(model).name
    what = f"{name} on {dataset_folder(data).name}, {split}"
    if not gallery.cases:
        for file in (PICTURE, WORDS):
            (output / file).unlink(missing_ok=True)
        return f"{counted(gallery, what)}: nothing to show."
    content = listed(gallery, what) | {"thresholds": vars(thresholds)} | origin_of(place)
    write_whole(output / WORDS, (json.dumps(content, indent=1) + "\n").encode())
    write_whole(output / PICTURE, show_failures(gallery, what).jpeg())
    return f"{counted(gallery, what)}\nDrawn: {output / PICTURE}; in words: {output / WORDS}"


def listed(gallery: Gallery, what: str) -> dict[str, Any]:
    """The gallery in words, for a file."""
    cases = [
        {
            "kind": case.failure.kind,
            "scene": case.scene,
            "title": title(case),
            "iou": round(case.failure.iou, 4),
            "pixels": case.failure.pixels,
            "mended_by": list(case.mended or ()),
            "words": mending(case),
        }
        for case in gallery.cases
    ]
    return {"what": what, "images": gallery.images, "counts": gallery.counts, "cases": cases}

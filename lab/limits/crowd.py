"""A picture with many instances: what clustering, files and evaluation take."""

from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from lab.clustering import cluster, cluster_to_regions
from lab.evaluation.coco import CocoFile
from lab.evaluation.failures import judge_image
from lab.evaluation.files import write_results
from lab.evaluation.predict import Found
from lab.evaluation.worst import WorstImages
from lab.instances import Thresholds
from lab.limits.watch import Watch
from lab.metrics import Truth, average_precision, nuclei_counts_of, record_image
from lab.regions import Regions
from lab.speed.cases import Case, make_case

CLASSES, MIN_PIXELS = 8, 20
NAMES = tuple(f"class {number}" for number in range(1, CLASSES + 1))


def crowd(height: int, width: int, instances: int, rounds: int, folder: Path) -> dict[str, Any]:
    """Each piece of work ``rounds`` times: medians of processor seconds, and the highest peak beside what was there."""
    case, thresholds = make_case("trained", instances, height, width, CLASSES), Thresholds(0.9, 0.5, MIN_PIXELS)
    output, truth = case.output[0], truth_of(case)
    cluster(output[:, :64], 2)  # compiles, or reads what was compiled
    found, regions = cluster(output, 2, **vars(thresholds)), cluster_to_regions(output, 2, thresholds)
    masks = Found(found.masks.numpy(), found.scores.numpy(), found.classes.numpy())
    # Every other one's class is wrong, so that there is something to draw.
    wrong = masks._replace(classes=np.where(np.arange(len(found)) % 2, masks.classes % CLASSES + 1, masks.classes))
    image = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    record = record_image(*wrong, truth)
    work: dict[str, Callable[[], object]] = {
        "clustering, masks": lambda: cluster(output, 2, **vars(thresholds)),
        "clustering, lists of pixels": lambda: cluster_to_regions(output, 2, thresholds),
        "overlay, label image, list": lambda: write_results(folder / "crowd", image, regions, NAMES),
        "COCO file": lambda: _coco(regions),
        "counted against the truth": lambda: record_image(*wrong, truth),
        "AP": lambda: average_precision([record], CLASSES),
        "nuclei score": lambda: nuclei_counts_of(record),
        "worst image drawn": lambda: WorstImages(NAMES, 0).consider("crowd", image, wrong, truth, record),
        "failures told apart": lambda: judge_image(wrong, truth),
    }
    return {
        "height": height,
        "width": width,
        "classes": CLASSES,
        "instances": len(found),
        "ap": round(average_precision([record_image(*masks, truth)], CLASSES).mean, 4),
        "masks_mib": round(masks.masks.nbytes / 2**20, 1),
        "rounds": rounds,
        "work": {name: _taken(one, rounds) for name, one in work.items()},
    }


def truth_of(case: Case) -> Truth:
    """The labels of a made-up case as `lab.metrics` wants them."""
    regions, classes = case.instances[0].numpy(), case.classes[0].numpy()
    of_each = np.zeros(int(regions.max()) + 1, int)
    of_each[regions] = classes
    return Truth(regions, of_each[1:], np.zeros(len(of_each) - 1, bool), classes < 0)


def _coco(regions: Regions) -> bytes:
    file = CocoFile(NAMES)
    file.add("crowd.png", regions)
    return file.content()


def _taken(work: Callable[[], object], rounds: int) -> Mapping[str, float]:
    taken = []
    for _ in range(rounds):
        watch = Watch()
        with watch("it"):
            work()
        taken.append(watch.phases["it"])
    found = {"processor_s": median(one["processor_s"] for one in taken)}
    if "peak" in taken[0]:
        found["peak_mib_beside"] = round(max(one["peak"] - one["before"] for one in taken), 1)
    return found

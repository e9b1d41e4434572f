"""Cityscapes' own evaluation of a submission, run in this process, one image in memory at a time."""

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np

from lab.metrics import OFFICIAL_MIN_REGION, AveragePrecision


@contextlib.contextmanager
def _official_code() -> Iterator[ModuleType]:
    """cityscapesscripts' evaluation module, made to run on today's NumPy.  The one place for such mending.

    - NumPy 2.4 took `np.in1d` away, which the module calls; `np.isin` does the same.  It is lent to NumPy only
      while this context is open.
    - `evaluateImgLists`, the module's own driver, is not called: it writes a file matches.json into the current
      folder, which fails on NumPy's integers, and another one into the package's folder.  Its parts are called
      below in the driver's order.
    - `evaluateMatches` ends in an IndexError where a class has instances and detections, but all of these are
      forgiven.  It is called for one class and threshold at a time, and such a cell is 0: nothing was found.
    """
    from cityscapesscripts.evaluation import evalInstanceLevelSemanticLabeling as official

    lacking = not hasattr(np, "in1d")
    if lacking:
        setattr(np, "in1d", np.isin)  # noqa: B010 - a name that NumPy's types do not know any more
    try:
        yield official
    finally:
        if lacking:
            delattr(np, "in1d")


def _settings(official: ModuleType, folder: Path, min_region: int) -> SimpleNamespace:
    """A copy of the official settings, so that nothing of one run leaks into the next."""
    settings = SimpleNamespace(**vars(official.args))
    settings.minRegionSizes = np.array([min_region, 1000, 1000])
    settings.predictionPath = str(folder.resolve())
    settings.quiet = True
    official.setInstanceLabels(settings)
    return settings


def _match(official: ModuleType, pairs: Iterable[tuple[Path, Path]], settings: SimpleNamespace) -> dict[str, Any]:
    """The official matches of (text file, ground truth) pairs: counts only, so images are forgotten."""
    matches: dict[str, Any] = {}
    for prediction, truth in pairs:
        instances = official.instances2dict([str(truth)])
        matches |= official.matchGtWithPreds([str(prediction.resolve())], [str(truth)], instances, settings)
    return matches


def _cell(
    official: ModuleType, matches: dict[str, Any], name: str, threshold: float, settings: SimpleNamespace
) -> float:
    one = SimpleNamespace(**vars(settings) | {"instLabels": [name], "overlaps": np.array([threshold])})
    try:
        return float(official.evaluateMatches(matches, one)[0, 0, 0])
    except IndexError:  # every detection of the class was forgiven, see _official_code
        return 0.0


def _count_instances(matches: dict[str, Any], name: str, min_region: int) -> int:
    return sum(
        region["instID"] >= 1000 and region["pixelCount"] >= min_region
        for match in matches.values()
        for region in match["groundTruth"][name]
    )


def official_score(
    submission: str | Path,
    truths: Iterable[str | Path],
    names: Sequence[str],
    min_region: int = OFFICIAL_MIN_REGION,
) -> AveragePrecision:
    """Score a submission with cityscapesscripts.

    Args:
        submission: the folder that `write_submission` filled.
        truths: ground-truth files city_sequence_frame_gtFine_instanceIds.png.  Wrap them in a progress bar to
            see one.
        names: the classes' names as Cityscapes has them; the table's rows come in this order.
        min_region: pixels.  100 is official and meant for 2048 x 1024: say at which size you scored.

    Raises:
        ValueError: no ground truth, an image without prediction, or a name that Cityscapes does not evaluate.
    """
    folder = Path(submission)
    pairs = (_pair(folder, Path(truth)) for truth in truths)
    with _official_code() as official:
        settings = _settings(official, folder, min_region)
        strange = set(names) - set(settings.instLabels)
        if strange:
            raise ValueError(
                f"found the class names {sorted(strange)}, expected names among {settings.instLabels}: "
                "the official evaluation knows only these."
            )
        matches = _match(official, pairs, settings)
        if not matches:
            raise ValueError(f"{folder}: found no ground truth to score against, expected at least one image.")
        thresholds = tuple(float(threshold) for threshold in settings.overlaps)
        table = [[_cell(official, matches, name, t, settings) for t in thresholds] for name in names]
    counts = [_count_instances(matches, name, min_region) for name in names]
    return AveragePrecision(np.array(table), np.array(counts), thresholds, min_region)


def _pair(folder: Path, truth: Path) -> tuple[Path, Path]:
    """The prediction that belongs to a ground-truth file, and that file."""
    name = truth.name.removesuffix("_gtFine_instanceIds.png")
    prediction = folder / f"{name}.txt"
    for path, meant in ((truth, "ground truth"), (prediction, f"the submission's text file for {name}")):
        if not path.is_file():
            raise ValueError(f"{path}: found no file, expected {meant}.")
    return prediction, truth.absolute()

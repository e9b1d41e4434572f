"""The figure of AP against training time: both curves, both names, where they end."""

import copy

import numpy as np
import pytest

from lab.figures.baseline import show_baseline
from lab.figures.style import ACCENT, GOOD
from tests.figures.checks import check_nothing_is_cut_off


def model(label: str, *ap: float | None) -> dict:
    curve = [
        {"seconds": 60.0 * minute, "steps": minute, "ap": value, "ap50": None if value is None else 2 * value}
        for minute, value in enumerate(ap, start=1)
    ]
    return {"label": label, "curve": curve}


FOUND = {
    "budget_seconds": 240.0,
    "seconds_are": "processor seconds of the process; of training steps",
    "resolution": "256x128",
    "device": "CPU (x86_64, 1 threads)",
    "data": {"classes": ["car"], "train": 400, "val": 40},
    "models": {
        "mask_rcnn": model("Mask R-CNN", 0.0, 0.05, 0.1, 0.12),
        "spatial_embeddings": model("spatial embeddings", None, 0.1, 0.2, 0.3),
    },
}


def rows_of(pixels: np.ndarray, colour: str) -> np.ndarray:
    wanted = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)])
    return np.flatnonzero((np.abs(pixels.astype(int) - wanted).max(-1) < 12).any(1))


def test_both_curves_are_there_and_told():
    still = show_baseline(FOUND)
    check_nothing_is_cut_off(still)
    assert rows_of(still.pixels, GOOD)[0] < rows_of(still.pixels, ACCENT)[0]  # the better one reaches higher
    assert "Mask R-CNN ends at AP 12.0, AP50 24.0 after 4 processor minutes" in still.alt
    assert "spatial embeddings ends at AP 30.0, AP50 60.0 after 4 processor minutes" in still.alt
    assert "from scratch, one seed" in still.alt


@pytest.mark.parametrize("ap", [(0.3, 0.3), (0.0, 0.0), (None, None)])
def test_equal_ends_and_no_ap_do_not_spoil_it(ap: tuple):
    found = copy.deepcopy(FOUND)
    for entry in found["models"].values():
        for point in entry["curve"]:
            point["ap"] = point["ap50"] = ap[0]
    check_nothing_is_cut_off(show_baseline(found))

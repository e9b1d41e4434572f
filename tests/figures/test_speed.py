"""Pictures of measured times: every version, what was not run, the floor, and where the time goes."""

import copy

import numpy as np
import pytest

from lab.figures.speed import show_speed
from lab.figures.still import Still
from lab.figures.style import ACCENT, GOOD
from tests.figures.checks import check_nothing_is_cut_off

CPU = "CPU (x86_64, 1 thread)"


def way(ms: float, floor: float, mib: float) -> dict:
    return {"processor_ms": ms, "wall_ms": ms, "times_floor": ms / floor, "peak_mib": mib}


def case(kind: str | None, instances: int | None, side: int, device: str = CPU) -> dict:
    """Readable grows with the instances, fast does not."""
    readable = way(10.0 * (instances or 20), 5.0, 4.0 * (instances or 10))
    size = {"kind": kind, "instances": instances, "height": side, "width": 2 * side, "batch": 1, "num_classes": 8}
    ways = {"readable": readable, "fast": way(20.0, 5.0, 12.0)}
    return size | {"device": device, "ways": ways, "floor": {"ms": 5.0}, "rounds": 5}


FOUND = {
    "machines": {CPU: {"processor": "Some Processor"}},
    "cases": [case(k, n, s) for k in ("trained", "random") for s in (512, 1024) for n in (5, 60)],
}
NETWORK = {"machines": {}, "cases": [case(None, None, 512)]}


def pixels_of(still: Still, colour: str) -> np.ndarray:
    wanted = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)])
    return (np.abs(still.pixels.astype(int) - wanted).max(-1) < 12).nonzero()


def test_the_time_of_both_versions():
    still = show_speed(FOUND)
    check_nothing_is_cut_off(still)
    readable, fast = (np.median(pixels_of(still, colour)[0]) for colour in (ACCENT, GOOD))
    assert readable < fast  # it lies higher: takes longer
    assert "processor time (ms), by the number of instances" in still.alt
    assert "60 instances, random, 2048x1024, 8 classes: readable 600, fast 20" in still.alt


def test_what_was_not_run_is_marked_and_said():
    found = copy.deepcopy(FOUND)
    found["cases"][-1]["ways"]["readable"] = {"refused": "does not fit: 35 GiB by its run"}
    still = show_speed(found)
    check_nothing_is_cut_off(still)
    assert "60 instances, random, 2048x1024, 8 classes: readable does not fit, fast" in still.alt


def test_nothing_run_at_all_is_told():
    refused = {name: {"refused": "too slow"} for name in ("readable", "fast")}
    found = {"cases": [{"device": CPU, "rounds": 0, "ways": refused}], "machines": {}}
    with pytest.raises(ValueError, match="of which none was run"):
        show_speed(found)


def test_each_device_by_itself():
    both = FOUND | {"cases": [*FOUND["cases"], *(case("trained", n, 512, "Some GPU") for n in (5, 20))]}
    assert "2048x1024" not in show_speed(both, "Some GPU").alt
    assert "time (ms), by the number of instances" in show_speed(both, "Some GPU").alt
    assert show_speed(both).alt == show_speed(FOUND).alt
    with pytest.raises(ValueError, match="found no case on Some TPU, expected one on: CPU"):
        show_speed(both, "Some TPU")
    with pytest.raises(ValueError, match="expected one on: none is measured"):
        show_speed({"cases": [], "machines": {}})
    with pytest.raises(ValueError, match="expected measurements of the loss or the clustering"):
        show_speed(NETWORK)

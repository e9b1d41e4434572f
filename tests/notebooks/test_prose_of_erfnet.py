"""What the text of notebook 08 says of the network and the street without computing it there."""

import cv2
import numpy as np
import pytest

from lab.anatomy import dissect
from lab.checkpoints import shipped_model
from lab.datasets.sample import street
from lab.erfnet import BranchedERFNet
from lab.widgets.receptive.compute import look, prepare, seen_at_most, to_batch

CAR = 6  # channel of the seed map of class 3


@pytest.fixture(scope="module")
def graph():
    return prepare(shipped_model("toyscapes").network, street().image)


@pytest.fixture(scope="module")
def car() -> np.ndarray:
    return street().instances == 11


def loudest(values: np.ndarray, axis: int) -> list[int]:
    """The twelve rows or columns with the largest mean over nine."""
    line = values.sum(1 - axis).astype(np.float32)
    return sorted(np.argsort(-cv2.blur(line[:, None], (1, 9))[:, 0])[:12].tolist())


def test_what_offset_x_listens_to(graph, car):
    values = look(graph, 0, 150, 400).values
    rows, columns = np.nonzero(car)
    assert [rows.min(), rows.max(), columns.min(), columns.max()] == [121, 201, 338, 468]
    assert 455 <= np.mean(loudest(values, 1)) <= 459
    inside, outside = (cv2.distanceTransform(m.astype(np.uint8), cv2.DIST_L2, 5) for m in (car, ~car))
    rim = ((inside > 0) & (inside <= 5)) | ((outside > 0) & (outside <= 5))
    assert values[rim].mean() / values[inside > 5].mean() == pytest.approx(1.4, abs=0.05)


def test_what_the_seed_map_and_offset_y_listen_to(graph):
    assert set(loudest(look(graph, CAR, 150, 400).values, 0)) <= set(range(119, 126)) | set(range(201, 206))
    values = look(graph, 1, 150, 400).values
    assert abs(np.mean(loudest(values, 0)) - 150) < 6
    assert abs(np.mean(loudest(values, 1)) - 400) < 6


def test_small_things_are_looked_at_more_closely(graph):
    radii = {place: look(graph, 0, *place).radii for place in ((132, 284), (128, 461), (143, 155), (150, 400))}
    assert [round(half) for half, _ in radii.values()] == [22, 21, 46, 61]
    assert all(90 <= most <= 115 for _, most in radii.values())
    numbers = [street().instances[place] for place in radii]
    assert numbers == [7, 4, 9, 11]


def test_the_window_that_is_asked_about(graph):
    (top, bottom), (left, right) = seen_at_most(BranchedERFNet(2, 8), 0, 150, 400)
    assert (right - left + 1, bottom - top + 1) == (1231, 1239)


def test_shares_of_the_encoder_and_of_its_widest_blocks():
    parts = dissect(BranchedERFNet(1, 1).eval(), to_batch(street().image)[..., :64, :128])
    weights, work = (sum(getattr(p, a) for p in parts) for a in ("weights", "multiply_adds"))
    encoder = [p for p in parts if p.branch == "encoder"]
    assert round(100 * sum(p.weights for p in encoder) / weights) == 83
    assert round(100 * sum(p.multiply_adds for p in encoder) / work) == 68
    assert sum(p.weights for p in parts if p.kind == "block" and p.shape_out[0] == 128) > weights / 2
    assert len({p.multiply_adds for p in encoder if p.kind == "block"}) == 1
    assert round(2 * weights / 1e6, 1) == 4.5

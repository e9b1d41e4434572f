"""The layout by rule equals the list of the real checkpoint's keys, and our own network's names."""

import csv
import os
from pathlib import Path

import pytest
import torch

from lab.convert.names import CLASSIFIER, encoder_names, network_names
from lab.erfnet import BranchedERFNet

BESIDE = Path(__file__).resolve().parents[3] / "shared" / "authors_checkpoint_keys.csv"


@pytest.fixture
def listed() -> dict[str, tuple[int, ...]]:
    """Names and shapes of the authors' checkpoint."""
    path = Path(os.environ.get("LAB_AUTHORS_KEYS") or BESIDE)
    if not path.exists():
        pytest.skip("needs the list of the authors' keys (columns key, shape): LAB_AUTHORS_KEYS names it")
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {row["key"]: () if row["shape"] == "scalar" else tuple(map(int, row["shape"].split("x"))) for row in rows}


def test_the_rules_give_the_names_and_shapes_of_the_authors_checkpoint(listed: dict):
    assert len(listed) == 433
    assert {f"module.{name}": shape for name, shape in network_names(1, 1).items()} == listed
    assert [f"module.{name}" for name in network_names(1, 1)] == list(listed)


def test_their_number():
    assert len(network_names(1, 1)) == 433
    weights = sum(
        torch.Size(shape).numel()
        for name, shape in network_names(1, 1).items()
        if not name.startswith(CLASSIFIER) and "running" not in name and "tracked" not in name
    )
    assert weights == 2_252_128


@pytest.mark.parametrize(("bandwidth_channels", "num_classes"), [(1, 1), (2, 8)])
def test_without_the_classifier_they_are_our_networks(bandwidth_channels: int, num_classes: int):
    with torch.device("meta"):
        ours = BranchedERFNet(bandwidth_channels, num_classes).state_dict()
    theirs = network_names(bandwidth_channels, num_classes)
    assert {n: s for n, s in theirs.items() if not n.startswith(CLASSIFIER)} == {
        n: tuple(t.shape) for n, t in ours.items()
    }
    assert encoder_names().keys() == {name for name in ours if name.startswith("encoder.")}

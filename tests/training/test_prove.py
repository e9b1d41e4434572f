"""The proof of the paper's presets, on small crops: what it measures and when it fails."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from lab.folders import data_folder
from lab.training import modes, prove
from lab.training.presets import PRESETS
from lab.training.settings import TrainingSettings
from tests.street import write_street


@pytest.fixture
def small(tmp_path: Path) -> dict[str, TrainingSettings]:
    """The presets with crops that take no time."""
    presets = prove.paper_presets(write_street(tmp_path / "street", scenes=2))
    sizes = {"pretrain_crop": (36, 36), "pretrain_batch": 2, "finetune_crop": (64, 128)}
    return {name: replace(preset, **sizes) for name, preset in presets.items()}


def test_the_proof_measures_both_stages(small: dict, tmp_path: Path):
    found = prove.prove(small, tmp_path)
    first, second = found["presets"]["paper_pretrain"], found["presets"]["paper_finetune"]
    assert (first["steps"], first["crop"], first["batch"], first["frozen_batch_norm"]) == (2, [36, 36], 2, False)
    assert (second["steps"], second["crop"], second["batch"], second["frozen_batch_norm"]) == (2, [64, 128], 2, True)
    assert len(first["seconds_per_step"]) == 1
    assert first["terms"][0].keys() == {"instance", "smoothness", "seed", "total"}
    assert 0.1 < first["peak_memory_gib_so_far"] <= second["peak_memory_gib_so_far"] < 100
    norms = 49  # of the network; each has a mean and a variance
    assert found["batch_norm_statistics_unchanged_in_stage_2"] == 2 * norms


def test_statistics_that_move_in_stage_2_are_found(small: dict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(modes, "freeze_batch_norm", lambda network: None)
    with pytest.raises(RuntimeError, match="stage 2 moved 98 batch-norm statistics, expected none: "):
        prove.prove(small, tmp_path)


def test_what_ships_was_run_with_the_presets_as_they_are():
    shipped = json.loads((data_folder() / "results" / "paper_presets.json").read_text())
    assert shipped["result"] == prove.WORDS
    paper = PRESETS["paper"]
    first, second = shipped["presets"]["paper_pretrain"], shipped["presets"]["paper_finetune"]
    assert (tuple(first["crop"]), first["batch"]) == (paper.pretrain_crop, paper.pretrain_batch)
    assert (tuple(second["crop"]), second["batch"]) == (paper.finetune_crop, paper.finetune_batch)
    assert second["frozen_batch_norm"]

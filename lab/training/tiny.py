"""The tiny run, as notebook 10 makes it: a handful of small scenes and the numbers of the preset `tiny`.

``python -m lab.training.tiny`` makes what ships of it: weights, card and record.
"""

import tempfile
from dataclasses import replace
from pathlib import Path

from lab.datasets.scene import Scene, SceneSource
from lab.datasets.sources import open_source
from lab.folders import data_folder, runs_folder
from lab.training.presets import PRESETS
from lab.training.settings import TrainingSettings

RECIPE = "python -m lab.training.tiny"
DATASET = "tiny_scenes"
# The preset's own data are ToyScapes: under one name the two trainings would pass for one, and go on with each other.
SETTINGS = replace(PRESETS["tiny"], dataset=DATASET)
HEIGHT = 128
# Of ToyScapes' first scenes some with several cars that are neither specks nor larger than a crop.
SCENES = {"train": (6, 7, 9, 25), "val": (9,)}
LOG_EVERY = 10


def tiny_scenes(folder: Path | None = None) -> Path:
    """Draw the scenes, unless they are there already; some four seconds of one core.

    Args:
        folder: default below the folder of runs.

    Returns:
        the folder, in Cityscapes' layout.

    Raises:
        OSError: a file could not be saved.
    """
    from lab.datasets.toyscapes.write import Job, write_scene
    from lab.images import whole

    folder = folder or runs_folder() / DATASET
    for split, numbers in SCENES.items():
        for number in numbers:
            job = Job(str(folder), split, 0, number, HEIGHT, 2 * HEIGHT)
            if not all(whole(path) for path in job.paths().values()):
                write_scene(job)
    return folder


def open_tiny(folder: Path, settings: TrainingSettings = SETTINGS) -> tuple[SceneSource, Scene]:
    """The scenes to train on, and the probe, which is none of them."""
    source = open_source(folder, "train", settings.classes)
    return source, open_source(folder, "val", settings.classes)[0]


def main() -> None:
    """Train, and put weights, card and record to what ships."""
    from lab.checkpoints import load_model, store_card
    from lab.folders import write_whole
    from lab.training.loop import RunOptions, train
    from lab.training.recorder import pack

    with tempfile.TemporaryDirectory() as temporary:
        run = Path(temporary) / "tiny"
        source, probe = open_tiny(tiny_scenes(Path(temporary) / "scenes"))
        model = train(SETTINGS, source, run, RunOptions(log_every=LOG_EVERY), probe=probe)
        if model is None:
            raise SystemExit("Stopped: nothing was kept.")
        pack(run, data_folder() / "recordings" / "run_tiny.npz", recipe=RECIPE)
        shipped = data_folder() / "models" / "tiny.safetensors"
        write_whole(shipped, model.read_bytes())
        store_card(shipped, origin=load_model(shipped).card.origin | {"recipe": RECIPE})


if __name__ == "__main__":
    main()

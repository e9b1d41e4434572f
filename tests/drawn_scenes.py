"""The editor's scenes as a data set, for whatever takes one."""

from pathlib import Path

import numpy as np
from jaxtyping import Int16, Int32

from lab.datasets.scene import Scene
from lab.widgets.editor.compute import draw_scene
from lab.widgets.editor.presets import PRESETS
from lab.widgets.editor.things import Things, label


class DrawnScenes:
    """Scenes that were drawn, under their names; their pictures are as stretched already.

    Args:
        scenes: name -> objects; default the presets.
        class_names: one name, of all objects.
    """

    intensity = "percentile"

    def __init__(self, scenes: dict[str, Things] | None = None, class_names: tuple[str, ...] = ("nucleus",)) -> None:
        self.scenes = list((PRESETS if scenes is None else scenes).items())
        self.class_names = class_names

    def __len__(self) -> int:
        return len(self.scenes)

    def __getitem__(self, index: int) -> Scene:
        instances, classes = self.labels(index)
        return Scene(self.name(index), draw_scene(self.scenes[index][1]).image, instances, classes)

    def name(self, index: int) -> str:
        """The scene's name."""
        return self.scenes[index][0]

    def image_path(self, index: int) -> Path:
        """Nothing lies on disk: the name, for messages."""
        return Path(self.name(index))

    def label_path(self, index: int) -> Path:
        """As `image_path`."""
        return Path(self.name(index))

    def labels(self, index: int) -> tuple[Int32[np.ndarray, "H W"], Int16[np.ndarray, "H W"]]:
        """Instances and classes."""
        instances = label(self.scenes[index][1])
        return instances, (instances > 0).astype(np.int16)

    def checked_labels(self, index: int) -> tuple[Int32[np.ndarray, "H W"], Int16[np.ndarray, "H W"]]:
        """As `labels`: what is drawn fits its picture."""
        return self.labels(index)

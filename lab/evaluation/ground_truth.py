"""What is really there: the truth that predictions are measured against, from any source of scenes.

Of Cityscapes' layout the label files themselves are read.  `lab.datasets.cityscapes` reads them for training, where
groups become void.  AP needs to know a group from void: a group forgives detections of its own class, void those of
every class.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Int16, Integer, UInt8

from lab.checkpoints import ModelCard
from lab.datasets.cityscapes import INSTANCE_CLASSES, CityscapesFolder, read_ids, read_image
from lab.datasets.intensity import applied
from lab.datasets.scene import Scene, SceneSource, check_size
from lab.metrics import Truth, truth_from_scene

# The labels that Cityscapes leaves out of its evaluation: unlabelled, ego vehicle, rectification border, out of
# region of interest, static, dynamic, ground, parking, rail track, guard rail, bridge, tunnel, pole group, and
# groups of caravans and of trailers.  A test holds them equal to cityscapesscripts' table.  The void of training
# is another, smaller set: what is not judged may still teach where no instance is.
UNJUDGED_LABEL_IDS = (0, 1, 2, 3, 4, 5, 6, 9, 10, 14, 15, 16, 18, 29, 30)


def truth_from_ids(ids: Integer[np.ndarray, "H W"], label_ids: Sequence[int]) -> Truth:
    """The truth from Cityscapes' instance ids: label id · 1000 + k for an instance, the plain label id else.

    Args:
        ids: an instanceIds image.
        label_ids: the label id of each class; class c is ``label_ids[c - 1]``.
    """
    present, index = np.unique(ids, return_inverse=True)
    labels = np.where(present >= 1000, present // 1000, present)
    kept = np.flatnonzero(np.isin(labels, label_ids))
    number = np.zeros(len(present), dtype=int)
    number[kept] = np.arange(1, len(kept) + 1)
    classes = np.array([list(label_ids).index(label) + 1 for label in labels[kept]], dtype=int)
    return Truth(
        regions=number[index.reshape(ids.shape)],
        classes=classes,
        groups=present[kept] < 1000,
        # Only the plain ids: a single caravan (29001) is not void in the official code either.
        void=np.isin(ids, UNJUDGED_LABEL_IDS),
    )


def read_truth(path: Path, label_ids: Sequence[int]) -> Truth:
    """The truth from a file ..._gtFine_instanceIds.png.  Raises as `lab.datasets.cityscapes.read_ids`."""
    return truth_from_ids(read_ids(path), label_ids)


def label_ids_of(card: ModelCard) -> list[int]:
    """Cityscapes' label id of each class of the model.

    Raises:
        ValueError: the model has a class that Cityscapes' instance evaluation does not know.
    """
    strange = [name for name in card.class_names if name not in INSTANCE_CLASSES]
    if strange:
        raise ValueError(
            f"the model knows the classes {', '.join(strange)}; expected classes of Cityscapes "
            f"({', '.join(INSTANCE_CLASSES)}) for data in its layout. Take a model of street scenes, or other data."
        )
    return [INSTANCE_CLASSES[name] for name in card.class_names]


class Judged:
    """A source's scenes, each as the picture that the model wants and the truth in the model's own classes.

    A class of the data that the model does not know counts as background.  Where both know one class only, these are
    taken for the same, whatever they are called: a model of nuclei may be tried on somebody's cells.

    Attributes:
        official: the data lie in Cityscapes' layout, which its own evaluation reads.
        prepared: the source's pictures have the model's ``intensity`` already; else they get it here.

    Raises:
        ValueError: model and data have no class in common, or the source prepares pictures in another way than the
            model was trained on.
    """

    def __init__(self, source: SceneSource, card: ModelCard):
        self.source, self.card = source, card
        self.official = isinstance(source, CityscapesFolder)
        self.label_ids = label_ids_of(card) if self.official else []
        self.table = None if self.official else class_table(source.class_names, card.class_names)
        self.prepared = _is_prepared(source, card)

    def __len__(self) -> int:
        return len(self.source)

    def __getitem__(self, index: int) -> tuple[UInt8[np.ndarray, "H W 3"], Truth]:
        """Picture and truth.  Both are read, and held against each other, before anything is predicted."""
        if self.table is None:
            picture, path = self.source.image_path(index), self.source.label_path(index)
            image, truth = read_image(picture), read_truth(path, self.label_ids)
            check_size(truth.regions.shape, image.shape[:2], path, picture)
            return self._made_ready(image), truth
        scene = self.source[index]
        classes = np.where(scene.classes < 0, scene.classes, self.table[scene.classes.clip(0)])
        truth = truth_from_scene(Scene(scene.name, scene.image, scene.instances, classes))
        return self._made_ready(scene.image), truth

    def _made_ready(self, image: UInt8[np.ndarray, "H W 3"]) -> UInt8[np.ndarray, "H W 3"]:
        return image if self.prepared else applied(self.card.intensity, image)


def class_table(of_data: Sequence[str], of_model: Sequence[str]) -> Int16[np.ndarray, " classes"]:
    """The model's class of each class of the data, 0 for one that it does not know; entry 0 is the background.

    Raises:
        ValueError: no class in common.
    """
    if len(of_data) == len(of_model) == 1:
        return np.array([0, 1], np.int16)
    known = {name: index for index, name in enumerate(of_model, start=1)}
    table = np.array([0, *(known.get(name, 0) for name in of_data)], np.int16)
    if not table.any():
        raise ValueError(
            f"the model knows the classes {', '.join(of_model)}; expected some of the data's: {', '.join(of_data)}. "
            "Take a model that was trained on such data: --model FILE."
        )
    return table


def _is_prepared(source: SceneSource, card: ModelCard) -> bool:
    of_source = getattr(source, "intensity", "stored")
    if of_source not in ("stored", card.intensity):
        raise ValueError(
            f"the source's pictures have the intensity '{of_source}'; expected '{card.intensity}', as the model was "
            "trained, or 'stored'."
        )
    return of_source == card.intensity

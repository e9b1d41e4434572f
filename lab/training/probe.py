"""The scene that a training is watched by: one of its data set's validation scenes."""

from lab.datasets.scene import Scene
from lab.datasets.sources import open_source
from lab.training.settings import TrainingSettings

SPLIT = "val"


def find_probe(settings: TrainingSettings, name: str) -> Scene | None:
    """The validation scene of that name; "first": the first that holds an object, "none": none.

    Where the data have no validation scenes, or the training is on them, nothing is recorded, unless a scene was asked
    for by its name.

    Raises:
        ValueError: no scene of that name, or the training is on it.
    """
    if name == "none" or (name == "first" and settings.split == SPLIT):
        return None
    if settings.split == SPLIT:
        raise ValueError(f"probe: found '{name}' of the split {SPLIT}, which is trained on, expected first or none.")
    try:
        source = open_source(settings.dataset, SPLIT, settings.classes, settings.intensity)
    except FileNotFoundError:
        if name == "first":
            return None
        raise
    for index in range(len(source)):
        if name == source.name(index) or (name == "first" and source.labels(index)[0].any()):
            return source[index]
    if name == "first":
        return None
    raise ValueError(f"probe: found '{name}', expected a scene of {SPLIT} like {source.name(0)}, first or none.")

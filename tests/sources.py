"""Data sets in memory, for tests."""

from pathlib import Path

from lab.datasets.scene import Scene


class InMemory:
    """Scenes as a source, without a disk."""

    def __init__(self, *scenes: Scene, class_names: tuple[str, ...] = ("thing",)):
        self.scenes, self.class_names = scenes, class_names

    def __len__(self) -> int:
        return len(self.scenes)

    def __getitem__(self, index: int) -> Scene:
        return self.scenes[index]

    def name(self, index: int) -> str:
        return self.scenes[index].name

    def image_path(self, index: int) -> Path:
        return Path(f"{self.name(index)}.png")

    def label_path(self, index: int) -> Path:
        return Path(f"{self.name(index)}_labels.png")

    def labels(self, index: int):
        return self.scenes[index].instances, self.scenes[index].classes

    def checked_labels(self, index: int):
        return self.labels(index)

"""Opens a data set: what lies in its folder decides of which kind it is."""

from pathlib import Path
from typing import cast

from lab.datasets.scene import SceneSource
from lab.folders import dataset_folder

KINDS = (
    "leftImg8bit/ and gtFine/ (Cityscapes, ToyScapes), manifest.csv with images/ and masks/ (nuclei), "
    "or images/ with labels/ or annotations.json (your own; also below train/, val/, test/)"
)


def open_source(
    dataset: str | Path, split: str, classes: tuple[str, ...] = (), intensity: str = "stored"
) -> SceneSource:
    """The scenes of one split of a data set.

    Args:
        dataset: a name below LAB_DATA or in the current folder, or a path: see `lab.folders.dataset_folder`.
        split: train, val, test.
        classes: some of Cityscapes' eight; empty for all that the data have.
        intensity: "stored" or "percentile", see `lab.datasets.intensity`.

    Raises:
        FileNotFoundError: no such folder, nothing in it that is a data set, or not this split.
        ValueError: choices that this kind of data does not have.
    """
    root = dataset_folder(str(dataset))
    if (root / "manifest.csv").is_file():
        from lab.datasets.nuclei import NucleiFolder

        _check_no_classes(classes, root)
        return cast(SceneSource, NucleiFolder(root, split, intensity))
    if (root / "images").is_dir() or any((root / part / "images").is_dir() for part in (split, "train", "val", "test")):
        from lab.datasets.own import OwnFolder

        _check_no_classes(classes, root)
        return OwnFolder(root, split, intensity)
    if root.name == "nuclei" and not root.is_dir():
        raise FileNotFoundError(
            f"{root}: found no folder, expected the nuclei. `python -m lab download nuclei` brings them (with "
            "--offline one real image without a network), or LAB_DATA names the folder that they lie in."
        )
    if (root / "leftImg8bit").is_dir() or not root.is_dir() or not any(root.iterdir()):
        from lab.datasets.cityscapes import CityscapesFolder

        source = CityscapesFolder(root, split, classes)
        _check_stored(intensity, root)  # after it: of a folder that is not there, that is what to say
        return source
    found = ", ".join(sorted(path.name for path in root.iterdir())[:6])
    raise FileNotFoundError(f"{root}: found {found}, expected {KINDS}. Name the folder above these.")


def _check_no_classes(classes: tuple[str, ...], root: Path) -> None:
    if classes:
        raise ValueError(
            f"classes: found {', '.join(classes)} for {root}, expected none: only Cityscapes' layout has a choice. "
            "Say --classes all, or --preset nuclei or laptop, which take all (tiny takes cars alone)."
        )


def _check_stored(intensity: str, root: Path) -> None:
    if intensity != "stored":
        raise ValueError(
            f"intensity: found '{intensity}' for {root}, expected stored: street scenes are used as they are."
        )

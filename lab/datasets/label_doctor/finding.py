"""What the label doctor finds, and in which words."""

from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from lab.datasets.label_doctor.pieces import Box

Severity = Literal["error", "warning"]

# Kind -> what it means.  In the order in which a report lists them: what spoils a training first.
KINDS = MappingProxyType(
    {
        "unsound": "a file that cannot be read, or contradicts another",
        "size": "labels of another size than their image",
        "lossy": "numbers shifted by a lossy file: JPEG, or a resize that mixed neighbouring numbers",
        "own mask": "an image that is its own mask: it shows the labels and nothing else",
        "binary": "a binary mask where instances were meant: all objects share one number",
        "blank": "an image of one value, with objects in its labels",
        "background": "an object that fills the picture: background with a number",
        "turned": "an image that its EXIF data turn, with labels that may not have been turned",
        "outside": "annotations without a pixel: outside their image, or too small",
        "pieces": "one number in several pieces: of two objects, or of one that others hide in part",
        "small": "objects under the minimal size",
        "rim": "objects whose middle lies in another: rims of what was labelled twice, or objects behind others",
        "sliver": "objects one or two pixels wide, and not because the picture ends there",
        "empty": "no object at all",
        "twice": "the same image twice",
    }
)
# Training on these teaches something wrong, or stops.  The others may be what they seem: they want to be looked at.
ERRORS = frozenset({"unsound", "size", "lossy", "own mask", "binary"})


@dataclass(frozen=True)
class Finding:
    """One thing that is, or may be, wrong with the labels of a scene.

    Attributes:
        kind: one of `KINDS`.
        scene: the scene's name.
        index: its place in the source.
        where: top, left, bottom, right of the place in px; None for all of the scene.
        ids: the instances concerned, as the source numbers them.
        words: what was found and what to do.
        path: the file that holds it.
    """

    kind: str
    scene: str
    index: int
    where: Box | None
    ids: tuple[int, ...]
    words: str
    path: Path

    @property
    def severity(self) -> Severity:
        """An error teaches something wrong or stops a training; a warning wants to be looked at."""
        return "error" if self.kind in ERRORS else "warning"

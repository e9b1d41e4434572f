"""What a training would get: the real ``Crops``, of a scene whose pixels are numbered, so that each tells its origin.

Pure.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Float, Int, Int32, UInt8

from lab.datasets.crops import CropRecipe, Crops
from lab.datasets.objects import ObjectIndex, object_centres, object_classes
from lab.datasets.scene import VOID, Scene
from lab.widgets.crops.coverage import WAYS, running_sums, seen

DRAWS = (*WAYS, "by hand")
SIZES = (64, 96, 128, 192, 288)  # px; the last is higher than the street
DRAWN = 200  # draws that one can step through
COUNTED = 10  # of the last draws; to count them anew, for another size say, must not keep a hand waiting
COLOUR, SCALE = 0.5, 0.5  # stronger than one would train with: to be seen


@dataclass(frozen=True)
class Choice:
    """What the controls say.

    Attributes:
        draw: one of `DRAWS`.
        size: height and width of the crop, px.
        number: of the draw, from 1; the counts are over the COUNTED draws up to it.
        flip, turns, scale, colour: which changes may happen to a crop.
        place: (row, column) that a window drawn by hand is asked to have in its middle.
    """

    draw: str = "objects"
    size: int = 96
    number: int = COUNTED
    flip: bool = False
    turns: bool = False
    scale: bool = False
    colour: bool = False
    place: tuple[int, int] = (128, 256)

    @property
    def recipe(self) -> CropRecipe:
        """As a training would have it."""
        return CropRecipe(
            self.size,
            self.size,
            seed=9,
            stage=0,
            object_centred=self.draw != "anywhere",
            flip=0.5 * self.flip,
            colour_jitter=COLOUR * self.colour,
            draw="classes" if self.draw == "classes" else "objects",
            quarter_turns=self.turns,
            scale=SCALE * self.scale,
        )


class Numbered:
    """A scene, once for each of its objects: copy k has its number for a name, and pixels' numbers for instances.

    So a crop tells which object was drawn, and of each of its pixels, where in the scene it was.
    """

    class_names = ()

    def __init__(self, scene: Scene) -> None:
        pixels = np.arange(1, scene.instances.size + 1, dtype=np.int32).reshape(scene.instances.shape)
        self._scene = replace(scene, instances=pixels)
        self._count = int(scene.instances.max())

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> Scene:
        return replace(self._scene, name=str(index + 1))


@dataclass(frozen=True, eq=False)  # one is itself: what is computed of it can be kept
class Stage:
    """A scene that windows are taken from."""

    scene: Scene
    source: Numbered
    objects: ObjectIndex
    sums: Int32[np.ndarray, "K _ _"]


@dataclass(frozen=True)
class Taken:
    """One crop.

    Attributes:
        drawn: the object, 0 if none was.
        image, instances, classes: what the training gets.
        origin: number of the scene's pixel from which each of the crop's comes, from 1; 0 outside of the scene.
    """

    drawn: int
    image: UInt8[np.ndarray, "h w 3"]
    instances: Int[np.ndarray, "h w"]
    classes: Int[np.ndarray, "h w"]
    origin: Int[np.ndarray, "h w"]

    @property
    def void(self) -> float:
        """The share of its pixels that are void."""
        return float((self.classes == VOID).mean())


@dataclass(frozen=True)
class View:
    """All that is shown.

    Attributes:
        choice, crop: the draw.
        corners: (column, row) in the scene of the crop's upper left, upper right, lower right and lower left corner.
        asked: (row, column) that was to be the window's middle; its middle for a window anywhere.
        counted: how many draws the hits are of.
        hits: in how many of them each object had a pixel.
        expected: in what share of all windows it has one, without scaling; None for windows by hand.
    """

    choice: Choice
    crop: Taken
    corners: Float[np.ndarray, "4 2"]
    asked: tuple[float, float]
    counted: int
    hits: Int[np.ndarray, " K"]
    expected: Float[np.ndarray, " K"] | None


def set_stage(scene: Scene) -> Stage:
    """What does not change while windows are drawn."""
    centres, classes = object_centres(scene.instances), object_classes(scene.instances, scene.classes)
    return Stage(
        scene, Numbered(scene), ObjectIndex(np.arange(len(centres)), centres, classes), running_sums(scene.instances)
    )


def take(stage: Stage, choice: Choice) -> Taken:
    """The crop of this draw."""
    objects = stage.objects
    if choice.draw == "by hand":
        objects = ObjectIndex(np.array([0]), np.array([choice.place]), np.array([1]))
    sample = Crops(stage.source, objects, choice.recipe)[choice.number, 0]
    origin, classes = sample["instances"].numpy(), sample["classes"].numpy()
    instances = np.concatenate([[0], stage.scene.instances.ravel()])[origin]
    drawn = int(sample["scene"]) if choice.draw in ("objects", "classes") else 0
    return Taken(drawn, sample["image"].permute(1, 2, 0).numpy(), instances, classes, origin)


@lru_cache(maxsize=8192)
def met(stage: Stage, choice: Choice) -> Bool[np.ndarray, " K"]:
    """Which objects have a pixel in this draw."""
    return np.bincount(take(stage, choice).instances.ravel(), minlength=len(stage.source) + 1)[1:] > 0


@lru_cache(maxsize=64)
def expect(stage: Stage, size: int, draw: str) -> Float[np.ndarray, " K"]:
    """In what share of all windows each object has a pixel."""
    return seen(stage.scene, size, draw, stage.sums)


def corners_of(origin: Int[np.ndarray, "h w"], width: int) -> Float[np.ndarray, "4 2"]:
    """Where the crop's corners lie in a scene ``width`` px wide: the affine map that its pixels' numbers follow.

    Fitted, since a scaled crop's pixels come from the nearest ones of the scene.
    """
    rows, columns = np.nonzero(origin)
    some = slice(None, None, max(1, len(rows) // 2000))
    rows, columns = rows[some], columns[some]
    places = np.stack(np.divmod(origin[rows, columns] - 1, width)[::-1], 1)
    affine, *_ = np.linalg.lstsq(np.stack([columns, rows, np.ones_like(rows)], 1).astype(float), places, rcond=None)
    bottom, right = (side - 0.5 for side in origin.shape)
    around = np.array([(-0.5, -0.5, 1), (right, -0.5, 1), (right, bottom, 1), (-0.5, bottom, 1)])
    return around @ affine


def look(stage: Stage, choice: Choice) -> View:
    """Draw, and count over the draws so far."""
    crop = take(stage, choice)
    corners = corners_of(crop.origin, stage.scene.instances.shape[1])
    plain = replace(choice, colour=False)  # colours move no pixel
    counted = min(choice.number, COUNTED)
    hits = sum(met(stage, replace(plain, number=choice.number - back)).astype(int) for back in range(counted))
    asked = tuple(float(v) for v in corners.mean(0)[::-1])
    if choice.draw == "by hand":
        asked = tuple(float(v) for v in choice.place)
    elif crop.drawn:
        asked = tuple(float(v) for v in stage.objects.centres[crop.drawn - 1])
    expected = None if choice.draw == "by hand" else expect(stage, choice.size, choice.draw)
    return View(choice, crop, corners, asked, counted, hits, expected)

"""What a training would get: the lab's own draws and crops, and where in the scene they lie.  Pure."""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Float, Int, Int32, UInt8

from lab.datasets.crops import CropPlan, CropRecipe, Crops, Draw
from lab.datasets.objects import ObjectIndex, object_centres, object_classes
from lab.datasets.scene import VOID, Scene
from lab.widgets.crops.coverage import WAYS, running_sums, seen

DRAWS = (*WAYS, "by hand")
SIZES = (64, 96, 128, 192, 288)  # px; the last is higher than the street
DRAWN = 200  # draws that one can step through
COUNTED = 20  # of the last draws: what they hold is counted
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


@dataclass(frozen=True, eq=False)  # one is itself: what is computed of it can be kept
class Stage:
    """A scene that windows are taken from.

    Attributes:
        scene: it.
        copies: it, once for each of its objects, so that a draw's scene tells which object was drawn.
        objects: object k lies in copy k - 1.
        sums: of the objects' pixels, see `running_sums`.
    """

    scene: Scene
    copies: tuple[Scene, ...]
    objects: ObjectIndex
    sums: Int32[np.ndarray, "K _ _"]


@dataclass(frozen=True)
class View:
    """All that is shown.

    Attributes:
        choice: the draw.
        drawn: the object, 0 if none was.
        image, instances, classes: the crop, as the training gets it.
        corners: (column, row) in the scene of the crop's upper left, upper right, lower right and lower left corner.
        asked: (row, column) that was to be the window's middle; its middle for a window anywhere.
        counted: how many draws the hits are of.
        hits: in how many of them each object had a pixel.
        expected: in what share of all windows it has one, without scaling; None for windows by hand.
    """

    choice: Choice
    drawn: int
    image: UInt8[np.ndarray, "h w 3"]
    instances: Int[np.ndarray, "h w"]
    classes: Int[np.ndarray, "h w"]
    corners: Float[np.ndarray, "4 2"]
    asked: tuple[float, float]
    counted: int
    hits: Int[np.ndarray, " K"]
    expected: Float[np.ndarray, " K"] | None

    @property
    def void(self) -> float:
        """The share of the crop's pixels that are void."""
        return float((self.classes == VOID).mean())


def set_stage(scene: Scene) -> Stage:
    """What does not change while windows are drawn."""
    centres, classes = object_centres(scene.instances), object_classes(scene.instances, scene.classes)
    objects = ObjectIndex(np.arange(len(centres)), centres, classes)
    return Stage(scene, (scene,) * len(centres), objects, running_sums(scene.instances))


def objects_of(stage: Stage, choice: Choice) -> ObjectIndex:
    """What the window is centred on: the scene's objects, or the one place that a hand chose."""
    if choice.draw != "by hand":
        return stage.objects
    return ObjectIndex(np.array([0]), np.array([choice.place]), np.array([1]))


def plan(stage: Stage, choice: Choice) -> CropPlan:
    """The draw: ``scene`` is the drawn object's number - 1."""
    draw = Draw(choice.recipe, objects_of(stage, choice), len(stage.copies), (choice.number, 0))
    return draw.plan(stage.scene.instances.shape)


def hit(stage: Stage, window: CropPlan) -> Bool[np.ndarray, " K"]:
    """Which objects have a pixel in a window."""
    height, width = stage.scene.instances.shape
    top, bottom = np.clip((window.top, window.top + window.height), 0, height)
    left, right = np.clip((window.left, window.left + window.width), 0, width)
    s = stage.sums
    return s[:, bottom, right] - s[:, top, right] - s[:, bottom, left] + s[:, top, left] > 0


@lru_cache(maxsize=64)
def expect(stage: Stage, size: int, draw: str) -> Float[np.ndarray, " K"]:
    """In what share of all windows each object has a pixel."""
    return seen(stage.scene, size, draw, stage.sums)


def corners_of(window: CropPlan) -> Float[np.ndarray, "4 2"]:
    """Where the crop's corners lie in the scene: those of the window, as turns and flip have moved them."""
    top, left = window.top - 0.5, window.left - 0.5
    bottom, right = top + window.height, left + window.width
    around = np.array([(left, top), (right, top), (right, bottom), (left, bottom)])
    turned = np.roll(around, -window.turns, axis=0)
    return turned[[1, 0, 3, 2]] if window.flip else turned


def look(stage: Stage, choice: Choice) -> View:
    """Draw, and count over the draws so far."""
    window = plan(stage, choice)
    sample = Crops(stage.copies, objects_of(stage, choice), choice.recipe)[choice.number, 0]
    counted = min(choice.number, COUNTED)
    windows = [plan(stage, replace(choice, number=choice.number - back)) for back in range(counted)]
    corners = corners_of(window)
    drawn = window.scene + 1 if choice.draw in ("objects", "classes") else 0
    asked = {"by hand": choice.place, "anywhere": tuple(corners.mean(0)[::-1])}.get(choice.draw)
    row, column = stage.objects.centres[drawn - 1] if asked is None else asked
    return View(
        choice,
        drawn,
        sample["image"].permute(1, 2, 0).numpy(),
        sample["instances"].numpy(),
        sample["classes"].numpy(),
        corners,
        (float(row), float(column)),
        counted,
        np.sum([hit(stage, w) for w in windows], axis=0),
        None if choice.draw == "by hand" else expect(stage, choice.size, choice.draw),
    )

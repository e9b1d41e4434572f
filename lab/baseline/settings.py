"""What a comparison is made with."""

import math
from dataclasses import asdict, dataclass, replace
from types import MappingProxyType
from typing import Any

from lab.datasets.scene import SceneSource

NAMES = ("mask_rcnn", "spatial_embeddings")
LABELS = MappingProxyType({"mask_rcnn": "Mask R-CNN", "spatial_embeddings": "spatial embeddings"})
OFFICIAL_PIXELS = 2048 * 1024  # the picture that Cityscapes' 100 px and the authors' 128 px are meant for
LAPTOP_CROP = 192 / 256  # side of stage 1's crops in the laptop preset, as a share of the scene's height
DOWNLOAD = (
    "python -m lab download toyscapes --height 128 --train 400 --val 40 --folder data/toyscapes_128 "
    "(preset gpu: --height 512 --folder data/toyscapes_512)"
)


@dataclass(frozen=True)
class BaselineSettings:
    """Equal for both but for what a name says.

    Attributes:
        dataset, classes: Cityscapes' layout, with splits train and val.
        minutes: of training steps, each, the making of their batches among them; time for reading the scenes at the
            beginning, for scoring and for saving is not counted.
        shares: of the budget, after which AP is measured; ascending, the last is 1.
        choose_scenes: training scenes on which each one's score threshold is chosen, at each of these points.
        early_scenes: validation scenes that are scored at the points before the last two, which have all of them: a
            network that has barely begun names thousands of instances in each, which may take longer than training.
        seed: of weights, crops and dropout.
        backbone: Mask R-CNN's, a ResNet of torchvision with an FPN.
        anchors: its anchors' sides in pixels at a scene height of 128, one for each level of the pyramid.
        proposals: how many it keeps of an image, before the box head.
        sampled_boxes: how many of them it is trained on.
        mask_batch, mask_rate: scenes a step and highest learning rate of Mask R-CNN.
        embedding_batch: crops a step in stage 1 of the method.
        embedding_share: of the budget, for stage 1; the rest is for stage 2.

    Raises:
        ValueError: a value out of its range.
    """

    dataset: str = "toyscapes"
    classes: tuple[str, ...] = ("car",)
    minutes: float | int = 20.0
    shares: tuple[float | int, ...] = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 3 / 4, 1)
    choose_scenes: int = 20
    early_scenes: int = 40
    seed: int = 0
    backbone: str = "resnet18"
    anchors: tuple[int, ...] = (8, 16, 32, 64, 128)
    proposals: int = 200
    sampled_boxes: int = 64
    mask_batch: int = 2
    mask_rate: float = 0.02
    embedding_batch: int = 8
    embedding_share: float = 0.75

    def __post_init__(self) -> None:
        if not 0 < self.minutes < math.inf:
            raise ValueError(f"minutes: found {self.minutes}, expected more than 0, and finite.")
        if self.early_scenes < 1:
            raise ValueError(f"early_scenes: found {self.early_scenes}, expected 1 or more.")
        if not self.shares or list(self.shares) != sorted({*self.shares}) or not all(s > 0 for s in self.shares):
            raise ValueError(f"shares: found {self.shares}, expected ascending numbers above 0.")
        if self.shares[-1] != 1:
            raise ValueError(f"shares: found {self.shares[-1]} for the last one, expected 1, the budget's end.")

    @property
    def seconds(self) -> float:
        """The budget."""
        return 60.0 * self.minutes


PRESETS = MappingProxyType(
    {
        # 256x128 on one core: a step of Mask R-CNN takes about 1 s there, so the smallest ResNet and few boxes.
        "cpu": BaselineSettings(dataset="toyscapes_128"),
        # 1024x512: the usual ResNet-50 and torchvision's own numbers of proposals and boxes.  Not run by us.
        "gpu": BaselineSettings(
            dataset="toyscapes_512",
            classes=(),
            minutes=60.0,
            early_scenes=20,
            backbone="resnet50",
            proposals=1000,
            sampled_boxes=512,
            mask_batch=8,
        ),
    }
)


def chosen(preset: str, seed: int, **given: Any) -> BaselineSettings:
    """A preset with what a person gave in its place; None where nothing was given.

    ``classes`` as typed: ["all"] for every one; ``shares``: an empty list is nothing given.

    Raises:
        ValueError: no such preset, or a value out of its range.
    """
    if preset not in PRESETS:
        raise ValueError(f"preset: found '{preset}', expected {' or '.join(PRESETS)}.")
    if given.get("classes") == ["all"]:
        given["classes"] = ()
    there = {name: value for name, value in given.items() if value is not None and (name != "shares" or value)}
    plainly: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in there.items()
    }
    return replace(PRESETS[preset], seed=seed, **plainly)


def is_early(settings: BaselineSettings, number: int) -> bool:
    """Whether the point with this number, from 0, is before the last two, which tell whether a curve still rises."""
    return number < len(settings.shares) - 2


def differences(found: dict[str, Any], settings: BaselineSettings) -> list[str]:
    """Where settings read from a file differ from these: 'NAME: found X, expected Y'."""
    expected = plain(settings)
    found = plain(BaselineSettings()) | found  # of a setting that is younger than the file, what it was like before
    return [
        f"{name}: found {found.get(name)!r}, expected {expected.get(name)!r}"
        for name in sorted(found.keys() | expected.keys())
        if found.get(name) != expected.get(name)
    ]


def plain(settings: BaselineSettings) -> dict[str, Any]:
    """As JSON gives them back: lists for tuples."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(settings).items()}


def scene_size(source: SceneSource) -> tuple[int, int]:
    """Height and width of the scenes in pixels.

    Raises:
        ValueError: there is no scene.
    """
    if not len(source):
        raise ValueError(f"found no scene to train on, expected some. Make them: {DOWNLOAD}")
    return source.labels(0)[0].shape


def scaled_pixels(official: int, size: tuple[int, int]) -> int:
    """A number of pixels that is meant for 2048x1024, scaled by area to scenes of this height and width."""
    return max(1, round(official * size[0] * size[1] / OFFICIAL_PIXELS))

"""Mask R-CNN, torchvision's, from random weights."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Int, UInt8
from torch import Tensor, nn
from torch.optim import Optimizer

from lab.baseline.contenders import ENDLESS, descend
from lab.baseline.settings import BaselineSettings
from lab.datasets.feed import Feed
from lab.evaluation.predict import Found, Timing
from lab.training.step import step_seed

WARM_UP = 0.05  # of the budget
GROUPS = 32  # of GroupNorm: its usual number
LEAST_SCORE = 0.05  # torchvision's own
CLIP = 10.0  # longest gradient: from random weights an early step may else end the race


class MaskRCNN:
    """A `lab.baseline.contenders.Contender`.

    Args:
        settings: of the comparison.
        classes: N.
        size: height and width of the scenes in pixels.
        feed: batches of whole scenes.
        device: where it is trained.
    """

    name = "mask_rcnn"
    timing: Timing | None = None  # its boxes and masks are found inside of the network

    def __init__(
        self, settings: BaselineSettings, classes: int, size: tuple[int, int], feed: Feed, device: torch.device
    ):
        torch.manual_seed(settings.seed)
        self.settings, self.feed, self.device = settings, feed, device
        self.network = build(settings, classes, size).to(device)
        weights = self.network.parameters()
        self.optimizer: Optimizer = torch.optim.SGD(weights, settings.mask_rate, 0.9, weight_decay=1e-4)
        self.what = words(settings, size)
        self._batches: Iterator[dict[str, Any]] | None = None

    def step(self, number: int, share: float) -> float:
        if self._batches is None:
            self._batches = self.feed.batches(number, ENDLESS)
        torch.manual_seed(step_seed(self.settings.seed, 0, number))
        batch = next(self._batches)
        images = [image.to(self.device).float() / 255 for image in batch["image"]]
        labels = zip(batch["instances"].to(self.device), batch["classes"].to(self.device), strict=True)
        self.network.train()
        losses = self.network(images, [targets(instances, classes) for instances, classes in labels])
        return descend(self, sum(losses.values()), self.settings.mask_rate * pace(share), number, CLIP)

    @torch.inference_mode()
    def predict(self, image: UInt8[np.ndarray, "H W 3"]) -> Found:
        self.network.eval()
        _leave_size(self.network, image.shape[:2])
        batch = torch.from_numpy(np.ascontiguousarray(image)).to(self.device).permute(2, 0, 1).float() / 255
        found = self.network([batch])[0]
        masks = (found["masks"][:, 0] > 0.5).cpu().numpy()
        return Found(masks, found["scores"].cpu().numpy(), found["labels"].cpu().numpy())


def build(settings: BaselineSettings, classes: int, size: tuple[int, int]) -> nn.Module:
    """torchvision's `maskrcnn_resnet50_fpn` but for backbone, norm, anchors and numbers of boxes."""
    from torchvision.models.detection import MaskRCNN
    from torchvision.models.detection.anchor_utils import AnchorGenerator
    from torchvision.models.detection.backbone_utils import resnet_fpn_backbone

    backbone = resnet_fpn_backbone(
        backbone_name=settings.backbone,
        weights=None,
        norm_layer=lambda channels: nn.GroupNorm(GROUPS, channels),
        trainable_layers=5,
    )
    sides = tuple((max(1, side * size[0] // 128),) for side in settings.anchors)
    # As many at test time as in training, and twice as many before overlapping ones are thinned out.
    numbers = {
        f"rpn_{when}_nms_top_n_{mode}": number
        for when, number in (("pre", 2 * settings.proposals), ("post", settings.proposals))
        for mode in ("train", "test")
    }
    return MaskRCNN(
        backbone,
        classes + 1,
        min_size=min(size),
        max_size=max(size),
        rpn_anchor_generator=AnchorGenerator(sides, ((0.5, 1.0, 2.0),) * len(sides)),
        rpn_batch_size_per_image=min(256, 2 * settings.sampled_boxes),
        box_batch_size_per_image=settings.sampled_boxes,
        box_score_thresh=LEAST_SCORE,
        **numbers,
    )


def _leave_size(network: nn.Module, size: tuple[int, int]) -> None:
    """Let the network take an image as it is: by itself it scales every one to the size that it was built for."""
    transform: Any = network.transform
    transform.min_size, transform.max_size = (min(size),), max(size)


def targets(instances: Int[Tensor, "H W"], classes: Int[Tensor, "H W"]) -> dict[str, Tensor]:
    """A scene's instances as torchvision wants them: boxes [K, 4] as left, top, right, bottom, labels [K], masks.

    torchvision knows no void: it is background to it.
    """
    ids = instances[classes > 0].unique()
    masks = (instances == ids[ids > 0][:, None, None]) & (classes > 0)
    spans = [_span(masks.any(dim)) for dim in (1, 2)]  # columns, then rows
    boxes = torch.stack([spans[0][0], spans[1][0], spans[0][1], spans[1][1]], 1).float()
    labels = (masks * classes).flatten(1).amax(1) if len(masks) else classes.new_zeros(0)
    return {"boxes": boxes, "labels": labels.long(), "masks": masks.to(torch.uint8)}


def _span(line: Bool[Tensor, "K L"]) -> tuple[Int[Tensor, " K"], Int[Tensor, " K"]]:
    """First and one past the last True of each row."""
    places = torch.arange(line.shape[1], device=line.device)
    first = torch.where(line, places, line.shape[1]).amin(1)
    return first, torch.where(line, places + 1, 0).amax(1)


def pace(share: float | int) -> float:
    """The learning rate after this share of the budget, as a part of the highest: up in a line, down as a cosine."""
    if share < WARM_UP:
        return 0.01 + 0.99 * share / WARM_UP
    return 0.5 * (1 + math.cos(math.pi * (share - WARM_UP) / (1 - WARM_UP)))


def words(settings: BaselineSettings, size: tuple[int, int]) -> str:
    """Architecture, initialisation and schedule."""
    s = settings
    return (
        f"Mask R-CNN of torchvision, {s.backbone} with FPN, GroupNorm in the backbone (from scratch, {s.mask_batch} "
        f"scenes a step are too few for batch statistics), random weights; scenes whole at {size[1]}x{size[0]}, "
        f"{s.mask_batch} a step, flipped with probability 0.5; anchors of "
        f"{', '.join(str(side * size[0] // 128) for side in s.anchors)} px, {s.proposals} proposals, {s.sampled_boxes} "
        f"boxes an image for the heads; SGD, momentum 0.9, weight decay 1e-4, rate up to {s.mask_rate:g} over the "
        f"first {WARM_UP:.0%} of the budget, then down to 0 as a cosine over the whole of it, gradients no longer "
        f"than {CLIP:g}; void is background to it"
    )

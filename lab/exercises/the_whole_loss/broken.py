"""The whole loss with a bug in it, or several: for checks that name the mistake, and for pictures of what it does."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from lab.embedding import coordinate_grid, membership, split
from lab.losses import Centre
from lab.lovasz import lovasz_hinge

Terms = dict[str, Float[Tensor, ""]]

# What each name leaves out or does wrongly.
BUGS = {
    "void counted": "void pixels are taken for background, and for pixels of their instance",
    "void in the hinge": "the hinge goes over void pixels too, as background",
    "divided by all pixels": "the seed term is divided by the number of all pixels, void among them",
    "mean over the batch": "instances are averaged over the whole batch, not first within each image",
    "pixels of the batch": "the seed term is averaged over the valid pixels of the whole batch",
    "sum over images": "the images of the batch are added up",
    "sum over instances": "the instances of an image are added up",
    "empty image left out": "an image without instances is not counted in the batch's mean",
    "one pixel's centre": "the centre is the embedding of the instance's first pixel",
    "centroid": "the centre is the mean position",
    "no ten": "κ = exp(b)",
    "mean of κ": "κ is the mean of exp(10 b), not exp(10 · mean of b)",
    "logits φ": "φ goes into the hinge, not 2φ - 1",
    "own pixels only": "the hinge sees the instance's own pixels only",
    "hinge per row": "the hinge takes the maps [H, W], each row of which is then sorted by itself",
    "any object": "the hinge compares with the pixels of all instances",
    "smoothness on 10 b": "the smoothness term sees 10 b",
    "no foreground weight": "object pixels weigh 1 in the seed term",
    "mean over classes": "the seed term is divided by the number of classes too",
    "0/0": "an image without a valid pixel has the seed term 0/0",
    "seed target 1": "the seed map regresses the mask",
    "other classes left out": "only pixels of no instance are background of a class",
    "weights inside": "the terms are already multiplied by 1, 10, 1",
    "no stop-gradient": "the seed term's target is not held fixed",
}

# The bug hunt's three pictures: each shows a loss with one bug.
HUNTED = {"A": "any object", "B": "own pixels only", "C": "other classes left out"}


@dataclass(frozen=True)
class BrokenLoss:
    """A loss for ``lab.overfit`` with these bugs; without any it is the whole loss.

    Raises:
        ValueError: a bug that is not known.
    """

    bugs: frozenset[str] = frozenset()
    bandwidth_channels: int = 2
    centre: Centre = "learned"

    def __post_init__(self) -> None:
        if unknown := self.bugs - BUGS.keys():
            raise ValueError(f"found the bugs {sorted(unknown)}, expected some of {sorted(BUGS)}.")

    def __call__(
        self, output: Float[Tensor, "B C H W"], instances: Int[Tensor, "B H W"], classes: Int[Tensor, "B H W"]
    ) -> Terms:
        """The three terms."""
        p = split(output, 2)
        images = [
            self._image(*maps) for maps in zip(p.embedding, p.bandwidth, p.seed_map, instances, classes, strict=True)
        ]
        none = 0 * output.sum()
        terms = {name: self._average([image[name] for image in images], none) for name in ("instance", "smoothness")}
        errors, pixels = (torch.stack([image[name] for image in images]) for name in ("error", "pixels"))
        terms["seed"] = self._over_images(errors / pixels)
        if "pixels of the batch" in self.bugs:
            terms["seed"] = errors.sum() / pixels.sum()
        if "weights inside" in self.bugs:
            terms["smoothness"] = 10 * terms["smoothness"]
        return terms

    def _average(self, images: list[list[Tensor]], none: Tensor) -> Tensor:
        """Mean over instances, then over images; or as a bug has it."""
        if "mean over the batch" in self.bugs:
            images = [[term for image in images for term in image]]
        if "empty image left out" in self.bugs:
            images = [image for image in images if image] or [[]]
        over_instances = torch.sum if "sum over instances" in self.bugs else torch.mean
        return self._over_images(torch.stack([over_instances(torch.stack(i)) if i else none for i in images]))

    def _over_images(self, terms: Float[Tensor, "B"]) -> Float[Tensor, ""]:
        return terms.sum() if "sum over images" in self.bugs else terms.mean()

    def _image(
        self,
        e: Float[Tensor, "2 H W"],
        b: Float[Tensor, "2 H W"],
        s: Float[Tensor, "N H W"],
        ids: Int[Tensor, "H W"],
        cls: Int[Tensor, "H W"],
    ) -> dict[Any, Any]:
        valid = torch.ones_like(cls, dtype=torch.bool) if "void counted" in self.bugs else cls >= 0
        ids = torch.where(valid, ids, 0)
        target, weight = torch.zeros_like(s), torch.ones_like(s)
        if "other classes left out" in self.bugs:
            weight = weight * (ids == 0)
        hinges, spreads = [], []
        for k in ids[ids != 0].unique():
            mask = ids == k
            phi = self._membership(e, b, mask)
            hinges.append(self._hinge(phi, mask, valid, ids))
            spreads.append(self._spread(b[:, mask]))
            c = cls[mask].max().clamp(min=1) - 1  # of an instance that lies partly in void, the class it has outside
            target[c] = torch.where(mask, self._target(phi), target[c])
            weight[c] = torch.where(mask, 1.0 if "no foreground weight" in self.bugs else 10.0, weight[c])
        error = (weight * (s - target).square())[:, valid].sum()
        return {"instance": hinges, "smoothness": spreads, "error": error, "pixels": self._pixels(valid, len(s))}

    def _pixels(self, valid: Bool[Tensor, "H W"], classes: int) -> Float[Tensor, ""]:
        """By what the seed term is divided."""
        pixels = (torch.ones_like(valid) if "divided by all pixels" in self.bugs else valid).sum()
        fewest = 0 if {"0/0", "pixels of the batch"} & self.bugs else 1
        return pixels.clamp(min=fewest).float() * (classes if "mean over classes" in self.bugs else 1)

    def _membership(
        self, e: Float[Tensor, "2 H W"], b: Float[Tensor, "2 H W"], mask: Bool[Tensor, "H W"]
    ) -> Float[Tensor, "H W"]:
        places = coordinate_grid(*mask.shape, dtype=e.dtype) if "centroid" in self.bugs else e
        centre = places[:, mask][:, 0] if "one pixel's centre" in self.bugs else places[:, mask].mean(1)
        gain = 1 if "no ten" in self.bugs else 10
        if "mean of κ" in self.bugs:
            return membership(e, centre, torch.exp(gain * b[:, mask]).mean(1))
        return membership(e, centre, torch.exp(gain * b[:, mask].mean(1)))

    def _hinge(
        self,
        phi: Float[Tensor, "H W"],
        mask: Bool[Tensor, "H W"],
        valid: Bool[Tensor, "H W"],
        ids: Int[Tensor, "H W"],
    ) -> Float[Tensor, ""]:
        logits = phi if "logits φ" in self.bugs else 2 * phi - 1
        if "hinge per row" in self.bugs:
            return lovasz_hinge(logits, mask).mean()
        seen = torch.ones_like(mask) if "void in the hinge" in self.bugs else valid
        seen = mask if "own pixels only" in self.bugs else seen
        labels = ids != 0 if "any object" in self.bugs else mask
        return lovasz_hinge(logits[seen], labels[seen])

    def _spread(self, b: Float[Tensor, "2 P"]) -> Float[Tensor, ""]:
        gain = 10 if "smoothness on 10 b" in self.bugs else 1
        return (gain * (b - b.detach().mean(1, keepdim=True))).square().mean()

    def _target(self, phi: Float[Tensor, "H W"]) -> Float[Tensor, "H W"]:
        if "seed target 1" in self.bugs:
            return torch.ones_like(phi)
        return phi if "no stop-gradient" in self.bugs else phi.detach()


def broken(*bugs: str) -> Callable[[Tensor, Tensor, Tensor], Terms]:
    """The whole loss with these bugs."""
    return BrokenLoss(frozenset(bugs))

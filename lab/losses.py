"""The paper's loss: an instance term, a smoothness term and a seed term.

Every image is treated by itself and the terms are averaged over the batch; an image without instances adds zero to
the first two and still counts. This is the readable version: one loop over images, one over instances. Its fast twin,
proved equal to it, is `lab.fast.loss`.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from lab.alternatives import fixed_margin_hinge, membership_cross_entropy
from lab.embedding import (
    Prediction,
    at_least_float32,
    bandwidth_to_sharpness,
    check_channels,
    coordinate_grid,
    membership,
    scaled_squared_distance,
    sharpness_to_margin,
    split,
)
from lab.fast.choice import Implementation, check_implementation
from lab.labels import check_labels, check_shapes
from lab.lovasz import lovasz_hinge

Centre = Literal["learned", "centroid"]
SeedTarget = Literal["membership", "attached", "mask"]
InstanceLoss = Literal["lovasz", "cross_entropy", "hinge"]
# How the terms are weighted where they are summed: as in the authors' released code.
TERM_WEIGHTS = {"instance": 1.0, "smoothness": 10.0, "seed": 1.0}


class Instance(NamedTuple):
    """One object of one image, as the loss sees it."""

    mask: Bool[Tensor, "H W"]
    class_index: int
    centre: Float[Tensor, "2"]
    bandwidth: Float[Tensor, "S"]


@dataclass(frozen=True)
class SpatialEmbeddingLoss:
    """``loss(output, instances, classes)`` -> the three terms, not yet weighted (see ``TERM_WEIGHTS``).

    Args:
        bandwidth_channels: S; 1 learns a circular margin, 2 an elliptical one.
        centre: "learned" pulls the pixels of an instance to the mean of their embeddings, which is free to move;
            "centroid" to the mean of their positions. Learned and elliptical is the paper's best.
        foreground_weight: how much more the seed term counts a foreground pixel than one of the background.
        seed_target: what the seed map learns on an object: "membership", the method's; or what the paper argues
            against, to be looked at beside it: "attached", the membership without the stop-gradient, or "mask", 1.
        instance_loss: what pulls embeddings together: "lovasz", the method's; or what the paper argues against:
            "cross_entropy" of the membership, or the "hinge" beyond a margin, which learns nothing of a bandwidth.
        implementation: "readable", the version below, which the notebooks teach; "fast", its twin of lab/fast, which
            knows the method's own ``seed_target`` and ``instance_loss`` only, on the processor and on CUDA, and is
            differentiable once; "auto", the twin wherever it can serve.
    """

    bandwidth_channels: int = 2
    centre: Centre = "learned"
    foreground_weight: float = 10.0
    seed_target: SeedTarget = "membership"
    instance_loss: InstanceLoss = "lovasz"
    implementation: Implementation = "auto"

    def __post_init__(self) -> None:
        if self.centre not in ("learned", "centroid"):
            raise ValueError(f'centre is {self.centre!r}; expected "learned" or "centroid".')
        if self.seed_target not in ("membership", "attached", "mask"):
            raise ValueError(f'seed_target is {self.seed_target!r}; expected "membership", "attached" or "mask".')
        if self.instance_loss not in ("lovasz", "cross_entropy", "hinge"):
            raise ValueError(f'instance_loss is {self.instance_loss!r}; expected "lovasz", "cross_entropy" or "hinge".')
        check_implementation(self.implementation)
        if self.implementation == "fast" and self._only_readable():
            raise ValueError(
                f'implementation is "fast" with {self._only_readable()}, which only the readable version knows; '
                'expected "auto" or "readable".'
            )

    def _only_readable(self) -> str:
        """The setting that the fast version does not know, or nothing."""
        if self.seed_target != "membership":
            return f'seed_target "{self.seed_target}"'
        return f'instance_loss "{self.instance_loss}"' if self.instance_loss != "lovasz" else ""

    def _runs_fast(self, device: torch.device) -> bool:
        """Whether the fast version serves; it is written for the processor and for CUDA."""
        served = device.type in ("cpu", "cuda")
        if self.implementation == "fast" and not served:
            raise ValueError(
                f'implementation is "fast" with an output on {device.type}; expected one on cpu or cuda, or "auto" or '
                '"readable".'
            )
        return self.implementation != "readable" and served and not self._only_readable()

    def __call__(
        self, output: Float[Tensor, "B C H W"], instances: Int[Tensor, "B H W"], classes: Int[Tensor, "B H W"]
    ) -> dict[str, Float[Tensor, ""]]:
        """The named terms, each a mean over the batch, in float32 at least (also under autocast).

        Args:
            output: [B, 2+S+N, H, W], as the network gives it.
            instances: 0 where there is none; any other number names an instance within its image.
            classes: -1 void (in no term), 0 background, 1..N.

        Raises:
            ValueError: if the output has no pixel, the labels are of another size than it, a class is outside -1..N,
                or an instance carries two classes or none; "fast" on another device than the processor or CUDA.
        """
        runs_fast = self._runs_fast(output.device)
        with torch.autocast(output.device.type, enabled=False):
            check_shapes(output, instances, classes)
            if runs_fast:
                from lab.fast.loss import fast_terms

                check_channels(output.shape[1], self.bandwidth_channels)
                setting = (self.bandwidth_channels, self.centre, self.foreground_weight)
                return fast_terms(at_least_float32(output), instances, classes, *setting)
            prediction = split(at_least_float32(output), self.bandwidth_channels)
            check_labels(instances, classes, prediction.seed_map.shape[1])
            images = range(len(output))
            terms = [self._image_terms(prediction, instances[i], classes[i], i) for i in images]
            # Tied to the output, so that a batch of nothing but void still has a gradient: zero.
            anchor = (output * 0).sum()
            return {name: anchor + torch.stack([t[name] for t in terms]).mean() for name in TERM_WEIGHTS}

    def _image_terms(
        self, prediction: Prediction, instances: Int[Tensor, "H W"], classes: Int[Tensor, "H W"], image: int
    ) -> dict[str, Float[Tensor, ""]]:
        embedding, bandwidth = prediction.embedding[image], prediction.bandwidth[image]
        valid = classes >= 0
        objects = find_instances(embedding, bandwidth, instances, classes, self.centre)
        memberships = [membership(embedding, o.centre, bandwidth_to_sharpness(o.bandwidth)) for o in objects]
        pulls = [self._pull(embedding, o, phi, valid) for o, phi in zip(objects, memberships, strict=True)]
        none = embedding.new_zeros(())
        return {
            "instance": _mean(pulls, none),
            "smoothness": _mean([smoothness_term(bandwidth, o) for o in objects], none),
            "seed": seed_term(
                prediction.seed_map[image], objects, memberships, valid, self.foreground_weight, self.seed_target
            ),
        }

    def _pull(
        self,
        embedding: Float[Tensor, "2 H W"],
        instance: Instance,
        phi: Float[Tensor, "H W"],
        valid: Bool[Tensor, "H W"],
    ) -> Float[Tensor, ""]:
        """What one instance adds to the instance term."""
        if self.instance_loss == "cross_entropy":
            return cross_entropy_term(embedding, instance, valid)
        if self.instance_loss == "hinge":
            return hinge_term(embedding, instance)
        return instance_term(phi, instance.mask, valid)


def total_loss(terms: dict[str, Float[Tensor, ""]], weights: dict[str, float] | None = None) -> Float[Tensor, ""]:
    """1·instance + 10·smoothness + 1·seed, or with other weights by name."""
    weights = TERM_WEIGHTS if weights is None else weights
    return torch.stack([weights[name] * term for name, term in terms.items()]).sum()


def find_instances(
    embedding: Float[Tensor, "2 H W"],
    bandwidth: Float[Tensor, "S H W"],
    instances: Int[Tensor, "H W"],
    classes: Int[Tensor, "H W"],
    centre: Centre,
) -> list[Instance]:
    """Mask, class, centre of attraction and bandwidth of every instance that has a pixel outside void.

    The bandwidth of an instance is the mean of its pixels' b, before the exponential, so that its σ is a geometric
    mean. Training knows the masks and takes means; inference knows one pixel and takes that pixel's own values,
    which is why the smoothness term has to make the pixels of an instance agree.
    """
    visible = torch.where(classes >= 0, instances, 0)
    position = coordinate_grid(*instances.shape, device=embedding.device, dtype=embedding.dtype)
    attractor = embedding if centre == "learned" else position
    found = []
    for k in torch.unique(visible[visible != 0]).tolist():
        mask = visible == k
        found.append(Instance(mask, int(classes[mask][0]), attractor[:, mask].mean(1), bandwidth[:, mask].mean(1)))
    return found


def instance_term(
    phi: Float[Tensor, "H W"], mask: Bool[Tensor, "H W"], valid: Bool[Tensor, "H W"]
) -> Float[Tensor, ""]:
    """Lovász hinge of the membership map against the instance's mask, over every valid pixel of the image.

    2φ - 1 turns "member iff φ > 1/2" into "foreground iff logit > 0". A background pixel that the Gaussian does not
    reach (φ rounds away in 2φ - 1) has error 0: wherever it stands in the order it adds nothing, and it is left out.
    """
    logits = 2 * phi - 1
    where = (valid & (mask | (logits > -1))).nonzero(as_tuple=True)
    return lovasz_hinge(logits[where], mask[where])


def cross_entropy_term(
    embedding: Float[Tensor, "2 H W"], instance: Instance, valid: Bool[Tensor, "H W"]
) -> Float[Tensor, ""]:
    """In place of the Lovász hinge: mean cross-entropy of φ over every valid pixel of the image."""
    distance = scaled_squared_distance(embedding, instance.centre, bandwidth_to_sharpness(instance.bandwidth))
    return membership_cross_entropy(distance[valid], instance.mask[valid])


def hinge_term(embedding: Float[Tensor, "2 H W"], instance: Instance) -> Float[Tensor, ""]:
    """In place of the Lovász hinge: the hinge beyond the instance's margin δ, a mean over its pixels in units of δ.

    δ is the geometric mean of the bandwidth's margins and gets no gradient: with it the hinge would only grow margins,
    as it knows no pixel that should stay outside. The mean and the unit are ours: the paper's sum would grow with the
    object, and the term's weight beside the other two would have to be found anew for every δ.
    """
    delta = sharpness_to_margin(bandwidth_to_sharpness(instance.bandwidth.detach().mean())).item()
    own = embedding[:, instance.mask]
    return fixed_margin_hinge(own, instance.centre, delta) / (delta * own.shape[1])


def smoothness_term(bandwidth: Float[Tensor, "S H W"], instance: Instance) -> Float[Tensor, ""]:
    """Mean of (b_i - stopgrad(b_k))² over the instance's pixels and the channels; on b, not on 10 b."""
    own = bandwidth[:, instance.mask]
    return (own - instance.bandwidth.detach()[:, None]).square().mean()


def seed_term(
    seed_map: Float[Tensor, "N H W"],
    objects: list[Instance],
    memberships: list[Float[Tensor, "H W"]],
    valid: Bool[Tensor, "H W"],
    foreground_weight: float,
    seed_target: SeedTarget = "membership",
) -> Float[Tensor, ""]:
    """Regress every class's seed map to the membership on its instances and to 0 on all other valid pixels.

    The target is held fixed (stop-gradient): the seed map learns to tell how well a pixel's embedding sits at its
    centre, and does not pull the embeddings. The sum is divided by the number of valid pixels. ``seed_target`` other
    than "membership" is what the paper argues against (see ``SpatialEmbeddingLoss``).
    """
    target = torch.zeros_like(seed_map)
    weight = torch.ones_like(seed_map)
    for o, phi in zip(objects, memberships, strict=True):
        goal = {"membership": phi.detach(), "attached": phi, "mask": torch.ones_like(phi)}[seed_target]
        target[o.class_index - 1][o.mask] = goal[o.mask]
        weight[o.class_index - 1][o.mask] = foreground_weight
    squared_error = weight * (seed_map - target).square()
    return (squared_error * valid).sum() / valid.sum().clamp(min=1)


def _mean(terms: list[Float[Tensor, ""]], if_none: Float[Tensor, ""]) -> Float[Tensor, ""]:
    return torch.stack(terms).mean() if terms else if_none

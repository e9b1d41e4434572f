"""The target of one seed map: the right one, and what people write instead."""

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from lab.exercises.judge import Case, Mistake, compare
from lab.exercises.reference import seed_maps as reference


def seed_target(
    phi: Float[Tensor, "K H W"], instances: Int[Tensor, "H W"], classes: Int[Tensor, "H W"], class_index: int
) -> Float[Tensor, "H W"]:
    """Every pixel of an object of this class: its membership in its own object.  All other pixels: 0."""
    target = torch.zeros_like(phi[0])
    for k in instances[classes == class_index].unique().tolist():
        own = instances == k
        target[own] = phi[k - 1][own]
    return target


def _some_objects(seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Memberships of four objects (1 and 3 of class 1, 2 of class 2, 4 of class 3) that touch, and their labels."""
    phi = torch.rand(4, 7, 9, generator=torch.Generator().manual_seed(seed))
    instances, classes = torch.zeros(7, 9, dtype=torch.int64), torch.zeros(7, 9, dtype=torch.int64)
    boxes = (((1, 4), (1, 4), 1), ((1, 5), (4, 8), 2), ((4, 7), (0, 4), 1), ((5, 7), (5, 8), 3))
    for k, (rows, columns, c) in enumerate(boxes, start=1):
        where = np.s_[slice(*rows), slice(*columns)]
        instances[where], classes[where] = k, c
    return phi, instances, classes


def _own(phi: np.ndarray, instances: np.ndarray) -> np.ndarray:
    """φ of each pixel in its own object, whatever its class; 0 on background."""
    index = np.maximum(instances.astype(int) - 1, 0)
    return np.where(instances > 0, np.take_along_axis(phi, index[None], 0)[0], 0)


def _of_class(phi: np.ndarray, instances: np.ndarray, classes: np.ndarray, c: int) -> np.ndarray:
    """φ of the objects of one class only, as a stack."""
    return phi[np.unique(instances[classes == c]).astype(int) - 1]


TARGET_MISTAKES = (
    Mistake(
        "the mask",
        lambda phi, instances, classes, c: (classes == c).astype(float),
        "this is the mask: 1 on every pixel of the class. A seed map is no foreground map. What should a pixel of a "
        "car say whose embedding lies far from the car's centre?",
    ),
    Mistake(
        "the logit",
        lambda phi, instances, classes, c: np.where(classes == c, 2 * _own(phi, instances) - 1, 0),
        "2φ - 1 is the logit that the Lovász hinge wants, from -1 to 1. A seed score comes out of a sigmoid, from 0 to "
        "1, and its target is φ itself.",
    ),
    Mistake(
        "the logit everywhere",
        lambda phi, instances, classes, c: 2 * np.where(classes == c, _own(phi, instances), 0) - 1,
        "2φ - 1 is the logit that the Lovász hinge wants; on background it made -1, which no sigmoid can reach. The "
        "target is φ itself.",
    ),
    Mistake(
        "the nearest centre",
        lambda phi, instances, classes, c: np.where(classes == c, phi.max(0), 0),
        "you took the largest φ over all objects. A pixel that points into its neighbour's margin would be told that "
        "it does well. Ask for φ of the object to which the pixel belongs.",
    ),
    Mistake(
        "the nearest centre of the class",
        lambda phi, instances, classes, c: np.where(classes == c, _of_class(phi, instances, classes, c).max(0), 0),
        "you took the largest φ over the objects of this class. A pixel of car 1 that points into car 3 would be told "
        "that it does well. Ask for φ of the object to which the pixel belongs.",
    ),
    Mistake(
        "no background",
        lambda phi, instances, classes, c: _of_class(phi, instances, classes, c).max(0),
        "background pixels have a target too, and it is 0 wherever they point: a pixel of the road may lie under a "
        "Gaussian, but it must never become a seed.",
    ),
    Mistake(
        "all classes",
        lambda phi, instances, classes, c: _own(phi, instances),
        "objects of other classes got a target as well. In the map of one class they are background: 0.",
    ),
    Mistake(
        "numbers as indices",
        lambda phi, instances, classes, c: np.where(classes == c, _own(np.roll(phi, -1, 0), instances), 0),
        "each object reads its neighbour's membership map: phi[k] is object k + 1's. Object k is phi[k - 1].",
    ),
    Mistake(
        "whole Gaussians added up",
        lambda phi, instances, classes, c: _of_class(phi, instances, classes, c).sum(0),
        "you added up whole Gaussians. Each object has a say on its own pixels only: everywhere else, even under its "
        "Gaussian, the target is another's φ, or 0.",
    ),
    Mistake(
        "φ > ½",
        lambda phi, instances, classes, c: (classes == c) * (_own(phi, instances) > 0.5).astype(float),
        "this is the decision φ > ½. The target is φ itself: between two pixels of one object the better seed is to "
        "have the higher score.",
    ),
)

judge_target = compare(
    cases=[Case(f"class {c} of four objects that touch", (*_some_objects(c), c)) for c in (1, 2)],
    right=reference.seed_target,
    mistakes=TARGET_MISTAKES,
    praise="on every object its own memberships, and 0 on everything else.",
)

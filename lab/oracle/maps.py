"""What the clustering reads of every pixel, as the network gives it and with ground truth in its place."""

from dataclasses import astuple, dataclass, replace

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from lab.clustering import check_finite
from lab.embedding import at_least_float32, bandwidth_to_sharpness, coordinate_grid, membership, split
from lab.losses import Instance, find_instances
from lab.oracle.margin import best_sharpness

NAMES = ("foreground", "seeds", "centre", "sigma", "offsets")  # in the order in which the clustering needs them


@dataclass(frozen=True)
class Switches:
    """Which parts come from the ground truth; see `lab.oracle` for what each replaces."""

    foreground: bool = False
    seeds: bool = False
    centre: bool = False
    sigma: bool = False
    offsets: bool = False

    @staticmethod
    def of(*names: str) -> "Switches":
        """The switches of these names on, the others off.

        Raises:
            ValueError: a name that is none of `NAMES`.
        """
        strange = sorted(set(names) - set(NAMES))
        if strange:
            raise ValueError(f"found the switch {strange[0]!r}, expected one of {', '.join(NAMES)}.")
        return Switches(**dict.fromkeys(names, True))

    @property
    def on(self) -> tuple[str, ...]:
        """Names of those that are on."""
        return tuple(name for name, on in zip(NAMES, astuple(self), strict=True) if on)


@dataclass(frozen=True)
class Maps:
    """What every pixel says, and of whom it says it.

    Attributes:
        foreground: per class, whether the pixel takes part.
        seed_map: per class, 0..1: how good a seed it is.
        centre: where it puts the centre as a seed (its own embedding, as the method has it), units of 1024 px.
        bandwidth: the raw b, untouched by any switch.
        sharpness: κ of the margin that it sets as a seed.
        embedding: where it points to, units of 1024 px.
    """

    foreground: Bool[Tensor, "N H W"]
    seed_map: Float[Tensor, "N H W"]
    centre: Float[Tensor, "2 H W"]
    bandwidth: Float[Tensor, "S H W"]
    sharpness: Float[Tensor, "S H W"]
    embedding: Float[Tensor, "2 H W"]


def predicted_maps(output: Float[Tensor, "C H W"], bandwidth_channels: int, foreground_threshold: float | int) -> Maps:
    """All as the network gives it.

    Raises:
        ValueError: a channel count that does not fit, or a value that is not finite.
    """
    check_finite(output)
    prediction = split(at_least_float32(output)[None], bandwidth_channels)
    seed_map, embedding, bandwidth = prediction.seed_map[0], prediction.embedding[0], prediction.bandwidth[0]
    return Maps(
        foreground=seed_map > foreground_threshold,
        seed_map=seed_map,
        centre=embedding,
        bandwidth=bandwidth,
        sharpness=bandwidth_to_sharpness(bandwidth),
        embedding=embedding,
    )


def with_truth(maps: Maps, instances: Int[Tensor, "H W"], classes: Int[Tensor, "H W"], switches: Switches) -> Maps:
    """The maps with ground truth wherever a switch is on, and untouched where none is.

    Args:
        instances: 0 where there is none; any other number names an instance.
        classes: -1 void, 0 background, 1..N.
    """
    if switches.foreground:
        indices = torch.arange(1, len(maps.seed_map) + 1, device=classes.device)
        maps = replace(maps, foreground=classes == indices[:, None, None])
    if switches.offsets:
        pointing = point_at_objects(maps.embedding, instances, classes)
        maps = replace(maps, embedding=pointing, centre=pointing)
    if not (switches.seeds or switches.centre or switches.sigma):
        return maps
    objects = find_instances(maps.embedding, maps.bandwidth, instances, classes, "learned")
    if switches.sigma:
        kappas = _best_of_each(maps, objects)
        maps = replace(maps, sharpness=_painted(maps.sharpness, objects, kappas))
    else:
        kappas = [bandwidth_to_sharpness(o.bandwidth) for o in objects]
    if switches.seeds:
        maps = replace(maps, seed_map=ideal_seed_map(maps, objects, kappas))
    if switches.centre:
        maps = replace(maps, centre=_painted(maps.centre, objects, [o.centre for o in objects]))
    return maps


def point_at_objects(
    embedding: Float[Tensor, "2 H W"], instances: Int[Tensor, "H W"], classes: Int[Tensor, "H W"]
) -> Float[Tensor, "2 H W"]:
    """Every pixel of an instance points at the instance's own pixel that is nearest to its centroid."""
    pointing = embedding.clone()
    position = coordinate_grid(*instances.shape, device=embedding.device, dtype=embedding.dtype)
    for o in find_instances(embedding, embedding, instances, classes, "centroid"):
        own = position[:, o.mask]
        nearest = (own - o.centre[:, None]).square().sum(0).argmin()
        pointing[:, o.mask] = own[:, nearest, None]
    return pointing


def ideal_seed_map(maps: Maps, objects: list[Instance], kappas: list[Float[Tensor, "S"]]) -> Float[Tensor, "N H W"]:
    """On each object's pixels their membership in it, in the map of its class; 0 elsewhere."""
    ideal = torch.zeros_like(maps.seed_map)
    for o, kappa in zip(objects, kappas, strict=True):
        ideal[o.class_index - 1][o.mask] = membership(maps.embedding[:, o.mask], o.centre, kappa)
    return ideal


def _best_of_each(maps: Maps, objects: list[Instance]) -> list[Float[Tensor, "S"]]:
    """κ of the best margin of every object."""
    taking_part = [plane.flatten().nonzero()[:, 0] for plane in maps.foreground]
    embeddings = [maps.embedding.flatten(1)[:, pixels] for pixels in taking_part]
    return [
        best_sharpness(
            embeddings[o.class_index - 1],
            o.mask.flatten()[taking_part[o.class_index - 1]],
            int(o.mask.sum()),
            o.centre,
            bandwidth_to_sharpness(o.bandwidth),
        )
        for o in objects
    ]


def _painted(
    plane: Float[Tensor, "D H W"], objects: list[Instance], values: list[Float[Tensor, "D"]]
) -> Float[Tensor, "D H W"]:
    """The map with one value for all pixels of each object."""
    painted = plane.clone()
    for o, value in zip(objects, values, strict=True):
        painted[:, o.mask] = value[:, None]
    return painted

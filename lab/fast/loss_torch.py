"""The fast loss in plain torch operations over the whole batch: for a GPU, and for a processor without a compiler.

On a GPU the enemies are waiting for it, and starting one small operation after the other. Here the processor waits
three times a batch to read numbers, however many instances there are (how many different ids are there; how many
instances, and are the labels sound; how many pixels does each reach). All instances go through one sort together, and
the number of operations does not depend on theirs either, as long as their pairs with the pixels they reach are no more
than the batch has pixels; beyond that they are taken in portions, so that memory does not grow, and the operations are
so many a portion.

Sums that many pixels add to are made in float64 by `segment_reduce` and `index_put_`, which add in a fixed order: the
same bits in every run.
"""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from lab.embedding import BANDWIDTH_GAIN, LARGEST_EXPONENT, PIXELS_PER_UNIT, bandwidth_to_sharpness, coordinate_grid
from lab.fast.loss_parts import LabelFault, Parts, Slopes
from lab.fast.loss_torch_reach import Batch, Portion, away_from_centre, by_instance, distances, find_runs, in_portions


def torch_terms(output: Float[Tensor, "B C H W"], parts: Parts) -> tuple[tuple[Tensor, Tensor, Tensor], Slopes]:
    """The three terms and their gradients.

    Raises:
        LabelFault: labels that the loss refuses.
    """
    images, channels, height, width = output.shape
    split = 2 + parts.bandwidth_channels
    tanh = torch.tanh(output[:, :2])
    embedding = tanh + coordinate_grid(height, width, device=output.device, dtype=output.dtype)
    numbered = _number(parts, channels - split)
    batch = _describe(_points(embedding), _points(output[:, 2:split]), numbered, parts, width)
    hinge, by_embedding, by_mean = _hinges(batch, parts.learned)
    rough, by_bandwidth = _smoothness(batch)
    seed, by_seed = _seeds(torch.sigmoid(output[:, split:]).contiguous(), parts, batch)

    def as_map(points: Float[Tensor, "P X"]) -> Float[Tensor, "B X H W"]:
        return points.to(output.dtype).view(images, height, width, -1).permute(0, 3, 1, 2)

    spread = as_map(_among_own(batch, by_mean))
    slopes = Slopes(as_map(by_embedding) * (1 - tanh.square()), spread, as_map(by_bandwidth), by_seed)
    return (hinge.to(output.dtype), rough.to(output.dtype), seed.to(output.dtype)), slopes


def _points(maps: Float[Tensor, "B X H W"]) -> Float[Tensor, "P X"]:
    return maps.permute(0, 2, 3, 1).reshape(-1, maps.shape[1])


def _number(parts: Parts, num_classes: int) -> tuple[Int[Tensor, " P"], int, int]:
    """Instance of every pixel, numbered through the batch; how many there are; how many pixels they have."""
    instances, classes = parts.instances.long(), parts.classes.long()
    is_object = classes > 0
    names, number = torch.unique(torch.where(is_object, instances, 0), return_inverse=True)  # the first wait
    image = torch.arange(len(instances), device=instances.device).view(-1, 1, 1)
    nothing = len(instances) * len(names)
    code = torch.where(is_object, number + image * len(names), nothing).flatten()
    class_of = torch.zeros(nothing + 1, dtype=torch.long, device=code.device)
    class_of.scatter_reduce_(0, code, classes.flatten(), "amax")
    present = class_of[:-1] > 0
    fault = (classes < -1) | (classes > num_classes) | ((classes >= 0) & ((instances != 0) != is_object))
    fault |= is_object & (class_of[code].view_as(classes) != classes)
    count, pixels, faults = torch.stack([present.sum(), is_object.sum(), fault.sum()]).tolist()  # the second
    if faults:
        raise LabelFault
    slot = torch.nn.functional.pad(present.cumsum(0) - 1, (0, 1))[code].view_as(classes)
    slot = torch.where(is_object, slot, torch.where(classes < 0, count + 1, count))
    return slot.flatten(), count, pixels


def _describe(
    embedding: Float[Tensor, "P 2"],
    bandwidth: Float[Tensor, "P S"],
    numbered: tuple[Int[Tensor, " P"], int, int],
    parts: Parts,
    width: int,
) -> Batch:
    """Gather the pixels of every instance, and take its means."""
    (slot, count, pixels), images = numbered, len(parts.instances)
    own_slot, own = (part[:pixels] for part in torch.sort(slot, stable=True))
    sizes = torch.zeros(count, dtype=torch.long, device=slot.device).index_add_(0, own_slot, torch.ones_like(own_slot))
    per_image = len(slot) // images
    image = (own // per_image)[sizes.cumsum(0) - 1]
    position = torch.stack([own % width, own % per_image // width], 1) / PIXELS_PER_UNIT
    centre = by_instance((embedding[own] if parts.learned else position).double(), "mean", sizes)
    mean = by_instance(bandwidth[own].double(), "mean", sizes)
    share = 1 / (torch.zeros(images, device=slot.device).double().index_add_(0, image, torch.ones_like(mean[:, 0])))
    sharpness = bandwidth_to_sharpness(mean).expand(-1, 2)
    dtype = embedding.dtype
    return Batch(
        embedding, bandwidth, slot, own, own_slot, sizes, image, share[image] / images, centre.to(dtype), mean,
        sharpness.to(dtype), per_image,
    )  # fmt: skip


def _hinges(batch: Batch, learned: bool) -> tuple[Tensor, Float[Tensor, "P 2"], Float[Tensor, "K S"]]:
    """The instance term, and its gradients by the embeddings and by the means of b."""
    total = batch.share.new_zeros(())
    by_embedding = torch.zeros_like(batch.embedding, dtype=torch.float64)
    sums = batch.share.new_zeros(len(batch.sizes), 4)
    for portion in in_portions(batch, find_runs(batch)) if len(batch.sizes) else ():
        value, slope, pixel, sums[portion.first : portion.last] = _hinge(batch, portion)
        total = total + value
        by_embedding.index_put_((pixel,), slope, accumulate=True)
    if learned:
        by_embedding.index_add_(0, batch.own, (-sums[:, :2] / batch.sizes[:, None])[batch.own_slot])
    by_mean = BANDWIDTH_GAIN * sums[:, 2:]
    by_mean = by_mean if batch.mean.shape[1] == 2 else by_mean.sum(1, keepdim=True)
    free = (BANDWIDTH_GAIN * batch.mean).abs() <= LARGEST_EXPONENT  # beyond the limit κ does not move with b
    return total, by_embedding, by_mean * free


def _hinge(batch: Batch, portion: Portion) -> tuple[Tensor, Float[Tensor, "Q 2"], Int[Tensor, " Q"], Tensor]:
    """The portion's share of the instance term; slopes by the embeddings of pixels; their sums, and those by κ times κ.

    The order of the errors within each instance is that of two stable sorts, by error and then by instance. Errors are
    in float64: in float32 those near 2, as all are of an untrained network, would tie.
    """
    distance = distances(batch, portion.pixel, portion.slot)
    phi = torch.exp(-distance.double())
    counts = portion.is_own | ((distance < portion.reach[portion.slot]) & (batch.slot[portion.pixel] != portion.slot))
    error = torch.where(portion.is_own, 2 - 2 * phi, torch.where(counts, 2 * phi, -1.0))
    order = torch.sort(error, descending=True, stable=True).indices
    order = order[torch.sort(portion.slot[order], stable=True).indices]
    slot, pixel, is_own = portion.slot[order], portion.pixel[order], portion.is_own[order]
    weight = _increments(batch.sizes, portion, slot, is_own) * batch.share[slot] * counts[order]
    pull = torch.where(is_own, 2, -2) * weight * phi[order]
    away = away_from_centre(batch, pixel, slot)
    slope = 2 * pull[:, None] * batch.sharpness[slot] * away
    sums = by_instance(torch.cat([slope, 0.5 * slope * away], 1), "sum", portion.pairs)
    return (error[order] * weight).sum(), slope, pixel, sums


def _increments(
    sizes: Int[Tensor, " K"], portion: Portion, slot: Int[Tensor, " Q"], is_own: Bool[Tensor, " Q"]
) -> Float[Tensor, " Q"]:
    """Of the Jaccard loss, in closed form (see `lab.lovasz.jaccard_increments`), for pairs sorted by instance."""
    here, size = slot - portion.first, sizes[slot]
    own = sizes[portion.first : portion.last]
    foreground = is_own.cumsum(0) - (own.cumsum(0) - own)[here]
    passed = torch.arange(1, len(slot) + 1, device=slot.device) - (portion.pairs.cumsum(0) - portion.pairs)[here]
    union = (size + passed - foreground).double()
    return torch.where(is_own, 1 / union, (size - foreground) / (union * (union - 1).clamp(min=1)))


def _among_own(batch: Batch, values: Float[Tensor, "K S"]) -> Float[Tensor, "P S"]:
    """A mean passes its gradient on in equal parts to the pixels that it was taken over."""
    shared = (values / batch.sizes[:, None])[batch.own_slot]
    return torch.zeros_like(batch.bandwidth, dtype=torch.float64).index_copy_(0, batch.own, shared)


def _smoothness(batch: Batch) -> tuple[Tensor, Float[Tensor, "P S"]]:
    """The smoothness term, b_k held fixed, and its gradient by b."""
    away = batch.bandwidth[batch.own] - batch.mean[batch.own_slot]
    weight = (batch.share / (batch.sizes * away.shape[1]))[batch.own_slot][:, None]
    gradient = torch.zeros_like(batch.bandwidth, dtype=torch.float64).index_copy_(0, batch.own, 2 * weight * away)
    return (weight * away.square()).sum(), gradient


def _seeds(seeds: Float[Tensor, "B N H W"], parts: Parts, batch: Batch) -> tuple[Tensor, Float[Tensor, "B N H W"]]:
    """The seed term and its gradient by the logits: all against 0 first, then the own pixels of objects put right."""
    valid = (parts.classes >= 0).to(seeds.dtype)[:, None]
    share = 1 / (valid.sum((1, 2, 3), dtype=torch.float64).clamp(min=1) * len(seeds))  # a pixel's, in the mean
    square = seeds.square() * valid
    total = (square.sum((1, 2, 3), dtype=torch.float64) * share).sum()
    gradient = 2 * share.to(seeds.dtype).view(-1, 1, 1, 1) * square * (1 - seeds)
    image, pixel = batch.own // batch.pixels_per_image, batch.own % batch.pixels_per_image
    place = (image * seeds.shape[1] + parts.classes.flatten()[batch.own].long() - 1) * batch.pixels_per_image + pixel
    own = seeds.flatten()[place]
    away = own - torch.exp(-distances(batch, batch.own, batch.own_slot))
    total = total + ((parts.foreground_weight * away.square() - own.square()) * share[image]).sum()
    slope = 2 * parts.foreground_weight * share[image] * away * own * (1 - own)
    gradient.view(-1).index_copy_(0, place, slope.to(seeds.dtype))
    return total, gradient

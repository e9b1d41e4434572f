"""Train the real network with the real loss on one scene over and over, one step at a time.

Not how one trains a model: the network learns the one scene by heart. It is how one *watches* the loss at work, in a
minute on two CPU cores. Everything is as in a training but for three things, each for a reason:

- **Batch norm normalises by the one scene's own statistics**, as any training on one image would. They are the same
  image's at every step, so snapshots are taken from the training pass itself: the running averages of evaluation
  mode lag dozens of steps behind a network that changes this fast.
- **Dropout is off.** It is there to keep a network from learning its data by heart, which is what is wanted here, and
  its noise would shake the picture from step to step.
- **The learning rate stays** where it is: there is no end to decay towards, as whoever watches stops when they like.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from lab.datasets.scene import Scene
from lab.embedding import PIXELS_PER_UNIT, bandwidth_to_sharpness, membership, sharpness_to_margin, split
from lab.erfnet import BranchedERFNet
from lab.losses import Centre, find_instances, total_loss

# The authors' code starts here too. On a 64x64 scene, margins then leave their start within some dozens of steps and
# have reached their objects after some hundreds.
LEARNING_RATE = 5e-4


@runtime_checkable
class Loss(Protocol):
    """What `overfit` asks of a loss: ``SpatialEmbeddingLoss``, or one that was changed to see what happens."""

    @property
    def bandwidth_channels(self) -> int:
        """S of the network."""
        ...

    @property
    def centre(self) -> Centre:
        """What C_k is."""
        ...

    def __call__(
        self, output: Float[Tensor, "B C H W"], instances: Int[Tensor, "B H W"], classes: Int[Tensor, "B H W"]
    ) -> dict[str, Float[Tensor, ""]]:
        """The named terms, not yet weighted."""
        ...


@dataclass(frozen=True)
class Snapshot:
    """Where the training stands after ``step`` updates of the weights.

    Attributes:
        step: 0 is the untrained network.
        terms: the loss's named terms, not yet weighted.
        output: [2+S+N, H, W], as the network gave it in this step; detached.
        numbers: the instances' numbers in the scene, ascending; what follows is in their order.
        centres: centre of attraction of each, x then y, in px.
        margins: of each instance in px, one for a circle, two (x, y) for an ellipse.
        iou: of each instance's mask with the pixels whose membership in it is above one half. No seeds and no
            clustering in it: how well offsets and bandwidth alone tell the object from all other pixels, void ones too.
    """

    step: int
    terms: dict[str, float]
    output: Float[Tensor, "C H W"]
    numbers: tuple[int, ...]
    centres: Float[Tensor, "K 2"]
    margins: Float[Tensor, "K S"]
    iou: Float[Tensor, "K"]


def overfit(
    scene: Scene,
    loss: Loss,
    steps: int,
    seed: int = 0,
    learning_rate: float = LEARNING_RATE,
    network: BranchedERFNet | None = None,
) -> Iterator[Snapshot]:
    """Yield ``steps`` + 1 snapshots, the first of the untrained network; each further one costs one update.

    A generator: take a snapshot when you are ready to draw it, and stop when you have seen enough.

    Args:
        scene: any size; 64x64 takes some 60 ms a step on one core.
        loss: with its S and the kind of its centre.
        seed: of the weights. The same seed gives the same run.
        learning_rate: of Adam.
        network: trained as it is, on its device; by default a new one with as many seed maps as the scene's highest
            class. It is left in training mode, with dropout off.

    Raises:
        FloatingPointError: a term is not finite.
    """
    network = network or new_network(scene, loss, seed)
    prepare(network)
    device = next(network.parameters()).device
    image = (torch.from_numpy(scene.image).permute(2, 0, 1).float() / 255)[None].to(device)
    instances = torch.from_numpy(scene.instances).long()[None].to(device)
    classes = torch.from_numpy(scene.classes).long()[None].to(device)
    optimiser = torch.optim.Adam(network.parameters(), lr=learning_rate)
    for step in range(steps + 1):
        output = network(image)
        terms = loss(output, instances, classes)
        total = total_loss(terms)
        check_finite(step, terms)
        yield take_snapshot(step, terms, output.detach()[0], instances[0], classes[0], loss)
        if step < steps:
            optimiser.zero_grad()
            total.backward()
            optimiser.step()


def new_network(scene: Scene, loss: Loss, seed: int) -> BranchedERFNet:
    """A network for the scene's classes; the caller's random numbers are left as they were."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return BranchedERFNet(loss.bandwidth_channels, max(1, int(scene.classes.max())))


def check_finite(step: int, terms: dict[str, Float[Tensor, ""]]) -> None:
    """Raise FloatingPointError with all terms if one is NaN or infinite."""
    if not all(term.isfinite() for term in terms.values()):
        found = ", ".join(f"{name} {term.item():g}" for name, term in terms.items())
        raise FloatingPointError(f"step {step}: found the terms {found}, expected finite numbers; lower learning_rate.")


def prepare(network: nn.Module) -> None:
    """Training mode without dropout."""
    network.train()
    for module in network.modules():
        if isinstance(module, nn.Dropout2d):
            module.eval()


@torch.no_grad()
def take_snapshot(
    step: int,
    terms: dict[str, Float[Tensor, ""]],
    output: Float[Tensor, "C H W"],
    instances: Int[Tensor, "H W"],
    classes: Int[Tensor, "H W"],
    loss: Loss,
) -> Snapshot:
    """What the loss sees of each instance, in pixels."""
    prediction = split(output[None], loss.bandwidth_channels)
    embedding, bandwidth = prediction.embedding[0], prediction.bandwidth[0]
    objects = find_instances(embedding, bandwidth, instances, classes, loss.centre)
    sharpness = [bandwidth_to_sharpness(o.bandwidth) for o in objects]
    claimed = [membership(embedding, o.centre, k) > 0.5 for o, k in zip(objects, sharpness, strict=True)]
    overlaps = [(c & o.mask).sum() / (c | o.mask).sum() for c, o in zip(claimed, objects, strict=True)]
    none = output.new_zeros(0)
    return Snapshot(
        step,
        {name: term.item() for name, term in terms.items()},
        output,
        tuple(int(instances[o.mask][0]) for o in objects),
        torch.stack([o.centre for o in objects]) * PIXELS_PER_UNIT if objects else none.view(0, 2),
        torch.stack([sharpness_to_margin(k) for k in sharpness]) if objects else none.view(0, loss.bandwidth_channels),
        torch.stack(overlaps) if objects else none,
    )

"""How often a piece of code waits for the device: counted on a processor, where waiting costs nothing."""

from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from lab.exercises.fast.listener import Listener

NEED_THE_ANSWER = {"_local_scalar_dense", "nonzero", "_unique2", "masked_select"}


class Waits(Listener):
    """Counts the operations whose result has a size, or is a number, that the host must know before it goes on."""

    def counts(self, name: str, arguments: tuple[Any, ...]) -> bool:
        """By the operation's name, or because it takes pixels by a mask."""
        places = arguments[1] if name.startswith(("index", "_index")) and len(arguments) > 1 else ()
        masks = places if isinstance(places, list | tuple) else ()
        return name in NEED_THE_ANSWER or any(m is not None and m.dtype == torch.bool for m in masks)


def count_waits(function: Callable[..., Any], *arguments: Any) -> int:
    """How often a device would be waited for in one call."""
    with Waits() as waits:
        function(*arguments)
    return waits.count


def tight_centres(e: Float[Tensor, "2 H W"], ids: Int[Tensor, "H W"]) -> list[Float[Tensor, "2"]]:
    """The listing of the exercise: centres of the objects whose pixels point close together."""
    centres = []
    for k in ids.unique():
        mask = ids == k
        size = mask.sum()
        centre = e[:, mask].mean(1)
        squared = (e - centre[:, None, None]).square().sum(0)
        spread = torch.where(mask, squared, 0).sum() / size
        if spread.item() < 1e-4:
            centres.append(centre)
    return centres


# Of tight_centres on a picture with this many numbers in ids.
OBJECTS = 20
WAITS = 1 + 2 * OBJECTS
MISTAKES = {
    2 * OBJECTS: "two for each object is right. One more comes before the loop: how many numbers there are in ids is "
    "not known before unique has run.",
    OBJECTS: "that is one for each object. .item() wants a number, and e[:, mask] wants to know how many pixels there "
    "will be: both wait.",
    1 + OBJECTS: "that is one for each object, and one for unique. In the loop both .item() and e[:, mask] wait.",
    1 + 3 * OBJECTS: "three for each object are one too many. Which of your three gives a tensor whose size is known "
    "beforehand? That one is only put on the list of things to do.",
    3 * OBJECTS: "three for each object are one too many, and unique, once, is missing.",
    1 + 4 * OBJECTS: "four for each object are two too many. mask.sum() is a tensor of one number, and torch.where "
    "gives as many pixels as it gets: nobody has to look at them in order to go on.",
    1 + 6 * OBJECTS: "you counted every line of the loop. A line waits only if Python has to know a number, or how "
    "long a result is, before it can go on.",
    3: "that is a walk through the loop for one object. There are twenty.",
    2: "those are the two of one object. The loop runs twenty times, and something waits before it.",
    1: "unique waits, once. In the loop two more things do, each time.",
    0: "nothing that is asked for its value, or for its length, can be answered before the device has come that far.",
}

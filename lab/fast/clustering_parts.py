"""What the fast clustering stands on: a number in place of exp, a bound in place of sigmoid, empty masks."""

import math
import mmap

import torch
from jaxtyping import Bool
from torch import Tensor


class CannotServe(ValueError):
    """The readable version must do it."""


def largest_inside(dtype: torch.dtype, device: torch.device | str = "cpu") -> float:
    """The largest d² for which torch's exp(-d²) is above one half: found by asking it around ln 2.

    Further away its error, of a last bit or two, decides nothing.

    Raises:
        CannotServe: it is not monotone there.
    """
    step = torch.finfo(dtype).eps / 2  # the spacing of numbers from 1/2 to 1
    # Computed on the CPU: every one of them is a number of this type, whatever the device does to products.
    near = (math.log(2) + torch.arange(-64, 65, dtype=torch.float64, device="cpu") * step).to(dtype)
    inside = (torch.exp(-near.to(device)) > 0.5).cpu()
    count = int(inside.sum())
    if not inside[:count].all() or count in (0, len(near)):
        raise CannotServe(
            "torch's exp does not fall steadily around ln 2 here, so that no single number stands for its decision."
        )
    return float(near[count - 1])


def logit_bound(threshold: float) -> float:
    """A logit that every value lies above whose sigmoid, rounded however, is above ``threshold``."""
    share = 0.999 * threshold
    return math.log(share) - math.log1p(-share) if share > 0 else -math.inf


def zero_pages(shape: tuple[int, ...]) -> Bool[Tensor, "..."]:
    """False everywhere, which takes memory, and time, only where it is written: the system's own empty pages (CPU).

    Not `numpy.zeros`, which asks for pages of 2 MB where it can: one mask at 2 MP each, so that all would be written.

    Raises:
        MemoryError: the system does not promise so much.
    """
    size = math.prod(shape)
    if size == 0:
        return torch.zeros(shape, dtype=torch.bool, device="cpu")
    try:
        pages = mmap.mmap(-1, size, access=mmap.ACCESS_COPY)
    except OSError as error:
        raise MemoryError(
            f"{' x '.join(map(str, shape))} px of masks, {size / 2**30:.3g} GiB: the system refuses so much memory "
            f"({error}). A smaller picture or a higher seed threshold needs less."
        ) from error
    return torch.frombuffer(pages, dtype=torch.bool).view(shape)

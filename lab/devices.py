"""Where to compute."""

import torch


def pick_device(name: str = "auto") -> torch.device:
    """The device of that name; "auto" is CUDA where there is one, else the CPU.

    Raises:
        ValueError: no such device.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if name not in ("cpu", "cuda"):
        raise ValueError(f"found the device {name!r}, expected auto, cpu or cuda.")
    if name == "cuda" and not torch.cuda.is_available():
        raise ValueError("found no CUDA device, expected one. Say --device cpu, or see `python -m lab doctor`.")
    return torch.device(name)

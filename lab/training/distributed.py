"""Several processes, on one machine or several, as torchrun starts them; one process is the simplest case.

The batch of the settings is that of all processes together.  Each takes an equal share of it, the gradients are
averaged (DistributedDataParallel), and as the loss is a mean over images the step is that of one process.  What
differs: dropout draws other numbers, and batch norm, where it is not frozen, takes the statistics of its own share.
The first process alone writes files, shows the bar, records and validates.
"""

import os
from typing import TYPE_CHECKING, Any, cast

import torch
from jaxtyping import Float
from torch import Tensor

from lab.training.settings import TrainingSettings, stages

if TYPE_CHECKING:
    import lightning.fabric


def make_fabric(device: torch.device, precision: str | None) -> "lightning.fabric.Fabric":
    """The device, by Lightning Fabric, and the other processes if there are any.  Imported here: it takes seconds.

    Raises:
        ValueError: more processes on this machine than it has CUDA devices.
    """
    from lightning.fabric import Fabric

    exactness: Any = precision or usual_precision(device)  # Fabric itself checks the word
    if process_count() == 1:
        return Fabric(accelerator=device.type, devices=1, precision=exactness)
    here = processes_here()
    if device.type == "cuda" and here > torch.cuda.device_count():
        raise ValueError(
            f"--nproc-per-node: found {here}, expected at most {torch.cuda.device_count()}, the CUDA devices of this "
            "machine. Lower it, or say --device cpu."
        )
    nodes = process_count() // here
    return Fabric(accelerator=device.type, devices=here, num_nodes=nodes, strategy="ddp", precision=exactness)


def usual_precision(device: torch.device) -> str:
    """bf16-mixed on CUDA, where it is twice as fast; 32-true on the CPU, where it is not."""
    return "bf16-mixed" if device.type == "cuda" else "32-true"


def process_count() -> int:
    """How many processes torchrun started; 1 without it."""
    return int(os.environ.get("WORLD_SIZE", 1)) if "TORCHELASTIC_RUN_ID" in os.environ else 1


def processes_here() -> int:
    """Those of them on this machine."""
    return int(os.environ["LOCAL_WORLD_SIZE"]) if process_count() > 1 else 1


def is_first() -> bool:
    """Whether this is the first of all processes (or the only one)."""
    return process_count() == 1 or os.environ.get("RANK") == "0"


def check_shares(settings: TrainingSettings, processes: int) -> None:
    """Raise ValueError if a stage's batch cannot be dealt out equally."""
    for stage in stages(settings):
        if stage.steps and stage.batch % processes:
            raise ValueError(
                f"{stage.name}_batch: found {stage.batch} for {processes} processes, expected a multiple of "
                f"{processes}: it is the batch of all together. Change it, or torchrun's --nproc-per-node."
            )


def share(batch: int, fabric: "lightning.fabric.Fabric") -> tuple[int, int]:
    """How many of a batch this process takes, and the position of its first."""
    size = batch // fabric.world_size
    return size, fabric.global_rank * size


def agree(fabric: "lightning.fabric.Fabric", values: Float[Tensor, " T"], stop: bool) -> tuple[list[float], bool]:
    """Means over all processes, and whether one of them was asked to stop.

    One exchange for both.  Reading the numbers makes the host wait for a GPU, once a step: without it a NaN would be
    in the weights before anybody sees it, and the loss itself waits more often (it counts instances).
    """
    if fabric.world_size == 1:
        return values.tolist(), stop
    told = torch.cat([values, values.new_tensor([float(stop)])])
    *means, stops = cast(Tensor, fabric.all_reduce(told, reduce_op="mean")).tolist()
    return means, stops > 0


def gathered(fabric: "lightning.fabric.Fabric", names: list[str]) -> list[str]:
    """The names of all processes' lists."""
    if fabric.world_size == 1:
        return names
    lists: list[list[str]] = [[] for _ in range(fabric.world_size)]
    torch.distributed.all_gather_object(lists, names)
    return [name for found in lists for name in found]


def copy_from_first(fabric: "lightning.fabric.Fabric", tensor: Tensor) -> None:
    """Give all processes the values that the first one has, after it alone changed them."""
    if fabric.world_size > 1:
        torch.distributed.broadcast(tensor.detach(), src=0)

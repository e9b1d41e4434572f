"""The ways that are compared: what is taught and its fast twin, on the same inputs."""

from collections.abc import Callable
from typing import Final

import torch

from lab.clustering import cluster
from lab.erfnet import BranchedERFNet
from lab.fast.choice import Implementation
from lab.losses import SpatialEmbeddingLoss, total_loss
from lab.speed.cases import Case, make_case
from lab.speed.settings import Setting

Way = Callable[[], object]
READABLE: Final = "readable"
FAST: Final = "fast"


def ways_of(setting: Setting, device: torch.device | str = "cpu") -> dict[str, Way]:
    """By name, the readable way first; each does the whole work whenever it is called."""
    if setting.subject == "network":
        return network_ways(setting, device)
    case = case_of(setting).to(device)
    return loss_ways(case) if setting.subject == "loss" else clustering_ways(case, setting.min_pixels)


def case_of(setting: Setting) -> Case:
    """Of a setting of the loss or the clustering, on the CPU."""
    s = setting
    if s.kind is None or s.instances is None:
        raise ValueError(f"found a setting of the {s.subject}, expected one of the loss or the clustering.")
    return make_case(s.kind, s.instances, s.height, s.width, s.num_classes, s.batch, s.seed)


def loss_ways(case: Case) -> dict[str, Way]:
    """Value and gradient of the weighted sum of the terms."""

    def step(implementation: Implementation) -> Way:
        loss, output = SpatialEmbeddingLoss(implementation=implementation), case.output.detach().requires_grad_()

        def run() -> None:
            output.grad = None
            total_loss(loss(output, case.instances, case.classes)).backward()

        return run

    return {name: step(name) for name in (READABLE, FAST)}


def clustering_ways(case: Case, min_pixels: int) -> dict[str, Way]:
    """All classes of the first image, with the thresholds of the authors' tests."""

    def find(implementation: Implementation) -> Way:
        return lambda: cluster(case.output[0], min_pixels=min_pixels, implementation=implementation)

    return {name: find(name) for name in (READABLE, FAST)}


def network_ways(setting: Setting, device: torch.device | str) -> dict[str, Way]:
    """A forward pass of the network with random weights; on CUDA half precision and the compiler, too."""
    from lab.fast.network import prepare_for_inference

    torch.manual_seed(setting.seed)
    network = network_of(setting).to(device)
    image = torch.rand(setting.batch, 3, setting.height, setting.width, device=device)
    networks = {READABLE: network, FAST: prepare_for_inference(network)}
    if torch.device(device).type == "cuda":
        networks["fast, float16"] = prepare_for_inference(network, precision="float16")
        networks["fast, float16, compiled"] = prepare_for_inference(network, precision="float16", compile=True)

    def look(way: torch.nn.Module) -> Way:
        @torch.inference_mode()
        def run() -> torch.Tensor:
            return way(image)

        return run

    return {name: look(way) for name, way in networks.items()}


def network_of(setting: Setting) -> BranchedERFNet:
    """For inference."""
    return BranchedERFNet(2, setting.num_classes).eval()

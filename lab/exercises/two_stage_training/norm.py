"""Training mode with batch norm's statistics fixed: the right one, and how wrong ones are told by what they leave."""

from typing import Any

import torch
from torch import Tensor, nn

from lab.exercises.exercise import Verdict, right, untried, wrong
from lab.exercises.guard import Trouble, attempt
from lab.exercises.judge import is_missing
from lab.training.batch_statistics import statistics_of


def training_mode(network: nn.Module) -> None:
    """Switch to training; batch norm goes on using its running statistics, and learns its two affine weights."""
    network.train()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()


class Norm(nn.BatchNorm2d):
    """Batch norm that remembers how it was switched."""

    def train(self, mode: bool = True) -> "Norm":
        """As of any module."""
        self.switched = [*getattr(self, "switched", []), mode]
        return super().train(mode)


def small_network() -> nn.Sequential:
    """A convolution, a norm, a block with a norm of its own and dropout; statistics that are no batch's."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(4)
        block = nn.Sequential(nn.Conv2d(4, 4, 3, padding=1), Norm(4), nn.ReLU(), nn.Dropout2d(0.5))
        network = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), Norm(4), nn.ReLU(), block, nn.Conv2d(4, 2, 1))
        for norm in norms_of(network):
            statistics_of(norm)[0].normal_()
            statistics_of(norm)[1].uniform_(0.5, 2.0)
    for norm in norms_of(network):
        norm.switched = []
    return network


def norms_of(network: nn.Module) -> list[Norm]:
    """Outer first."""
    return [module for module in network.modules() if isinstance(module, Norm)]


MESSAGES = {
    "affine frozen": "you have frozen what batch norm learns, its two affine weights. They go on being trained; what "
    "is to stand still are the running mean and variance, and these are no parameters: they are updated in the "
    "forward pass, by modules that are in training mode.",
    "all frozen": "no weight would be trained any more. Nothing has to be done to requires_grad here: the running "
    "statistics are no parameters.",
    "dropout off": "the whole network is in evaluation mode, dropout with it. Only batch norm is to be.",
    "not back": "a network that was training keeps its dropout, but one that comes from a validation, which has put "
    "it into evaluation mode, stays there. Switch all of it to training first.",
    "undone": "you did freeze it, and network.train() afterwards undid it: train() goes through every module. The "
    "order matters.",
    "inner": "the outer norm is frozen, the one inside the block is not. network.modules() goes through all levels, "
    "children() only through the first.",
    "momentum": "with momentum 0 the running statistics stay as they are, but nobody uses them: a norm in training "
    "mode divides by the statistics of the batch at hand, here of two crops.",
    "no tracking": "without running statistics batch norm falls back on those of the batch, in evaluation mode, too. "
    "They are to be used, not dropped.",
    "reset": "the running statistics have changed: they hold what stage 1 has learned and are to stay as they are.",
    "not frozen": "batch norm is still in training mode: it divides by the statistics of the batch and goes on "
    "changing its running ones.",
}
PRAISE = "statistics fixed, everything else in training, whatever was before."


def judge_training_mode(answer: Any) -> Verdict:
    """Called on a network that trains and on one that comes from a validation.  Never raises."""
    if is_missing(answer):
        return untried()
    if not callable(answer):
        return wrong(f"the check takes your function itself, not its result; this is a {type(answer).__name__}.")
    try:
        training = _after(answer, validated=False)
        validated = _after(answer, validated=True)
    except Trouble as trouble:
        return wrong(str(trouble))
    if _untouched(training, validated):
        return untried("your function changes nothing yet.")
    problem = find_problem(training) or find_problem(validated)
    if problem == "dropout off" and not find_problem(training):
        problem = "not back"
    return wrong(MESSAGES[problem]) if problem else right(PRAISE)


def _after(answer: Any, *, validated: bool) -> nn.Sequential:
    network = small_network()
    network.train(not validated)
    for norm in norms_of(network):
        norm.switched = []
    attempt(answer, network)
    return network


def _untouched(training: nn.Module, validated: nn.Module) -> bool:
    modes = {m.training for m in training.modules()}, {m.training for m in validated.modules()}
    return modes == ({True}, {False}) and not find_frozen(training) and not _statistics_problem(training)


def find_problem(network: nn.Sequential) -> str:
    """The name of what is wrong with the state of the network; empty if nothing is."""
    outer, inner = norms_of(network)
    dropout = next(m for m in network.modules() if isinstance(m, nn.Dropout2d))
    if problem := find_frozen(network) or _statistics_problem(network):
        return problem
    if outer.training or inner.training:
        if not outer.training:
            return "inner"
        if outer.momentum == 0:
            return "momentum"
        return "undone" if False in outer.switched else "not frozen"
    return "" if dropout.training else "dropout off"


def find_frozen(network: nn.Module) -> str:
    """Whether some weights would not be trained, and which."""
    frozen = {name for name, weight in network.named_parameters() if not weight.requires_grad}
    if not frozen:
        return ""
    convolutions = {name for name in frozen if name in ("0.weight", "4.weight")}
    return "all frozen" if convolutions else "affine frozen"


def _statistics_problem(network: nn.Module) -> str:
    for norm, before in zip(norms_of(network), norms_of(small_network()), strict=True):
        if norm.running_mean is None or norm.running_var is None or not norm.track_running_stats:
            return "no tracking"
        if not all(map(_same, statistics_of(norm), statistics_of(before))):
            return "reset"
    return ""


def _same(found: Tensor, expected: Tensor) -> bool:
    return found.shape == expected.shape and torch.allclose(found, expected)

"""Judging who mends patient C: batch norm has no running statistics."""

from functools import cache
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from lab.exercises.exercise import Verdict, untried, wrong
from lab.exercises.guard import Trouble, attempt
from lab.exercises.judge import is_missing, of_nothing
from lab.exercises.real_images.broken import as_batch, network_c, norms_of, output_for, score
from lab.exercises.real_images.field import HELD_OUT, PRACTICE, stretched
from lab.exercises.real_images.solution import mend_network
from lab.exercises.real_images.trying import SECONDS, by_score, held_out_truth, unfit
from lab.exercises.reference.real_images import channel_statistics
from lab.training.batch_statistics import statistics_of

MESSAGES = {
    "no network": "expected a network. Yours gave {found}.",
    "in place": "the network that you were given has changed. It is the only copy: mend a copy.deepcopy of it.",
    "weights moved": "weights have moved. They were sound, and without labels there is nothing to train them by: run "
    "the pictures through under torch.no_grad(), and let only the statistics follow.",
    "training mode": "your network is still in training mode: it goes on normalising by whatever batch it is given, "
    "and one pixel's result hangs on the other pictures. Return it in evaluation mode.",
    "no tracking": "without running statistics batch norm falls back on those of the batch, in evaluation mode, too: a "
    "picture's result then hangs on its neighbours. They are to be measured, not dropped.",
    "nothing moved": "the running statistics are still those of the first day, mean 0 and variance 1. In evaluation "
    "mode batch norm only reads them: it must be in training mode while the pictures go through.",
    "dropout on": "the network that you return has dropout switched on: the same picture gives another result each "
    "time. Return it in evaluation mode.",
    "part of the way": "the score on the held-out part is {reached:.2f}, for the running mean has come {share:.0%} of "
    "the way: each pass takes away a tenth of what is left. And what is left of the variance, 1 on the first day, is "
    "much where the true one is small. Set momentum = None after reset_running_stats(): then it is the plain mean.",
    "first only": "the first norms have statistics now, the last has none: network.modules() goes through all levels.",
}
PRAISE = "Not one weight has moved: it was the measuring that had been forgotten."


def judge_mend_network(answer: Any) -> Verdict:
    """By the state of what is returned, then by the score on the held-out part.  Never raises."""
    if (verdict := unfit(answer)) is not None:
        return verdict
    handed, batch = network_c(), practice()
    try:
        given = attempt(answer, handed, batch.clone(), seconds=SECONDS)
    except Trouble as trouble:
        return wrong(str(trouble))
    if is_missing(given):
        return of_nothing(answer, [given])
    if not isinstance(given, nn.Module) or not norms_of(given):
        return wrong(MESSAGES["no network"].format(found=f"a {type(given).__name__}"))
    if given is handed and same_state(given, network_c()):
        return untried("this is the network that you were given, as it was.")
    if not same_state(handed, network_c()):
        return wrong(MESSAGES["in place"])
    if problem := find_problem(given):
        return wrong(problem)
    output = output_for(given, stretched(HELD_OUT))
    verdict = by_score(output, reference_score(), PRAISE)
    share = share_of_way(statistics_of(norms_of(given)[0])[0].double().numpy())
    if verdict or share > 0.9999:
        return verdict
    reached = score(output, held_out_truth())
    return wrong(MESSAGES["part of the way"].format(reached=reached, share=share))


def find_problem(network: nn.Module) -> str:
    """What is wrong with the state of a mended network, in words; nothing if nothing is."""
    norms = norms_of(network)
    if any(n.running_mean is None or n.running_var is None or not n.track_running_stats for n in norms):
        return MESSAGES["no tracking"]
    if not _same(dict(network.named_parameters()), dict(network_c().named_parameters())):
        return MESSAGES["weights moved"]
    untouched = [_first_day(n) for n in norms]
    if all(untouched):
        return MESSAGES["nothing moved"]
    if any(n.training for n in norms):
        return MESSAGES["training mode"]
    if any(m.training for m in network.modules() if isinstance(m, nn.Dropout2d)):
        return MESSAGES["dropout on"]
    return MESSAGES["first only"] if any(untouched) else ""


def share_of_way(mean: Float[np.ndarray, " C"]) -> float:
    """How far a running mean has come from 0 to the pictures' own; 1 if it lies elsewhere."""
    goal, _ = first_statistics()
    share = float(mean @ goal / (goal @ goal))
    return share if np.allclose(mean, share * goal, rtol=0.02, atol=1e-3 * np.abs(goal).max()) else 1.0


def _first_day(norm: nn.BatchNorm2d) -> bool:
    mean, variance = statistics_of(norm)
    return bool((mean == 0).all() and (variance == 1).all())


def same_state(network: nn.Module, other: nn.Module) -> bool:
    """Equal weights and equal statistics."""
    return _same(network.state_dict(), other.state_dict())


def _same(found: dict[str, Tensor], expected: dict[str, Tensor]) -> bool:
    return found.keys() == expected.keys() and all(torch.equal(found[name], expected[name]) for name in expected)


def practice() -> Float[Tensor, "B 3 H W"]:
    """The pictures that the answer is given."""
    return as_batch(*(stretched(place) for place in PRACTICE))


@cache
def first_statistics() -> tuple[Float[np.ndarray, " C"], Float[np.ndarray, " C"]]:
    """Mean and variance of what comes to the first batch norm, of the practice pictures."""
    network, seen = network_c(), []
    norms_of(network)[0].register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].detach().double().numpy()))
    with torch.no_grad():
        network(practice())
    return channel_statistics(seen[0])


@cache
def reference_score() -> float:
    """What the solution reaches on the held-out part."""
    mended = mend_network(network_c(), practice())
    return score(output_for(mended, stretched(HELD_OUT)), held_out_truth())

"""Where the exact cut pays: six situations, and the share of pairs of instance and pixel that each lets be left out."""

from collections.abc import Callable
from typing import Any

import torch

from lab.embedding import bandwidth_to_sharpness, membership, sharpness_to_margin, split
from lab.exercises.exercise import Verdict, right, untried, wrong
from lab.losses import find_instances
from lab.speed.cases import Case, make_case

SIZE = (128, 256)
OBJECTS = 20
SMALLEST = 2.0**-26  # φ up to this is lost in 2φ - 1 of float32
PAYS = frozenset("ADEF")
LOOK = {
    "A": "margins fit their objects, and a picture of twenty objects is wide: most pixels are beyond the reach of most "
    "of them.",
    "B": "b = 0 is κ = 1, a margin of some 850 px: wherever a pixel points, it is well within the reach of every "
    "object.",
    "C": "all pixels are the object's own, and an own pixel always matters. There is nobody to leave out.",
    "D": "1 - best is 0, and its logarithm is -∞: in real numbers all pixels would matter. But 2φ - 1 is a float32, "
    "which knows no difference below 2⁻²⁵: so the reach never is more than some five margins.",
    "E": "centres are means of embeddings and move along. Reach is a matter of differences.",
    "F": "offsets of 0 are poor, but reach is not about how good embeddings are: b = 1 is a margin of under 6 px.",
}
QUESTIONS = {
    "A": "How far does an object reach whose margin fits it, and how wide is the picture?",
    "B": "How wide is a margin where b is 0, and how wide the picture?",
    "C": "Is there in every picture somebody who could be left out?",
    "D": "What is the reach where 1 - best is 0, in float32? Section 3.",
    "E": "If all embeddings move, what do the centres do, which are means of them?",
    "F": "Is it offsets that make a reach long, or bandwidths? How wide is a margin where b is 1?",
}
SOLUTION = "\n".join(['"ADEF"', *(f"# {letter}: {why}" for letter, why in LOOK.items())])
EXPECTED = 'expected the letters of the situations in which the cut pays, as in "BC"'


def judge_situations(answer: Any) -> Verdict:
    """A word or a list of letters, in any order.  Never raises."""
    if answer is ... or answer is None:
        return untried()
    if not isinstance(answer, str | list | tuple | set | frozenset) or not all(isinstance(a, str) for a in answer):
        return wrong(f"{EXPECTED}; found {answer!r}.")
    said = {letter for letter in "".join(answer).upper() if letter not in " ,;"}
    if strange := sorted(said - set(LOOK)):
        return wrong(f"{EXPECTED}; found {strange[0]!r}, which is none of them.")
    off = sorted(said ^ PAYS)
    if off:
        return wrong(f"{len(LOOK) - len(off)} of {len(LOOK)} are right. {QUESTIONS[off[0]]}")
    return right(
        "a trick has its cases. Where the cut leaves out nothing the result is the same, and one sort, no waiting and "
        "no tape are what is left of the gain."
    )


def trained() -> Case:
    """A: twenty objects, as a good network sees them."""
    return make_case("trained", OBJECTS, *SIZE, num_classes=1)


def untrained() -> Case:
    """B: b near 0."""
    return make_case("random", OBJECTS, *SIZE, num_classes=1)


def full() -> Case:
    """C: one object that is the whole picture, margin and all."""
    case = trained()
    case.output[:, :2], case.output[:, 2:4] = 0, 0.2
    return Case(case.output, torch.ones_like(case.instances), torch.ones_like(case.classes))


def exact() -> Case:
    """D: A, with one pixel of each object that points to its centre to the last digit."""
    case = trained()
    output = case.output.clone()
    prediction = split(output, 2)
    for k in range(1, OBJECTS + 1):
        own = (case.instances[0] == k).nonzero()
        centre = prediction.embedding[0][:, own[:, 0], own[:, 1]].mean(1)
        row, column = own[len(own) // 2].tolist()
        output[0, :2, row, column] = torch.atanh(centre - torch.tensor([column, row]) / 1024)
    return case._replace(output=output)


def drifted() -> Case:
    """E: A, every embedding 155 px to the right."""
    case = trained()
    output = case.output.clone()
    output[:, 0] = torch.atanh(torch.tanh(output[:, 0]) + 155 / 1024)
    return case._replace(output=output)


def begun() -> Case:
    """F: as the method begins, offsets 0 and b = 1."""
    case = trained()
    output = case.output.clone()
    output[:, :2], output[:, 2:4] = 0, 1
    return case._replace(output=output)


SITUATIONS: dict[str, Callable[[], Case]] = {
    "A": trained,
    "B": untrained,
    "C": full,
    "D": exact,
    "E": drifted,
    "F": begun,
}


def share_left_out(case: Case) -> float:
    """Of all pairs of an instance and a pixel outside void, how many can be left out of the Lovász hinge exactly."""
    prediction = split(case.output, 2)
    embedding, bandwidth = prediction.embedding[0], prediction.bandwidth[0]
    valid = case.classes[0] >= 0
    matter, pairs = 0, 0
    for o in find_instances(embedding, bandwidth, case.instances[0], case.classes[0], "learned"):
        phi = membership(embedding, o.centre, bandwidth_to_sharpness(o.bandwidth))
        least = torch.maximum(1 - phi[o.mask].max(), phi.new_tensor(SMALLEST))
        matter += int((valid & (o.mask | (phi > least))).sum())
        pairs += int(valid.sum())
    return 1 - matter / pairs


def farthest_reach_in_margins() -> float:
    """How many margins away φ falls to 2⁻²⁶, where 2φ - 1 is -1 in float32."""
    kappa = torch.tensor(1.0)
    reach = 1024 * torch.sqrt(26 * torch.log(torch.tensor(2.0)) / kappa)
    return float(reach / sharpness_to_margin(kappa))

"""Which pixel is next?  The rules of the game, without any picture."""

from dataclasses import dataclass
from math import log

import numpy as np

from lab.widgets.replay.compute import Frame, Inputs, Proposal, Run, frame_before_next

RANK_POINTS = 5
PROPOSAL_POINTS = 5
MOST_POINTS = RANK_POINTS + PROPOSAL_POINTS


@dataclass(frozen=True)
class Outcome:
    """One round.

    Attributes:
        points: 0..10.
        why: in words: how near the guess was, and what the answer is.
        pixel: the guess (column, row); None for "it ends here".
    """

    points: int
    why: str
    pixel: tuple[int, int] | None


def judge_guess(inputs: Inputs, run: Run, place: int, pixel: tuple[int, int] | None) -> Outcome:
    """Points for a guess at the seed after ``place`` proposals: five for its rank, five for the same proposal.

    The next seed itself gets all ten; the rank's points fall with the logarithm of the rank, as 1, 2, 4, 8 … are
    equally much worse.  ``pixel`` is (column, row), None for the guess that the clustering ends here.
    """
    frame = frame_before_next(inputs, run, place)
    following = run.proposals[place] if place < len(run) else None
    if following is None:
        return _at_the_end(run, frame, pixel)
    answer = tell_answer(following)
    if pixel is None:
        return Outcome(0, f"It goes on. {answer}", None)
    if excluded := why_excluded(inputs, run, frame, pixel):
        return Outcome(0, f"{excluded} {answer}", pixel)
    rank, within = rank_among_unassigned(inputs, frame, pixel), _in_proposal(following, pixel, inputs.shape[1])
    points = rank_points(rank, following.unassigned) + PROPOSAL_POINTS * within
    return Outcome(points, f"{tell_rank(rank, following, within)} {answer}", pixel)


def rank_among_unassigned(inputs: Inputs, frame: Frame, pixel: tuple[int, int]) -> int:
    """1 for the next seed: how many unassigned candidates come no later, by score and then in row-major order."""
    column, row = pixel
    score = inputs.seed_map(frame.class_index)
    better = frame.unassigned & (score > score[row, column])
    tied = frame.unassigned & (score == score[row, column])
    return int(better.sum()) + int(tied.ravel()[: row * inputs.shape[1] + column].sum()) + 1


def rank_points(rank: int, candidates: int) -> int:
    """5 for the first of so many candidates, 0 for the last."""
    return round(RANK_POINTS * (1 - log(rank) / log(candidates))) if candidates > 1 else RANK_POINTS


def why_excluded(inputs: Inputs, run: Run, frame: Frame, pixel: tuple[int, int]) -> str:
    """Why a pixel cannot be the next seed, in words; nothing if it could."""
    column, row = pixel
    if not frame.candidate[row, column]:
        score = float(inputs.seed_map(frame.class_index)[row, column])
        limit = run.thresholds.foreground_threshold
        return f"Your pixel is not a candidate: its score is {score:.2f}, and more than {limit:.2f} is wanted."
    if owner := int(frame.owner[row, column]):
        return f"Your pixel is assigned: proposal {owner} took it, and it is not asked again."
    return ""


def _in_proposal(proposal: Proposal, pixel: tuple[int, int], width: int) -> bool:
    return bool(np.isin(pixel[1] * width + pixel[0], proposal.pixels))


def tell_rank(rank: int, following: Proposal, within: bool) -> str:
    """How near the guess was."""
    if rank == 1:
        return "Exactly that pixel."
    belongs = "and lies in the same proposal" if within else "but lies in another proposal"
    return f"Yours is number {rank:,} of the {following.unassigned:,} unassigned candidates by score, {belongs}."


def tell_answer(following: Proposal) -> str:
    """Which seed it was, and why."""
    step = following.step
    return (
        f"The next seed is column {step.column}, row {step.row}: with {step.score:.3f} the highest score of the "
        f"{following.unassigned:,} unassigned candidates."
    )


def _at_the_end(run: Run, frame: Frame, pixel: tuple[int, int] | None) -> Outcome:
    why = f"It ends here: {run.ends[frame.class_index]}."
    return Outcome(MOST_POINTS, f"Right. {why}", None) if pixel is None else Outcome(0, why, pixel)


def tell_score(outcomes: tuple[Outcome, ...]) -> str:
    """'17 of 20 points in 2 rounds'."""
    rounds = len(outcomes)
    total = sum(outcome.points for outcome in outcomes)
    return f"{total} of {MOST_POINTS * rounds} points in {rounds} round{'' if rounds == 1 else 's'}"

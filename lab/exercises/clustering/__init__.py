"""The exercises of notebook 07."""

from typing import Any

from lab.exercises.clustering.by_hand import judge_steps
from lab.exercises.clustering.cases import CASES
from lab.exercises.clustering.mistakes import BROKEN, MISTAKES, STAGES
from lab.exercises.clustering.solution import greedy_clustering
from lab.exercises.exercise import Exercise, Verdict, untried, wrong
from lab.exercises.judge import Mistake, compare, number
from lab.exercises.reference.clustering import greedy, slipped

AS_IT_WAS = "it still does what the broken one did. Find both faults."
_judge_repair = compare(
    CASES,
    greedy,
    (*STAGES, Mistake("as it was", slipped(BROKEN), AS_IT_WAS)),
    praise="Two faults, one behind the other: as long as nothing was rejected, it did not matter what rejection does.",
)


def judge_repair(answer: Any) -> Verdict:
    """Like the implementation; a function that still does what the broken one does has not been repaired yet."""
    verdict = _judge_repair(answer)
    return untried(AS_IT_WAS) if verdict.words == AS_IT_WAS else verdict


_judge_greedy = compare(CASES, greedy, MISTAKES, praise="That is the whole inference of one class.")


def judge_greedy(answer: Any) -> Verdict:
    """Compare masks; a loop without an end mostly has one cause."""
    verdict = _judge_greedy(answer)
    if "still running" not in verdict.words:
        return verdict
    return wrong(
        f"{verdict.words} Does argmax run over score[unassigned]? Then its index counts only the unassigned ones."
    )


EXERCISES = (
    Exercise(
        name="clustering_by_hand",
        title="With a pencil",
        kind="predict",
        difficulty=1,
        minutes=6,
        stub="my_steps",
        judge=judge_steps,
        hints=(
            "Write down, for each round, which pixels are unassigned. The seed is the one with the highest score among "
            "them, not among all.",
            "A proposal is every pixel that points into the seed's margin, assigned or not. New are those of them that "
            "are unassigned once the seed itself has been crossed out.",
            "In the third round pixel 4 is in the proposal, but the second round took it.",
        ),
        solution="[(0, 4, 3, True), (4, 1, 0, False), (5, 4, 2, False)]",
    ),
    Exercise(
        name="doubled_sigma",
        title="Twice the sigma",
        kind="predict",
        difficulty=2,
        minutes=5,
        stub="my_number",
        judge=number(
            1,
            0,
            {
                2: "the second large proposal now reaches from 0.6 to 9.4, so all eight pixels are in it: how many of "
                "them are new?",
                0: "the first proposal has four pixels, three of them new: it is accepted.",
                3: "the lone pixel 4 stays alone with a margin of 1 px: nobody points between 6 and 8 but itself.",
            },
            praise="One of two objects is gone: its proposal claims all eight pixels, and only two of them are new. A "
            "merge shows as an object that is missing.",
        ),
        hints=(
            "Only the margins change: pixel 1's is now 2.4 px, pixel 4's 1 px and pixel 5's 4.4 px. The order of the "
            "scores stays.",
            "The first proposal reaches from column -0.9 to 3.9. Which pixels does that leave?",
            "The third proposal has all eight pixels. Count those that are unassigned by then, without the seed.",
        ),
        solution="1  # pixel 4 is too small; pixel 5 then claims all eight, of which two are new",
    ),
    Exercise(
        name="greedy_clustering",
        title="The greedy clustering",
        kind="implement",
        difficulty=3,
        minutes=12,
        stub="my_clustering",
        judge=judge_greedy,
        hints=(
            "Keep a mask `unassigned`, all True at first. `torch.where(unassigned, score, -1.0).argmax()` is the best "
            "unassigned pixel.",
            "The order within a round: stop? mark the seed; proposal by membership; count; keep or not; mark the "
            "proposal, kept or not.",
            "`size = proposal.sum()`, `fresh = (proposal & unassigned).sum()`; keep it if size > min_pixels and "
            "fresh / size > min_unassigned.",
        ),
        solution=greedy_clustering,
    ),
    Exercise(
        name="broken_clustering",
        title="Repair a clustering",
        kind="repair",
        difficulty=2,
        minutes=8,
        stub="repaired",
        judge=judge_repair,
        hints=(
            "In the picture one car carries several numbers. Which rule should have turned the later ones down?",
            "`fresh` should count pixels that are in the proposal *and* unassigned.",
            "And if a proposal is turned down: which line should still run?",
        ),
        solution=greedy_clustering,
    ),
)

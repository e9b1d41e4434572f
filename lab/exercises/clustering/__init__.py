"""The exercises of notebook 07."""

from typing import Any

from lab.exercises.clustering.by_hand import judge_steps
from lab.exercises.clustering.cases import CASES
from lab.exercises.clustering.solution import greedy_clustering
from lab.exercises.exercise import Exercise, Verdict, untried
from lab.exercises.judge import Mistake, compare, number
from lab.exercises.reference.clustering import Slips, greedy, slipped

MISTAKES = (
    Mistake(
        "rejected keep their pixels",
        slipped(Slips(rejected_keep_pixels=True)),
        "a rejected proposal takes its pixels too. In yours they stay, open proposals of their own, and some of those "
        "pass: fragments.",
    ),
    Mistake(
        "seed counted as new",
        slipped(Slips(counts_seed=True)),
        "the seed is counted among the new pixels. Mark it as assigned before you count.",
    ),
    Mistake(
        "at least min_pixels",
        slipped(Slips(at_least_left=True, at_least_size=True)),
        "min_pixels is compared with >=. Both times it is *more than* min_pixels: candidates left to go on, pixels in "
        "a proposal to keep it.",
    ),
    Mistake(
        "goes on with min_pixels left",
        slipped(Slips(at_least_left=True)),
        "yours goes on with exactly min_pixels candidates left, and finds one more object. A round begins only if "
        "*more than* min_pixels are unassigned.",
    ),
    Mistake(
        "keeps min_pixels",
        slipped(Slips(at_least_size=True)),
        "yours keeps proposals of exactly min_pixels pixels. It takes *more than* min_pixels.",
    ),
    Mistake(
        "stops at the threshold",
        slipped(Slips(stops_at_threshold=True)),
        "yours stops at a seed whose score is exactly the threshold. Only a score *below* it is too low.",
    ),
    Mistake(
        "last of equal scores",
        slipped(Slips(last_of_equals=True)),
        "right, but where two scores are equal yours begins with the later pixel. The first one goes first, as with "
        "argmax.",
    ),
    Mistake(
        "share of all candidates",
        slipped(Slips(share_of_all=True)),
        "the new pixels are divided by the number of all candidates. What counts is their share of the proposal; else "
        "no object could be small.",
    ),
    Mistake(
        "mean bandwidth",
        slipped(Slips(mean_bandwidth=True)),
        "the sharpness comes from a mean of b over the candidates, as in training over an object's pixels. At "
        "inference no object is known yet, and one pixel speaks: the seed's, sharpness[:, seed].",
    ),
    Mistake(
        "mean sharpness",
        slipped(Slips(mean_sharpness=True)),
        "the sharpness is a mean over the candidates. At inference one pixel speaks: the seed's, sharpness[:, seed].",
    ),
    Mistake(
        "mean embedding",
        slipped(Slips(centroid=True)),
        "the centre is a mean over the candidates. At inference one pixel speaks: the seed's, embedding[:, seed].",
    ),
    Mistake(
        "sorted once",
        slipped(Slips(sorted_once=True)),
        "every pixel in the order of the scores opens a proposal, also those that are assigned by then. Ask again in "
        "every round which are still unassigned.",
    ),
    Mistake(
        "only unassigned pixels",
        slipped(Slips(only_unassigned=True)),
        "your proposals leave out what was assigned before, so all of a proposal is new and nothing is ever seen "
        "before. A proposal is every candidate in the margin.",
    ),
    Mistake(
        "assigned pixels counted as new",
        slipped(Slips(counts_taken=True)),
        "all pixels of the proposal count as new, also those assigned before: one object is found again and again.",
    ),
)
BROKEN = Slips(counts_taken=True, rejected_keep_pixels=True)
STAGES = (
    Mistake(
        "second fault left",
        slipped(Slips(rejected_keep_pixels=True)),
        "one fault is gone: what was assigned no longer counts as new. The other was hidden behind it: look at what "
        "becomes of the pixels of a proposal that is rejected, which never happened before.",
    ),
    Mistake(
        "first fault left",
        slipped(Slips(counts_taken=True)),
        "rejected proposals take their pixels now, but nothing is ever rejected as seen before: what is counted as "
        "new? Look at the picture, where one car carries several numbers.",
    ),
    *MISTAKES[1:-1],
)
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
        judge=compare(CASES, greedy, MISTAKES, praise="That is the whole inference of one class."),
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

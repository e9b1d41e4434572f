"""The exercises of notebook 11."""

from typing import Any

from lab.exercises.average_precision.cases import AREAS, EVALUATIONS, MATCHINGS
from lab.exercises.average_precision.heads import judge_heads
from lab.exercises.average_precision.mistakes import AREA, MATCHING
from lab.exercises.average_precision.repair import AS_IT_WAS, STAGES
from lab.exercises.average_precision.solution import area_under_curve, evaluate, match_detections
from lab.exercises.exercise import Exercise, Verdict, untried
from lab.exercises.judge import compare, number
from lab.exercises.reference import average_precision as reference

_judge_repair = compare(
    EVALUATIONS,
    reference.evaluate,
    STAGES,
    praise="three flatteries are gone, and what is left is the official number.",
)


def judge_repair(answer: Any) -> Verdict:
    """Like the implementations; what still does what the broken one does has not been repaired yet."""
    verdict = _judge_repair(answer)
    return untried(AS_IT_WAS) if verdict.words == AS_IT_WAS else verdict


EXERCISES = (
    Exercise(
        name="match_detections",
        title="Match them",
        kind="implement",
        difficulty=2,
        minutes=8,
        stub="my_match",
        judge=compare(MATCHINGS, reference.match, MATCHING, praise="each object once, the surest detection first."),
        hints=(
            "Go through `np.argsort(-scores)`, so that the highest score comes first, and keep a mask `free` of the "
            "objects that nobody has yet.",
            "A detection is right if any object is free *and* overlaps it by more than the threshold: "
            "`good = free & (iou[d] > threshold)`.",
            "If `good.any()`: `right[d] = True`, and `free[good.argmax()] = False`. Else nothing changes.",
        ),
        solution=match_detections,
    ),
    Exercise(
        name="ap_by_hand",
        title="With a pencil again",
        kind="predict",
        difficulty=2,
        minutes=6,
        stub="my_ap",
        judge=number(
            55 / 96,
            0.003,
            {
                0.625: "that is the area under the envelope, where a later, better precision lifts the earlier ones. "
                "Cityscapes takes the curve as it is.",
                0.604167: "every step of recall has the precision at its end in yours. Take the mean of both ends.",
                0.541667: "every step of recall has the precision at its beginning in yours. Take the mean of both.",
                0.763889: "there are four objects, and one of them is missed: recall goes in steps of 1/4, up to 3/4.",
                1.0: "the second detection meets an object that is taken: it is wrong, however well it fits.",
                0.385417: "of the two detections on A the one with the higher *score* has it, whatever overlaps more.",
                0.5: "that is TP / (TP + FP + FN) = 3 / 6. No curve is integrated there.",
                0.6: "that is the precision at the end, 3 of 5. AP is the area of the whole curve.",
                0.75: "that is the recall at the end, 3 of 4. AP is the area of the whole curve.",
                0.703333: "that is the mean of the five precisions. Each weighs as much as the recall that it covers.",
                0.458333: "recall goes in steps of 1/4: there are four objects, and five detections.",
            },
            praise="1/4 · 1 + 1/4 · (1/2 + 2/3)/2 + 1/4 · (2/3 + 3/4)/2 = 55/96.",
        ),
        hints=(
            "First the verdicts, from the highest score down. The first detection has found A, so what is the second?",
            "Right, wrong, right, right, wrong. After each one: precision is right / heard, recall is right / 4.",
            "Recall moves at the first, third and fourth detection, by 1/4 each. Each step counts with the mean of the "
            "precision before it and after it: 1 and 1, then 1/2 and 2/3, then 2/3 and 3/4.",
        ),
        solution="55 / 96  # right, wrong, right, right, wrong: 1/4 + 1/4 · 7/12 + 1/4 · 17/24",
    ),
    Exercise(
        name="area_under_curve",
        title="The area",
        kind="implement",
        difficulty=2,
        minutes=8,
        stub="my_average_precision",
        judge=compare(AREAS, reference.average_precision, AREA, praise="the number that the official evaluator gives."),
        hints=(
            "`np.unique(scores)[::-1]` are the different scores, from the highest down. At each of them, "
            "`heard = scores >= cut`.",
            "Precision is `right[heard].sum() / heard.sum()`, recall is `right[heard].sum() / count`. Begin the two "
            "lists with 1 and 0.",
            "`np.trapezoid(precision, recall)` weights every step of recall with the mean of its two precisions.",
        ),
        solution=area_under_curve,
    ),
    Exercise(
        name="mend_the_evaluator",
        title="Mend an evaluator",
        kind="repair",
        difficulty=2,
        minutes=8,
        stub="mended",
        judge=judge_repair,
        hints=(
            "Three lines flatter the model. One forgets what was found before, one forgets what was never found, one "
            "lifts the curve.",
            "An object may be found once: keep a mask `free`, as in 11.1. And count the objects of all images.",
            "Recall is hits / number of objects, whatever was missed. And the line with maximum.accumulate is the "
            "envelope of PASCAL VOC and COCO: without it, the curve stays as it is.",
        ),
        solution=evaluate,
    ),
    Exercise(
        name="which_head",
        title="Which head?",
        kind="predict",
        difficulty=1,
        minutes=4,
        stub="my_heads",
        judge=judge_heads,
        hints=(
            "In each column look for the one row in which AP jumps.",
            "The row's truth was put in place of what the network said. If that cures everything, the rest is well.",
        ),
        solution='{"A": "sigma", "B": "seeds", "C": "offsets", "D": "foreground"}',
    ),
)

"""Wrong matchings and wrong areas that people write, and what to tell who does."""

from lab.exercises.judge import Mistake
from lab.exercises.reference.average_precision import CurveSlips, MatchSlips, integrated, matched

MATCHING = (
    Mistake(
        "as given",
        matched(MatchSlips(as_given=True)),
        "the detections are taken in the order in which they came. The one with the highest score chooses first.",
    ),
    Mistake(
        "lowest first",
        matched(MatchSlips(lowest_first=True)),
        "the lowest score chooses first. argsort sorts ascending: turn it round, or sort the negative.",
    ),
    Mistake(
        "best overlap first",
        matched(MatchSlips(best_overlap_first=True)),
        "of two detections on one object yours keeps the one that overlaps more. The score decides: the evaluator may "
        "not correct what the model was surest of.",
    ),
    Mistake(
        "used twice",
        matched(MatchSlips(used_twice=True)),
        "an object is found twice, and both times that is right. Each object counts once; every further detection of "
        "it is wrong.",
    ),
    Mistake(
        "at least",
        matched(MatchSlips(at_least=True)),
        "an overlap of exactly the threshold is enough in yours. It takes *more*: Cityscapes compares with >.",
    ),
    Mistake(
        "always one half",
        matched(MatchSlips(always_half=True)),
        "the overlap is compared with 0.5, whatever threshold is handed in.",
    ),
    Mistake(
        "taken by failures",
        matched(MatchSlips(taken_by_failures=True)),
        "a detection that overlaps an object too little takes it away from the next one. Only who is right takes it.",
    ),
    Mistake(
        "in sorted order",
        matched(MatchSlips(sorted_answer=True)),
        "the verdicts are right, but they come in the order of the scores. Give them in the order of the detections.",
    ),
    Mistake(
        "only how many",
        matched(MatchSlips(by_object=True)),
        "the number of right ones is right, but not which: a verdict belongs to each detection, in its own place.",
    ),
)
AREA = (
    Mistake(
        "envelope",
        integrated(CurveSlips(envelope=True)),
        "each precision is replaced by the best that comes after it. PASCAL VOC and COCO do so; Cityscapes takes the "
        "curve as it is.",
    ),
    Mistake(
        "envelope and rectangles",
        integrated(CurveSlips(envelope=True, steps="new")),
        "that is the area under the envelope, as PASCAL VOC and COCO have it. Cityscapes takes the curve as it is, and "
        "joins its points by straight lines.",
    ),
    Mistake(
        "rectangles of the new precision",
        integrated(CurveSlips(steps="new")),
        "every step of recall is weighted with the precision at its end, a staircase. Take the mean of both ends.",
    ),
    Mistake(
        "rectangles of the old precision",
        integrated(CurveSlips(steps="old")),
        "every step of recall is weighted with the precision at its beginning. Take the mean of both ends.",
    ),
    Mistake(
        "no beginning",
        integrated(CurveSlips(start="none")),
        "the curve begins at the first score, and what lies left of it is lost. Put recall 0 at precision 1 before.",
    ),
    Mistake(
        "begins at the first precision",
        integrated(CurveSlips(start="first")),
        "the curve begins flat, with the precision of the first score. Its made-up beginning is recall 0 at "
        "precision 1.",
    ),
    Mistake(
        "begins at zero",
        integrated(CurveSlips(start="zero")),
        "the curve begins at precision 0. Its made-up beginning is recall 0 at precision 1.",
    ),
    Mistake(
        "goes on to recall 1",
        integrated(CurveSlips(end_at_one=True)),
        "the curve is drawn on to recall 1. It ends where the detections end: what nobody found adds nothing.",
    ),
    Mistake(
        "misses ignored",
        integrated(CurveSlips(ignores_misses=True)),
        "recall reaches 1 whatever was missed. Divide by the number of objects, not by that of the right detections.",
    ),
    Mistake(
        "share of the detections",
        integrated(CurveSlips(per_detection=True)),
        "for recall the right ones are divided by the number of detections. There are `count` objects to be found.",
    ),
    Mistake(
        "ties one by one",
        integrated(CurveSlips(ties_apart=True)),
        "right, but for equal scores: yours hears them one by one, and their order decides. All detections of a score "
        "are heard together.",
    ),
    Mistake(
        "as given",
        integrated(CurveSlips(as_given=True)),
        "the detections are heard in the order in which they came. The highest score is heard first.",
    ),
    Mistake(
        "lowest first",
        integrated(CurveSlips(lowest_first=True)),
        "the lowest score is heard first. argsort sorts ascending: turn it round, or sort the negative.",
    ),
    Mistake(
        "mean over the scores",
        integrated(CurveSlips(mean_of_all=True)),
        "that is the mean of the precisions over the scores. A precision weighs as much as the recall that it covers: "
        "it is an area.",
    ),
    Mistake(
        "mean over the right ones",
        integrated(CurveSlips(mean_of_hits=True)),
        "that is the mean precision at the right detections, and knows nothing of the missed objects.",
    ),
    Mistake(
        "precision",
        integrated(CurveSlips(last_precision=True)),
        "that is the precision at the end of the list alone. The whole curve counts, from the first score on.",
    ),
    Mistake(
        "eleven points",
        integrated(CurveSlips(eleven_points=True)),
        "that is the mean of the envelope at eleven recalls, PASCAL VOC's of 2007. Cityscapes integrates the curve.",
    ),
    Mistake(
        "counts only",
        integrated(CurveSlips(counts_only=True)),
        "that is TP / (TP + FP + FN), the nuclei field's score, which asks for no scores. AP is an area.",
    ),
)

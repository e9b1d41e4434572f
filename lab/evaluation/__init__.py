"""Evaluation: predict a data set or files, write a Cityscapes submission, score it, choose thresholds.

predict.py       a model and an image -> instances
flips.py         the same from several views of the image
tiles.py         the same piece by piece, for images of any size
submission.py    instances -> Cityscapes' files
official.py      Cityscapes' own evaluation of such files
ground_truth.py  a source's scenes -> the truth that lab.metrics measures against
run.py           all of that over a data set
report.py        what came out, for a file and for people
curves.py        precision against recall
worst.py         every image's score, and pictures of the worst
looks.py         both as files
tune.py          thresholds chosen on labelled scenes
files.py         image files -> overlays, label images, lists
coco.py          what was found in all of them as one COCO file
"""

from lab.evaluation.files import find_images, predict_files
from lab.evaluation.official import official_score
from lab.evaluation.predict import on_device, predict_regions, predict_scene, thresholds_of
from lab.evaluation.report import report, table
from lab.evaluation.run import EvaluationSettings, evaluate
from lab.evaluation.submission import write_submission
from lab.evaluation.tiles import Tiles
from lab.evaluation.tune import tune_thresholds, tuning_table

__all__ = [
    "EvaluationSettings",
    "Tiles",
    "evaluate",
    "find_images",
    "official_score",
    "on_device",
    "predict_files",
    "predict_regions",
    "predict_scene",
    "report",
    "table",
    "thresholds_of",
    "tune_thresholds",
    "tuning_table",
    "write_submission",
]

"""The exercises on choosing a method: right answers however they are typed, wrong ones named."""

import numpy as np
import pytest
import torch

from lab.exercises.real_images.choosing import CHOICES, CHOOSE_THE_TOOL, LOOK, TWO_BOXES, WHY_NOT, WORDS

RIGHT = list(CHOICES.values())
judge, overlap = CHOOSE_THE_TOOL.judge, TWO_BOXES.judge


def test_every_method_once_and_every_letter_explained():
    assert sorted(RIGHT) == sorted(WORDS)
    assert set(LOOK) == set(CHOICES)
    assert all(word != CHOICES[letter] for letter, word in WHY_NOT)
    assert all(word in WORDS for _, word in WHY_NOT)


def test_right_answers_however_typed():
    for answer in (
        RIGHT,
        tuple(RIGHT),
        [word.lower() for word in RIGHT],
        ["stardist", "sam", *RIGHT[2:4], "mask rcnn"],
    ):
        assert judge(answer), answer
    assert judge(eval(CHOOSE_THE_TOOL.solution))


@pytest.mark.parametrize("answer", [..., None, [...], ["SAM", ...]])
def test_not_tried_yet(answer):
    assert judge(answer).state == "not tried yet"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("SAM", "expected five names"),
        (RIGHT[:4], "expected five names"),
        ([*RIGHT[:4], "U-Net"], "'U-Net' is not among"),
        ([*RIGHT[:4], 3], "3 is not among"),
        ([*RIGHT[:4], "SAM"], "SAM stands there twice"),
        ([RIGHT[4], *RIGHT[1:4], RIGHT[0]], "3 of 5 are right. Mask R-CNN for A: it would suppress"),
        ([RIGHT[0], RIGHT[4], *RIGHT[2:4], RIGHT[1]], "3 of 5 are right. Task B: nothing is trained"),
        ([RIGHT[3], *RIGHT[1:3], RIGHT[0], RIGHT[4]], "Task A: round"),
        ([*RIGHT[:2], RIGHT[3], RIGHT[2], RIGHT[4]], "Task C: there are labels"),
    ],
)
def test_wrong_answers_are_named(answer, words):
    verdict = judge(answer)
    assert verdict.state == "wrong"
    assert words in verdict.words


def test_the_boxes_overlap_as_pixels_do():
    """Counted, not computed: two squares painted on a sheet."""
    first, second = np.zeros((2, 100, 100), bool)
    first[15:95, 5:85] = second[5:85, 15:95] = True
    iou = (first & second).sum() / (first | second).sum()
    assert overlap(float(iou))
    assert overlap(torch.tensor(float(iou)))
    assert overlap(0.62)
    assert overlap(eval(TWO_BOXES.solution))
    assert iou > 0.5


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (0, "overlap of the rods"),
        (0.766, "the union is larger than one box"),
        (0.383, "counts once in the union"),
        (0.778, "along one side"),
        (0.605, "not the product"),
        (0.81, "in the numerator"),
    ],
)
def test_wrong_overlaps_are_named(answer, words):
    verdict = overlap(answer)
    assert verdict.state == "wrong"
    assert words in verdict.words


def test_no_overlap_yet():
    assert overlap(...).state == "not tried yet"

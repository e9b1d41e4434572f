"""Notebook 14's exercises: right answers however written, wrong ones with their own words, and who knows the truth."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

from lab.datasets.intensity import stretch
from lab.exercises.real_images import EXERCISES, diagnosis, ellipses, mend_network, mend_picture, solution
from lab.exercises.real_images.after import after
from lab.exercises.real_images.broken import healthy, model, network_c, patients
from lab.exercises.real_images.field import HELD_OUT, OTHER, PRACTICE, SEEN
from lab.exercises.real_images.pictures import show_files, show_scenes
from lab.exercises.reference import real_images as reference
from tests.exercises.learners import rewritten

BY_NAME = {exercise.name: exercise for exercise in EXERCISES}


def swap_by_names(output):
    x, y, *rest = output
    return torch.stack([y, x, *rest])


def swap_by_cloning(output):
    mended = output.clone()
    mended[0], mended[1] = output[1], output[0]
    return mended


def swap_in_numpy(output):
    output = output.numpy()
    return np.concatenate([output[1::-1], output[2:]])


def stretch_to_whole_numbers(picture):
    return stretch(picture)


def stretch_by_half_a_percent(picture):
    low, high = np.quantile(picture, 0.005), np.quantile(picture, 0.995)
    return torch.from_numpy(255 * ((picture - low) / (high - low))).clamp(0, 255)


def keep_the_last_batch(network, pictures):
    """A momentum of 1 forgets whatever was before."""
    mended = copy.deepcopy(network).train()
    for module in mended.modules():
        if isinstance(module, nn.Dropout2d):
            module.eval()
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1.0
    with torch.no_grad():
        mended(pictures)
    return mended.eval()


def fetch_the_statistics(network, pictures):
    """Whoever finds the sound model's file may take what C lacks from there."""
    mended = copy.deepcopy(network)
    mended.load_state_dict(model().network.state_dict())
    return mended


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("ellipse_limits", ("At rest", "centroid ", "neither", "neither", "centroid")),
        ("diagnosis", ("axes swapped", "Not stretched", "no statistics")),
        ("mend_output", swap_by_names),
        ("mend_output", swap_by_cloning),
        ("mend_output", swap_in_numpy),
        ("mend_output", lambda output: reference.swap_offsets(output.numpy())),
        ("mend_picture", stretch_to_whole_numbers),
        ("mend_picture", stretch_by_half_a_percent),
        ("mend_picture", reference.stretch),
        ("mend_network", fetch_the_statistics),
        ("mend_network", solution.mend_network),
        ("mend_network", keep_the_last_batch),
    ],
)
def test_right_however_written(name, answer):
    verdict = BY_NAME[name].judge(answer)
    assert verdict.state == "right", verdict.words


def views(output):
    output = output.clone()
    output[0], output[1] = output[1], output[0]
    return output


def in_place(output):
    output[:2] = output[[1, 0]]
    return output


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (views, "holds views"),
        (in_place, "changed with it"),
        (lambda o: torch.cat([-o[:2], o[2:]]), "the sign was sound"),
        (lambda o: torch.cat([-o[:1], o[1:]]), "one axis has its sign turned"),
        (lambda o: torch.cat([o[:1], -o[1:2], o[2:]]), "the second axis has its sign turned"),
        (lambda o: torch.cat([-o[[1, 0]], o[2:]]), "also turned their signs"),
        (lambda o: torch.cat([-o[1:2], o[:1], o[2:]]), "quarter turn"),
        (lambda o: torch.cat([o[1:2], -o[:1], o[2:]]), "sign of y is turned"),
        (lambda o: o[[0, 1, 3, 2, 4]], "changed the bandwidths' places"),
        (lambda o: o[[1, 0, 3, 2, 4]], "Mend what is broken, and no more"),
        (lambda o: o.flip(0), "reverse order"),
        (lambda o: o.transpose(1, 2), "on its side"),
        (lambda o: torch.cat([o[:2].transpose(1, 2), o[2:]]), "offset of another"),
        (lambda o: o[[1, 0]], "all five channels"),
        (lambda o: o[[1, 0, 2, 3, 4]] * torch.nan, "not finite"),
        (lambda o: o[[1, 0, 2, 3, 4]] * torch.tensor([0, 0, 1, 1, 1])[:, None, None], "the score on the held-out"),
        (lambda o: o[7], "IndexError"),
        (lambda o: "swapped", "all five channels"),
    ],
)
def test_output_mended_wrongly(answer, words):
    verdict = BY_NAME["mend_output"].judge(answer)
    assert (verdict.state, words in verdict.words) == ("wrong", True), verdict.words


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda p: np.clip(p.astype(float) * 4, 0, 255), "one factor for all pictures"),
        (lambda p: p * 4.0, "above 255: clip"),
        (lambda p: p * np.uint8(4), "begin anew at 0"),
        (lambda p: np.clip(p.astype(float) * 6, 0, 255), "one factor for all pictures"),
        (lambda p: p / p.max() * 255, "hot pixels"),
        (lambda p: (p - p.min()) / np.ptp(p) * 255.0, "The same for the minimum"),
        (lambda p: np.clip(p / np.percentile(p, 99.8), 0, 1) * 255, "over a glow"),
        (lambda p: stretch(p) / 255, "divides by 255 as always"),
        (lambda p: mend_picture._unclipped(p), "is to be clipped"),
        (lambda p: mend_picture._unclipped(p).astype(np.int16).astype(np.uint8), "Clip before you convert"),
        (lambda p: (p - p.mean()) / p.std(), "mean 0 and spread 1"),
        (lambda p: 300.0 * p, "Clip"),
        (lambda p: 255 - stretch(p), "the score is"),
        (lambda p: p[..., None], "should have the picture's shape"),
        (lambda p: p.mean, "an array of numbers"),
        (lambda p: p.nothing, "AttributeError"),
    ],
)
def test_picture_mended_wrongly(answer, words):
    verdict = BY_NAME["mend_picture"].judge(answer)
    assert (verdict.state, words in verdict.words) == ("wrong", True), verdict.words


def train_c(network, pictures):
    mended = solution.mend_network(network, pictures)
    with torch.no_grad():
        mended.decoders[1].output_conv.bias += 1
    return mended


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (rewritten(solution.mend_network, ("copy.deepcopy(network)", "network")), "It is the only copy"),
        (rewritten(solution.mend_network, ("return mended.eval()", "return mended")), "still in training mode"),
        (rewritten(solution.mend_network, ("            module.train()\n", "")), "only reads them"),
        (rewritten(solution.mend_network, ("module.momentum = None", "pass")), "10% of the way"),
        (rewritten(solution.mend_network, ("mended.modules()", "mended.encoder.modules()")), "goes through all levels"),
        (rewritten(solution.mend_network, ("return mended.eval()", "return mended(pictures)")), "expected a network"),
        (train_c, "weights have moved"),
        (lambda network, pictures: network.nothing, "AttributeError"),
    ],
)
def test_network_mended_wrongly(answer, words):
    verdict = BY_NAME["mend_network"].judge(answer)
    assert (verdict.state, words in verdict.words) == ("wrong", True), verdict.words


def test_states_of_a_network_that_are_told():
    dropped, awake = network_c(), copy.deepcopy(model().network)
    for norm in (m for m in dropped.modules() if isinstance(m, nn.BatchNorm2d)):
        norm.running_mean = norm.running_var = None
    next(m for m in awake.modules() if isinstance(m, nn.Dropout2d)).train()
    assert "falls back on those of the batch" in mend_network.find_problem(dropped)
    assert "dropout switched on" in mend_network.find_problem(awake)


@pytest.mark.parametrize(
    ("name", "answer", "words"),
    [
        ("ellipse_limits", ["at rest"], "five words"),
        ("ellipse_limits", 5, "five words"),
        ("ellipse_limits", ["never"] * 5, "not among the words"),
        ("ellipse_limits", ["at rest", "centroid", "neither", "centroid", "centroid"], "4 of 5 are right. Scene 4"),
        ("diagnosis", "A", "three of the words"),
        ("diagnosis", ["broken", "broken", "broken"], "not among the words"),
        ("diagnosis", ["sign turned", "no statistics", "no statistics"], "1 of 3 are right. A: then the pixels"),
    ],
)
def test_predicted_wrongly(name, answer, words):
    verdict = BY_NAME[name].judge(answer)
    assert (verdict.state, words in verdict.words) == ("wrong", True), verdict.words


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_untried(exercise):
    assert exercise.judge(...).state == "not tried yet"
    if exercise.kind == "repair":
        assert exercise.judge(lambda *_: ...).state == "not tried yet"
        assert exercise.judge(lambda given, *_: given).state == "not tried yet"


def test_every_wrong_word_has_its_evidence():
    expected = {(p, w) for p, true in diagnosis.DIAGNOSES.items() for w in diagnosis.FAULTS if w != true}
    assert set(diagnosis.EVIDENCE) == expected
    numbered = enumerate(ellipses.ANSWERS, start=1)
    assert set(ellipses.EVIDENCE) == {(s, w) for s, true in numbered for w in ellipses.WORDS if w != true}


def test_what_the_evidence_says_of_the_pictures():
    sound, (a, b, c) = healthy(), patients()
    nuclei = [torch.from_numpy(sound.truth == k) for k in np.unique(sound.truth) if k]
    assert sound.score > 0.8
    assert (a.output[2:] == sound.output[2:]).all()  # σ and seed map
    assert len(a.found) > 2 * len(nuclei)
    best = sorted(float(b.output[4][mask].sigmoid().max()) for mask in nuclei)
    assert best[-2] > 0.7  # the brightest nuclei show
    assert best[-3] < 0.2
    assert (a.score, b.score, c.score) == (0, 0, 0)
    flat = c.output[:, 8:-8, 8:-8].flatten(1)
    assert (flat.std(1) < 0.1 * sound.output.flatten(1).std(1)).all()
    along = [(p.output[0] * torch.from_numpy(p.truth > 0)).abs().max() for p in (sound, a)]
    assert len(set(along)) == 2


def test_what_is_scored_is_not_what_is_shown():
    def pixels(place):
        top, left, side = place
        return {(r, c) for r in range(top, top + side) for c in range(left, left + side)}

    shown, scored, practice = (set().union(*map(pixels, p)) for p in ((SEEN,), (HELD_OUT, *OTHER), PRACTICE))
    assert not shown & scored
    assert not practice & scored


def separable(labels, k):
    """As the reference asks, but exact: for each centre, between which bounds the share of one sharpness must lie.

    With sharpnesses a and 1 - a, a pixel p of the object is nearer than a pixel q of another iff
    a (p_y² - q_y²) + (1 - a) (p_x² - q_x²) < 0.
    """
    own, others = np.argwhere(labels == k), np.argwhere((labels != k) & (labels > 0))
    for centre in own:
        y, x = np.moveaxis((own[:, None] - centre) ** 2 - (others[None] - centre) ** 2, -1, 0)
        slope = y - x
        with np.errstate(divide="ignore", invalid="ignore"):
            bound = -x / slope
        above, below = bound[slope < 0].max(initial=0), bound[slope > 0].min(initial=1)
        if above < below and (x[slope == 0] < 0).all():
            return True
    return False


def test_the_scenes_answers_are_proved():
    for true, (name, labels) in zip(ellipses.ANSWERS, ellipses.scenes().items(), strict=True):
        tried = {k: reference.fits_an_ellipse(labels, k) for k in (1, 2)}
        assert tried == {k: separable(labels, k) for k in (1, 2)}, name
        first, second = reference.centroids(labels).values()
        pointed = "neither" if first == second else "centroid"
        assert true == ("at rest" if all(tried.values()) else pointed), name


def test_references_agree_with_the_solutions():
    output, picture = torch.randn(5, 4, 6), mend_picture.pictures()[1]
    np.testing.assert_array_equal(reference.swap_offsets(output.numpy()), solution.mend_output(output).numpy())
    np.testing.assert_allclose(reference.stretch(picture), solution.mend_picture(picture))
    norm = nn.BatchNorm2d(3, momentum=1.0)
    features = torch.randn(2, 3, 4, 5)
    norm(features)
    mean, variance = reference.channel_statistics(features.double().numpy())
    np.testing.assert_allclose(norm.running_mean, mean, atol=1e-6)
    np.testing.assert_allclose(norm.running_var, variance, rtol=1e-5)


def test_afterwards_who_is_not_mended_stays_as_he_was():
    left = after(..., lambda picture: picture.nothing, lambda network, pictures: None)
    assert [p.name for p in left] == ["A", "B", "C"]
    mended = after(solution.mend_output, solution.mend_picture, ...)
    assert [p.name for p in mended] == ["A, mended", "B, mended", "C"]
    assert mended[0].score == mended[1].score == healthy().score


def test_pictures_are_drawn():
    a = patients()[0]
    assert f"A: {len(a.found)} instances" in show_files([a]).alt
    assert "3: ring and disc" in show_scenes(ellipses.scenes()).alt

"""The threshold playground: its verdicts are the library's, its shortcut is the clustering, its picture tells apart."""

import re
import time
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from lab.clustering import Thresholds, cluster
from lab.datasets.scene import VOID, Scene
from lab.metrics import AP_THRESHOLDS, average_precision, detections_at, record_image, truth_from_scene
from lab.widgets.board.board import Event
from lab.widgets.thresholds import Playground, Subject, compute, proposals, render, words
from lab.widgets.thresholds.compute import Choice, look
from tests.ideal import ideal_output, street

NAMES = ("person", "car")


def noisy(height: int = 96, width: int = 192) -> Subject:
    """A small street, its offsets blurred, so that objects fray; a part of it void."""
    image, instances, classes = street(height, width)
    output = ideal_output(instances, classes, 2, noise=0.45)
    classes[:, : width // 4] = np.where(classes[:, : width // 4] == 0, VOID, classes[:, : width // 4])
    output[4:, 20:40, 10:40] += 6.5  # something that is nobody's, in void
    return Subject(Scene("street", image, instances, classes), output, NAMES, 2, Thresholds(0.6, 0.5, 20))


@pytest.fixture(scope="module")
def subject() -> Subject:
    return noisy()


def choices(subject):
    for seed, smallest, share, overlap in product((0.5, 0.7), (0, 10, 200), (0.0, 0.5), (0.5, 0.6)):
        for c in (1, 2):
            yield Choice(c, Thresholds(seed, 0.5, smallest, share), overlap)


def test_it_is_the_clustering_and_the_metric_of_the_library(subject):
    """Every slider against clustering anew, and verdicts and areas against lab.metrics."""
    truth, seen = truth_from_scene(subject.scene), set()
    for choice in choices(subject):
        found = cluster(subject.output, 2, **vars(choice.thresholds))
        mine = (found.classes == choice.class_index).numpy()
        view = look(subject, choice)
        rounds = proposals.cluster_once(subject, choice.class_index, 0.5)
        kept = [rounds.pixels[d.round].tolist() for d in view.detections]
        assert kept == [np.flatnonzero(mask).tolist() for mask in found.masks.numpy()[mine]]
        record = record_image(found.masks.numpy(), found.scores.numpy(), found.classes.numpy(), truth)
        expected = detections_at(record, choice.class_index, choice.overlap, 0)
        right, wrong = (sorted(d.score for d in view.detections if d.verdict == v) for v in ("right", "wrong"))
        assert right == pytest.approx(sorted(expected.right))
        assert wrong == pytest.approx(sorted(expected.wrong))
        assert len(view.missed) == expected.missed
        ap = average_precision([record], 2, min_region=0)
        assert view.mean_ap == pytest.approx(ap.per_class[choice.class_index - 1])
        column = AP_THRESHOLDS.index(pytest.approx(choice.overlap))
        assert view.ap == pytest.approx(ap.table[choice.class_index - 1, column])
        seen |= {d.verdict for d in view.detections}
    assert seen == {"right", "wrong", "forgiven"}, "the scene shows every kind"


def test_a_detection_of_an_object_that_is_taken_is_wrong(subject):
    """Three on two objects: the better score has it, even where a later one overlaps it more."""
    iou = np.array([[0.6, 0.0], [0.9, 0.0], [0.0, 0.7]])
    two = np.array([0, 1])
    made = proposals.Rounds(
        np.array([0.9, 0.8, 0.7]), (two,) * 3, two[[1] * 3], two[[1] * 3], np.zeros(3), iou, two + 7
    )
    found = compute.judge(made, np.arange(3), 0.5)
    assert [(d.verdict, d.object) for d in found] == [("right", 7), ("wrong", 7), ("right", 8)]
    view = look(subject, Choice(2, Thresholds(0.7, 0.5, 10)))
    assert [render.tell_verdict(d, view) for d in found] == ["right", "found twice", "right"]
    stricter = compute.judge(made, np.arange(3), 0.65)
    assert [d.verdict for d in stricter] == ["wrong", "right", "right"]
    assert render.tell_verdict(stricter[0], replace(view, choice=replace(view.choice, overlap=0.65))) == "too little"


def test_a_class_without_objects_has_no_ap(subject):
    scene = replace(subject.scene, classes=np.where(subject.scene.classes == 1, 0, subject.scene.classes))
    alone = replace(subject, scene=scene)
    view = look(alone, Choice(1, Thresholds(0.5, 0.5, 20)))
    assert np.isnan(view.ap)
    assert np.isnan(view.mean_ap)
    assert view.number("wrong") > 0 == view.number("right")
    assert "no object of this class" in render.draw(alone, view)
    assert "not defined" in words.tell(view)
    assert proposals.classes_of(alone) == [2]


def test_nothing_found_is_a_point_and_no_area(subject):
    view = look(subject, Choice(2, Thresholds(1.0, 0.5, 20)))
    assert (view.detections, view.ap, len(view.missed)) == ((), 0.0, view.count)
    assert view.nuclei_score == 0
    render.draw(subject, view)
    assert "0 right, 0 wrong" in words.tell(view)


@pytest.mark.parametrize(
    ("choice", "found"),
    [
        (Choice(1, Thresholds(0.4)), "seed_threshold: found 0.4"),
        (Choice(1, Thresholds(0.9), 0.4), "overlap: found 0.4"),
    ],
)
def test_what_it_cannot_judge_is_refused(subject, choice, found):
    with pytest.raises(ValueError, match=found):
        look(subject, choice)


def test_an_output_that_does_not_fit_is_refused(subject):
    with pytest.raises(ValueError, match="expected the output for this very image"):
        replace(subject, output=subject.output[:, :-1])
    with pytest.raises(ValueError, match="not finite"):
        replace(subject, output=subject.output * float("nan"))


def test_three_verdicts_differ_by_colour_line_and_sign(subject):
    view = look(subject, Choice(1, Thresholds(0.5, 0.5, 0, 0.0), 0.6))
    assert min(view.number("right"), view.number("wrong"), len(view.missed)) > 0
    looks = [*render.LOOKS.values(), (render.MISSED, render.DOTTED, "?")]
    for part in range(3):
        assert len({look[part] for look in looks}) == len(looks)
    drawn = render.draw_scene(subject, view)
    for number, d in enumerate(view.detections, start=1):
        assert f">{number}{render.LOOKS[d.verdict][2]}<" in drawn
    assert drawn.count(">?<") == len(view.missed)
    assert drawn.count("stroke-dasharray") == 2 * (len(view.missed) + len(view.detections) - view.number("right"))


def test_no_sign_covers_another(subject):
    view = look(subject, Choice(1, Thresholds(0.5, 0.5, 0, 0.0), 0.6))
    assert len(view.missed) > 1
    drawn = render.draw_scene(subject, view)
    found = re.findall(r'<rect x="([-.0-9]+)" y="([-.0-9]+)" width="([.0-9]+)" height="16" rx="4"', drawn)
    corner, wide = np.array(found, float)[:, :2], np.array(found, float)[:, 2]
    assert len(corner) == len(view.detections) + len(view.missed)
    middle = corner[:, 0] + wide / 2
    beside = abs(middle[:, None] - middle) >= (wide[:, None] + wide) / 2
    above = abs(corner[:, None, 1] - corner[:, 1]) >= 16
    assert (beside | above)[np.triu_indices(len(wide), 1)].all()


def test_a_long_list_says_how_many_more(subject):
    view = look(subject, Choice(2, Thresholds(0.5, 0.5, 0, 0.0)))
    many = replace(view, detections=view.detections[:1] * (render.ROWS + 3))
    assert "and 3 more" in render.draw_list(many)


def settle(figure: Playground) -> None:
    while figure.newest.busy:
        time.sleep(0.002)
    assert figure.error.value == ""


@pytest.fixture
def figure(subject) -> Playground:
    return Playground({"street": subject, "again": noisy(64, 128)}, "street: car")


def test_sliders_move_picture_and_words(figure):
    before = figure.board.shapes, figure.words.value
    figure.seed_threshold.value = 0.95
    settle(figure)
    assert figure.board.shapes != before[0]
    assert figure.words.value != before[1]
    figure.overlap.value = 0.9
    settle(figure)
    assert "more than 0.90" in figure.board.shapes
    assert "AP at overlap 0.90" in figure.words.value
    figure.reset.click()
    settle(figure)
    assert figure.choice.thresholds == figure.subject.thresholds
    assert figure.overlap.value == 0.9, "the overlap is the judge's, not the model's"


def test_another_scene_begins_at_its_own_thresholds(figure):
    figure.min_pixels.value = 3
    figure.what.value = "again: person"
    settle(figure)
    assert figure.choice.thresholds == figure.subject.thresholds
    assert figure.view.choice.class_index == 1
    assert figure.board.height == render.height_of(figure.subject)


def key(dx: int, count: int) -> dict:
    return {"kind": "key", "handle": "heard", "x": 0, "y": 0, "dx": dx, "dy": 0, "count": count}


def test_the_ring_is_moved_by_key(figure):
    """Every key leads on, and there and back again over all detections."""
    figure.seed_threshold.value = 0.5
    settle(figure)
    heard, count = [len(figure.view.detections)], 0
    for way in (-1, +1):
        for _ in range(heard[0]):
            count += 1
            figure.board.event = key(way, count)
            settle(figure)
            heard.append(len(figure.view.detections))
            if heard[-1] in (0, heard[0]):
                break
            assert (heard[-1] - heard[-2]) * way > 0
    assert 0 in heard
    assert heard[-1] == heard[0] > 5
    figure.board.event = key(-100, 999)
    settle(figure)
    assert figure.seed_threshold.value == 1.0


def test_the_ring_is_dragged_to_the_nearest_point(figure):
    for point in (0, 1, 2):
        place = render.curve_panel(figure.subject).at(*(float(v[point]) for v in figure.view.whole[::-1]))
        heard = render.nearest_heard(figure.subject, figure.view, place[0] + 1, place[1] + 1)
        assert heard == point, "its first three detections are right and have different scores"
    figure._touched(Event("drag", "heard", 48.0, 0.0, 0, 0))
    settle(figure)
    assert figure.view.detections == ()


def test_the_alternative_text_counts(figure):
    view = figure.view
    assert f"{view.number('right')} are right" in figure.board.alt
    assert re.search(r"AP \d\.\d{3}\.", figure.board.alt)
    assert figure.still().alt == figure.board.alt


def test_bad_beginnings_are_refused(subject):
    with pytest.raises(ValueError, match="found no labelled object"):
        Playground({})
    with pytest.raises(ValueError, match="found 'nowhere', expected one of street: person"):
        Playground({"street": subject}, "nowhere")


def test_a_threshold_for_a_number_of_detections(subject):
    view = look(subject, Choice(2, Thresholds(0.7, 0.5, 0)))
    now = len(view.detections)
    assert 0 < now < len(view.scores)
    for heard in range(1, len(view.scores) + 1):
        kept = int((view.scores >= compute.move_threshold(view, heard)).sum())
        assert kept >= heard if heard >= now else kept <= heard
    assert compute.move_threshold(view, 0) == compute.move_threshold(view, -3) == 1.0

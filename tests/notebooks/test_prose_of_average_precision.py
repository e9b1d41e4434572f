"""What the text of notebook 11 says without computing it there."""

import json
import re

import numpy as np
import pytest

from lab.checkpoints import shipped_model
from lab.datasets.sample import street
from lab.evaluation.predict import network_output, thresholds_of
from lab.folders import data_folder
from lab.widgets.thresholds.compute import Choice, look
from lab.widgets.thresholds.proposals import Subject
from tests.notebooks.exercises import read


@pytest.fixture(scope="module")
def subject() -> Subject:
    model, scene = shipped_model("toyscapes"), street()
    own = thresholds_of(model.card)
    return Subject(scene, network_output(model, scene.image), model.card.class_names, 2, own)


def cars(subject, overlap=0.5, **changes):
    return look(subject, Choice(3, type(subject.thresholds)(**vars(subject.thresholds) | changes), overlap))


def counts(view):
    return view.number("right"), view.number("wrong"), len(view.missed)


def test_the_cars_of_the_table(subject):
    view = cars(subject)
    assert [d.verdict == "right" for d in view.detections] == [True, True, True, False, True, False]
    assert [round(d.score, 3) for d in view.detections] == [0.995, 0.991, 0.949, 0.852, 0.803, 0.761]
    assert (counts(view), view.count) == ((4, 2, 3), 7)
    assert (view.detections[3].object, round(view.detections[3].overlap, 2)) == (14, 0.44)
    assert view.detections[5].object == 9
    assert view.ap == pytest.approx(3 / 7 + (3 / 4 + 4 / 5) / 14)


def test_what_is_to_be_tried_with_the_playground(subject):
    own, longer, shorter = (cars(subject, seed_threshold=t) for t in (0.7, 0.5, 0.9))
    assert longer.ap == own.ap
    assert longer.number("wrong") == 7
    assert longer.nuclei_score < own.nuclei_score
    assert (counts(shorter), round(shorter.ap, 3)) == ((3, 0, 4), 0.429)
    found = {t: {d.object for d in cars(subject, t).detections if d.verdict == "right"} for t in (0.5, 0.55, 0.6, 0.95)}
    assert found[0.5] - found[0.55] == {12}
    assert 10 in found[0.55] - found[0.6]
    assert len(found[0.95]) == 1
    crowded = cars(subject, min_unassigned=0.0)
    assert (round(own.ap, 3), round(crowded.ap, 3)) == (0.539, 0.605)
    assert crowded.number("right") > 4
    assert crowded.number("wrong") > 2
    assert crowded.nuclei_score < own.nuclei_score


def test_objects_under_the_floor():
    scene = street()
    sizes = np.bincount(scene.instances.ravel())[1:]
    assert ((sizes < 100).sum(), sizes[14] < 100) == (5, True)
    assert [int(sizes[k]) < 100 for k in (17, 18)] == [True, True]
    assert {int(scene.classes[scene.instances == k][0]) for k in (18, 19)} == {7}, "the two motorcycles"
    assert 16 * scene.instances.size == 2048 * 1024


def percent(row, key="ap"):
    return round(100 * row[key], 1)


def test_the_table_of_classes():
    result = json.loads((data_folder() / "results" / "toyscapes_val.json").read_text())
    classes = result["classes"]
    assert (percent(result), result["images"], result["min_region_pixels"]) == (9.1, 100, 100)
    assert (percent(classes["car"]), percent(classes["car"], "ap50")) == (39.7, 59.1)
    assert 0.64 < classes["car"]["ap"] / classes["car"]["ap50"] < 0.7
    assert (percent(classes["person"]), percent(classes["person"], "ap50")) == (0.6, 3.7)
    assert classes["person"]["ap"] / classes["person"]["ap50"] < 0.2
    assert sorted(name for name, row in classes.items() if row["ap"] == 0) == ["bicycle", "motorcycle", "rider"]
    assert (classes["motorcycle"]["instances"], classes["car"]["instances"]) == (30, 551)
    assert int(shipped_model("toyscapes").card.origin["minutes"]) == 81


def test_the_ladder():
    result = json.loads((data_folder() / "results" / "oracle_toyscapes.json").read_text())
    rungs = {tuple(rung["truth"]): rung for rung in result["rungs"]}
    ap = {truth: percent(rung) for truth, rung in rungs.items()}
    assert result["images"] == 100
    assert result["split"] == "val"
    alone = {name: ap[name,] for name in ("foreground", "seeds", "offsets", "sigma", "centre")}
    assert alone == {"foreground": 22.0, "seeds": 16.6, "offsets": 12.0, "sigma": 9.9, "centre": 9.7}
    three = ("foreground", "seeds", "centre")
    assert (ap[()], ap[three], ap[*three, "sigma"]) == (9.1, 40.7, 86.3)
    gain = {truth: round(100 * (rung["ap"] - rungs[()]["ap"]), 1) for truth, rung in rungs.items()}
    assert (gain["foreground",], gain["seeds",], gain[three[:2]], gain["sigma",]) == (12.9, 7.6, 31.6, 0.9)
    steps = [b - a for a, b in zip(list(ap.values())[5:], list(ap.values())[6:], strict=False)]
    assert max(steps) == pytest.approx(86.3 - 40.7)
    of_cars = {truth: percent(rung["classes"]["car"]) for truth, rung in rungs.items() if len(truth) < 2}
    assert max(of_cars, key=of_cars.get) == ("offsets",)
    assert (of_cars[()], of_cars["offsets",]) == (39.7, 50.7)
    assert round(100 * (rungs[*three, "sigma"]["ap"] - rungs[three]["ap"]), 1) == 45.6
    given = result["ground_truth_seeds"]
    assert (percent(given), percent(given["classes"]["car"])) == (13.4, 33.0)


def test_the_street_on_the_ladder():
    figure = next(c for c in read(11).cells if c.cell_type == "code" and "Ladder(" in c.source)
    assert "AP 11.5 %, AP50 31.9 % (objects under 100 px ignored)" in str(figure.outputs)


def test_what_the_cells_print_is_what_the_text_says():
    outputs = ["".join(o.get("text", "") for o in cell.get("outputs", ())) for cell in read(11).cells]
    printed = "\n".join(outputs)
    for words in ("0.7          14  0.091  0.260           0.259", "0.5          25  0.091  0.260           0.184"):
        assert words in printed
    assert "the cars of the street: 0.950" in printed
    assert "both: 0.871" in printed
    assert "first: 1.000" in printed
    assert "second: 1.000" in printed
    by_mean = [line.split()[-1] for line in printed.splitlines() if line.startswith(("every object", "floor of 100"))]
    assert by_mean == ["0.260", "0.319"]
    every = [float(x) for x in re.search(r"every object +(.*)", printed)[1].split()][:-1]
    assert (every[5] != every[5], every[6]) == (True, 0.0)  # train is nan, motorcycle 0
    assert round(np.nansum(every) / 6, 3) == 0.303
    assert np.isnan(float(re.search(r"floor of 100 px +(.*)", printed)[1].split()[6]))
    rounded = [line for line in printed.splitlines() if line.startswith("nuclei, ") and "decimals" in line]
    assert [int(re.search(r"(\d+) different scores", line)[1]) for line in rounded] == [60, 9]
    first, second = (float(line.split()[-1]) for line in rounded)
    assert abs(first - second) < 0.002, "they all but cancel"

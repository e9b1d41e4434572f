"""The Lovász strip: its numbers against exact ones, what it says, its drawing, its wires."""

import xml.etree.ElementTree as ET
from fractions import Fraction as Fr
from itertools import pairwise

import numpy as np
import pytest
import torch

from lab.lovasz import lovasz_hinge
from lab.widgets.board.board import Event
from lab.widgets.strip import Strip, layout
from lab.widgets.strip.compute import read
from lab.widgets.strip.curve import CURVE, as_crisp_mask, slab, staircase
from lab.widgets.strip.pixels import PRESETS, Pixels, letters, snap
from lab.widgets.strip.render import BAR, draw
from lab.widgets.strip.words import describe, tell_event, tell_level, tell_move, tell_tie

SIX = PRESETS["six pixels"]


def random_pixels(seed: int) -> Pixels:
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 9))
    logits = tuple(snap(float(z), -2.0, 2.0) for z in rng.normal(0, 1.2, count))
    return Pixels(logits, tuple(bool(v) for v in rng.random(count) < 0.5), int(rng.integers(count)), 0.4)


def key(handle: str, dx: int = 0, dy: int = 0) -> Event:
    return Event("key", handle, 0, 0, dx, dy)


def test_exact_values():
    reading = read(SIX)
    assert reading.loss == pytest.approx(0.8466666667)
    assert reading.gradient == (Fr(-1, 6), Fr(-1, 3), Fr(1, 6), Fr(1, 30), Fr(-1, 5), Fr(1, 10))
    assert reading.ranks == (6, 1, 2, 5, 4, 3)
    assert [reading.weights[i] for i in reading.order] == [Fr(1, 3), Fr(1, 6), Fr(1, 10), Fr(1, 5), Fr(1, 30), Fr(1, 6)]
    assert read(PRESETS["all background"]).loss == pytest.approx(1.9)
    assert read(PRESETS["all foreground"]).loss == pytest.approx(1.125)
    assert read(PRESETS["crisp: every logit 1 or -1"]).loss == pytest.approx(2 * 2 / 4)
    assert read(PRESETS["the four pixels of the text"]).loss == pytest.approx(1.5 / 2 + 1.2 / 6 + 0.5 / 3)


@pytest.mark.parametrize("seed", range(25))
def test_rule_autograd_sum_and_area_agree(seed):
    reading = read(random_pixels(seed))
    assert [float(g) for g in reading.gradient] == pytest.approx(list(reading.autograd))
    assert sum(reading.contributions) == pytest.approx(reading.loss)
    xs, ys = staircase(reading)
    assert sum((a - b) * y for (a, b), y in zip(pairwise(xs), ys[1:], strict=True)) == pytest.approx(reading.loss)
    slabs = sum(w * h for _, _, w, h in (slab(reading, n) for n in range(len(reading.active))))
    assert slabs * 3 / (CURVE.width * CURVE.height) == pytest.approx(reading.loss)
    assert sum(abs(g) for g in reading.gradient) <= 1


def test_cross_entropy_is_the_mean_through_a_sigmoid():
    reading = read(SIX)
    chances = [1 / (1 + np.exp(-z)) for z in SIX.logits]
    own = [p if label else 1 - p for p, label in zip(chances, SIX.labels, strict=True)]
    assert reading.cross_entropy == pytest.approx(-np.mean(np.log(own)))
    assert reading.cross_entropy_gradient == pytest.approx(
        [(p - label) / 6 for p, label in zip(chances, SIX.labels, strict=True)]
    )


def test_what_the_notebook_says_of_pixel_two():
    before = read(PRESETS["eight pixels"])
    assert (before.ranks[1], before.weights[1], before.weights[2]) == (2, Fr(1, 4), Fr(1, 4))
    after = read(before.pixels.moved(1, -0.5))
    assert (after.ranks[1], after.weights[1], after.weights[2]) == (1, Fr(1, 3), Fr(1, 6))
    assert tell_event(before, after) == "Pixel 2 overtakes pixel 3: rank 2 → 1, its weight 1/4 → 1/3."
    assert tell_event(after, before) == "Pixel 2 falls behind pixel 3: rank 1 → 2, its weight 1/3 → 1/4."
    right = read(before.pixels.moved(1, 1.05))
    assert (right.ranks[1], right.gradient[1]) == (None, 0)


def test_what_the_notebook_says_of_one_missed_pixel():
    reading = read(PRESETS["an object of one pixel, missed"])
    assert reading.weights == (1, 0, 0, 0, 0, 0, 0, 0)
    own, *others = (abs(g) for g in reading.cross_entropy_gradient)
    assert own == pytest.approx(0.089, abs=5e-4)
    assert 2.7 < sum(others) / own < 3


def test_ties_leave_the_loss_and_not_the_weights():
    tied = read(PRESETS["ties"])
    there_and_back = read(tied.pixels.moved(0, -0.15))
    assert tied.ranks[0] == 1
    assert there_and_back.ranks[0] == 4
    assert tell_tie(tied).startswith("Pixels 1, 2, 5 and 6 tie at 1.20")
    assert tell_tie(there_and_back) == ""


def test_sentences():
    before = read(PRESETS["eight pixels"])
    moved = read(before.pixels.moved(1, -0.35))
    assert tell_event(before, moved) == ""
    assert tell_move(before, moved) == (
        "Pixel 2: error 1.30 → 1.35, the loss 0.879 → 0.891. Nobody was overtaken, so the change is 0.05 × its weight "
        "1/4 = 0.013."
    )
    assert moved.loss - before.loss == pytest.approx(0.05 / 4)
    gone = read(before.pixels.moved(1, 1.1))
    assert tell_event(before, gone) == "Pixel 2 is right with room to spare: error −0.10, it takes no part."
    assert tell_event(gone, moved) == "Pixel 2 takes part again, at rank 2 with weight 1/4."
    flipped = read(before.pixels.flipped(3))
    assert "Pixel 4 is now foreground: error 0.20 → 1.80; G = 3 → 4" in tell_event(before, flipped)
    assert tell_level(read(before.pixels.cut_at(1.0))).endswith("pixels 2 and 3 (ringed). J = wrong / union = 2/4.")
    assert tell_level(read(before.pixels.cut_at(2.9))) == "No error is above t = 2.90: J = 0."
    assert tell_move(before, before).startswith("Loss 0.879.")


def test_the_fraction_at_the_level_is_the_curve():
    for seed in range(10):
        reading = read(random_pixels(seed))
        xs, ys = staircase(reading)
        at = next(y for x, y in zip(xs[::-1], ys[::-1], strict=True) if x >= reading.pixels.level)
        words = tell_level(reading)
        assert at == (0 if "J = 0" in words else pytest.approx(float(Fr(words.split("= ")[-1].rstrip(".")))))


def test_crisp_mask_is_counted_at_logit_zero():
    assert as_crisp_mask(read(SIX)) == "2/4"
    assert as_crisp_mask(read(Pixels((0.0, 0.0), letters("FB")))) == "1/1"
    assert as_crisp_mask(read(Pixels((-1.0,), letters("B")))) == "0"


@pytest.mark.parametrize("name", PRESETS)
def test_drawing_is_well_formed_and_can_be_reached_by_key(name):
    reading = read(PRESETS[name])
    root = ET.fromstring(f"<svg>{draw(reading)}</svg>")
    handles = [e.get("data-handle") for e in root.iter() if e.get("data-handle")]
    count = len(reading.errors)
    bars, flips = [f"bar{i}" for i in range(count)], [f"label{i}" for i in range(count)]
    assert handles == [*bars, *flips, "level"]
    assert all(e.get("aria-label") for e in root.iter() if e.get("data-handle"))
    assert all(float(e.get("font-size")) >= 12 for e in root.iter("text"))
    assert f"{reading.loss:.3f}" in describe(reading)


def test_hatch_tells_background_without_colour():
    def fills(preset: str) -> list[str]:
        rectangles = ET.fromstring(f"<svg>{draw(read(PRESETS[preset]))}</svg>").iter("rect")
        return [e.get("fill") for e in rectangles if e.get("width") == f"{BAR}"]

    assert fills("all background") == ["url(#strip-hatch)"] * 4
    assert fills("all foreground") == ["#0072b2"] * 4


def test_keys_and_drags_move_a_bar():
    strip = Strip()
    strip.follow(key("bar1", dy=-1))
    assert strip.pixels.logits[1] == -0.25
    strip.follow(key("bar1", dy=10))
    assert strip.pixels.logits[1] == -0.75
    assert "overtakes pixel 3" in strip.words.value
    _, y = layout.bars(8).at(0, 1.52)
    strip.follow(Event("drag", "bar6", 0, y, 0, 0))
    assert (strip.pixels.logits[6], strip.pixels.chosen) == (1.5, 6)
    strip.follow(Event("drag", "bar6", 0, -500, 0, 0))
    assert strip.pixels.logits[6] == 2
    assert strip.error.value == ""
    assert strip.reading == read(strip.pixels)


def test_a_press_flips_a_label_and_only_chooses_a_bar():
    strip = Strip()
    before = strip.pixels
    strip.follow(Event("press", "bar4", 300, 100, 0, 0))
    assert strip.pixels.logits == before.logits
    assert strip.pixels.chosen == 4
    strip.follow(Event("press", "label4", 300, 228, 0, 0))
    assert not strip.pixels.labels[4]
    assert "Pixel 5 is now background" in strip.words.value
    strip.follow(Event("press", "", 3, 3, 0, 0))
    strip.follow(key("label4", dy=1))
    assert strip.pixels.logits == before.logits
    assert strip.error.value == ""


def test_the_level_moves_and_the_last_event_stays_to_be_read():
    strip = Strip()
    strip.follow(key("bar1", dy=10))
    strip.follow(key("level", dx=1))
    assert strip.pixels.level == 0.75
    assert "Errors above t = 0.75" in strip.words.value
    assert "overtakes" in strip.words.value
    strip.follow(Event("drag", "level", CURVE.at(2.0, 0)[0], 50, 0, 0))
    assert strip.pixels.level == 2.0


def test_presets_and_start_again():
    strip = Strip()
    strip.follow(key("bar1", dy=10))
    strip.again.click()
    assert strip.pixels == PRESETS["eight pixels"]
    drawings = set()
    for name in PRESETS:
        strip.preset.value = name
        drawings.add(strip.board.shapes)
        assert strip.pixels == PRESETS[name]
        assert strip.error.value == ""
    assert len(drawings) == len(PRESETS)


def test_an_exception_is_shown(monkeypatch):
    strip = Strip()
    monkeypatch.setattr("lab.widgets.strip.shell.draw", lambda _: 1 / 0)
    strip.follow(key("bar0", dy=1))
    assert "ZeroDivisionError" in strip.error.value


def test_still_has_words():
    still = Strip("six pixels").still()
    assert still.pixels.shape[1] > 860
    assert "loss 0.847" in still.alt


def test_agrees_with_the_library_on_free_logits():
    for seed in range(10):
        pixels = random_pixels(seed)
        loss = lovasz_hinge(torch.tensor(pixels.logits).double(), torch.tensor(pixels.labels))
        assert read(pixels).loss == pytest.approx(loss.item())

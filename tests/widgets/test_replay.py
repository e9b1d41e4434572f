"""The clustering replay: every proposal with its pixels, any place without clustering again, the game, the figure."""

import numpy as np
import pytest
import torch

from lab.clustering import Thresholds, cluster
from lab.widgets.replay import Replay, game, grounds, words
from lab.widgets.replay.compute import (
    frame_at,
    frame_before_next,
    margin_px,
    read_inputs,
    run_clustering,
    same_place,
)
from lab.widgets.replay.embeddings import draw_embeddings
from lab.widgets.replay.page import still_page
from lab.widgets.replay.render import draw
from tests.ideal import ideal_output, street

OWN = Thresholds(min_pixels=40, seed_threshold=0.7)
NAMES = ("person", "car")


@pytest.fixture(scope="module")
def output():
    _, instances, classes = street()
    return ideal_output(instances, classes, 2, noise=0.8)


@pytest.fixture(scope="module")
def inputs(output):
    return read_inputs(street()[0], output, NAMES)


@pytest.fixture(scope="module")
def run(inputs):
    return run_clustering(inputs, (1, 2), OWN)


def test_it_is_the_librarys_clustering(run, output, inputs):
    """Same steps, same masks; and of what was rejected the pixels too."""
    found = cluster(output, 2, **vars(OWN))
    assert tuple(p.step for p in run.proposals) == found.trace
    assert 0 < len(found) < len(run)
    for p in run.proposals:
        assert len(p.pixels) == p.step.proposal_pixels
        if p.number:
            assert set(p.pixels) == set(found.masks[p.number - 1].flatten().nonzero()[:, 0].tolist())
    assert [p.number for p in run.proposals if p.number] == list(range(1, len(found) + 1))
    assert inputs.shape == (256, 512)


def test_every_place_follows_from_the_one_before(run, inputs):
    """Unassigned, new and overlap, counted on the frames, are what the trace says."""
    for place in range(1, len(run) + 1):
        frame = frame_at(inputs, run, place)
        step = run.proposals[place - 1].step
        assert frame.unassigned.sum() == run.proposals[place - 1].unassigned
        assert frame.unassigned[step.row, step.column]
        assert (frame.unassigned & frame.claim).sum() == step.unassigned_pixels + 1  # the seed is not counted
        assert inputs.seed_map(frame.class_index)[frame.unassigned].max() == pytest.approx(step.score)
        after = frame_before_next(inputs, run, place)
        if after.class_index == frame.class_index:
            assert (after.unassigned == (frame.unassigned & ~frame.claim)).all()


def test_a_pixel_belongs_to_the_first_that_took_it(run, inputs):
    expected, contested = np.zeros(inputs.image[..., 0].size, int), 0
    for k, proposal in enumerate(run.proposals, start=1):
        if proposal.step.class_index == 1:
            contested += (expected[proposal.pixels] > 0).sum()
            expected[proposal.pixels] = np.where(expected[proposal.pixels] > 0, expected[proposal.pixels], k)
    assert contested > 0
    people = frame_at(inputs, run, sum(p.step.class_index == 1 for p in run.proposals))
    before = people.owner.ravel()
    assert (before[before > 0] == expected[before > 0]).all()
    assert len(np.unique(before)) > 3


def test_each_class_begins_with_all_its_candidates(run, inputs):
    starts = [k for k, p in enumerate(run.proposals, start=1) if k == 1 or p.step.class_index == 2]
    second = frame_at(inputs, run, min(starts[1:]))
    assert second.class_index == 2
    assert second.unassigned.sum() == second.candidate.sum()
    assert frame_at(inputs, run, 0).unassigned.sum() == frame_at(inputs, run, 1).unassigned.sum()


def test_margin_is_in_px(run):
    step = run.proposals[0].step
    assert margin_px(step)[0] == pytest.approx(1024 * (np.log(2) / step.sharpness[0]) ** 0.5)


def test_a_stricter_seed_threshold_keeps_the_list_and_cuts_its_end(run, inputs):
    strict = run_clustering(inputs, (1, 2), Thresholds(min_pixels=40, seed_threshold=0.85))
    for class_index in (1, 2):
        long = [p.step for p in run.proposals if p.step.class_index == class_index]
        short = [p.step for p in strict.proposals if p.step.class_index == class_index]
        assert short == long[: len(short)]
        assert len(short) < len(long)


def test_the_share_of_new_pixels_changes_verdicts_only(run, inputs):
    lax = run_clustering(inputs, (1, 2), Thresholds(min_pixels=40, seed_threshold=0.7, min_unassigned=0.0))
    assert [p.pixels.tolist() for p in lax.proposals] == [p.pixels.tolist() for p in run.proposals]
    assert sum(p.number > 0 for p in lax.proposals) > sum(p.number > 0 for p in run.proposals)


def test_a_place_is_kept_where_it_can_be(run, inputs):
    lax = run_clustering(inputs, (1, 2), Thresholds(min_pixels=40, seed_threshold=0.7, min_unassigned=0.0))
    strict = run_clustering(inputs, (1, 2), Thresholds(min_pixels=40, seed_threshold=0.85))
    only = run_clustering(inputs, (2,), OWN)
    for place in range(len(run) + 1):
        assert same_place(run, place, lax) == place
    last = len(run)
    assert same_place(run, last, strict) == len(strict)
    assert only.proposals[same_place(run, last, only) - 1].step == run.proposals[-1].step
    assert same_place(only, 0, run) == 0


def test_why_a_class_ended(inputs):
    assert "0.70 or more" in run_clustering(inputs, (2,), OWN).ends[2]
    all_taken = run_clustering(inputs, (2,), Thresholds(min_pixels=40, seed_threshold=0.5))
    assert "more than 40 are wanted" in all_taken.ends[2]


def test_inputs_that_do_not_fit_are_named(output):
    image = street()[0]
    with pytest.raises(ValueError, match="expected the output for this very image"):
        read_inputs(image[:100], output, NAMES)
    with pytest.raises(ValueError, match="expected one name a map"):
        read_inputs(image, output, ("car",))
    broken = output.clone()
    broken[0, 3, 5] = torch.nan
    with pytest.raises(ValueError, match="channel 0 at row 3, column 5"):
        read_inputs(image, broken, NAMES)


# --- the game ---


def next_pixel(run, place):
    step = run.proposals[place].step
    return step.column, step.row


def test_the_next_seed_gets_all_points_at_every_place(run, inputs):
    for place in range(len(run)):
        outcome = game.judge_guess(inputs, run, place, next_pixel(run, place))
        assert (outcome.points, outcome.why[:20]) == (10, "Exactly that pixel. ")
    assert game.judge_guess(inputs, run, len(run), None).points == 10


def test_wrong_guesses_and_why(run, inputs):
    taken = next_pixel(run, 0)
    for pixel, place, words_wanted in (
        ((0, 0), 0, "not a candidate"),
        (taken, 1, "proposal 1 took it"),
        (None, 1, "It goes on"),
        (taken, len(run), "It ends here"),
    ):
        outcome = game.judge_guess(inputs, run, place, pixel)
        assert outcome.points == 0
        assert words_wanted in outcome.why


def test_near_guesses_get_points_for_rank_and_for_the_proposal(run, inputs):
    """Of the first proposal's pixels the second best gets nearly all, the worst still the five for the proposal."""
    first, frame = run.proposals[0], frame_before_next(inputs, run, 0)
    scores = inputs.seed_map(frame.class_index).ravel()[first.pixels]
    order = first.pixels[np.argsort(-scores, kind="stable")]
    width = inputs.shape[1]
    points = [game.judge_guess(inputs, run, 0, (int(i % width), int(i // width))).points for i in order]
    assert points[0] == 10
    assert points == sorted(points, reverse=True)
    assert points[-1] >= 5
    outside = np.setdiff1d(np.flatnonzero(frame.unassigned), first.pixels)
    assert game.judge_guess(inputs, run, 0, (int(outside[0] % width), int(outside[0] // width))).points <= 5


def test_ranks_of_all_unassigned_are_one_to_n(run, inputs):
    frame = frame_before_next(inputs, run, 1)
    rows, columns = np.nonzero(frame.unassigned)
    some = list(zip(columns.tolist(), rows.tolist(), strict=True))[:: len(rows) // 50]
    ranks = [game.rank_among_unassigned(inputs, frame, pixel) for pixel in some]
    assert len(set(ranks)) == len(ranks)
    assert 1 <= min(ranks) <= max(ranks) <= len(rows)
    assert [game.rank_points(rank, 1000) for rank in (1, 1000)] == [5, 0]
    assert [game.rank_points(rank, 1000) for rank in (10, 100)] == [3, 2], "by the logarithm"
    assert game.rank_points(1, 1) == 5


def test_score_over_the_rounds():
    outcomes = (game.Outcome(7, "", (1, 2)), game.Outcome(10, "", None))
    assert game.tell_score(outcomes) == "17 of 20 points in 2 rounds"
    assert game.tell_score(outcomes[:1]) == "7 of 10 points in 1 round"


# --- pictures ---


def test_the_grounds_differ(run, inputs):
    """Background pale grey, unassigned by score, assigned in its instance's colour, rejected grey."""
    last = frame_at(inputs, run, len(run))
    picture = grounds.paint(inputs, run, last).astype(int)
    background = picture[~last.candidate]
    assert (np.ptp(background, axis=1) <= 1).all()
    assert background.min() > 150
    owned = grounds.owner_numbers(run, last.owner)
    numbered = (owned > 0) & ~last.claim
    assert (np.ptp(picture[numbered], axis=1) > 20).mean() > 0.9
    hidden = grounds.paint(inputs, run, last, reveal=False)
    assert (hidden[numbered] != picture[numbered]).any(axis=1).mean() > 0.9


def test_what_lies_over_it(run, inputs):
    rejected = next(k for k, p in enumerate(run.proposals, start=1) if not p.number and k > 1)
    drawing = draw(inputs, run, frame_at(inputs, run, rejected))
    assert "url(#lab-dots)" in drawing  # claimed twice
    assert "<ellipse" in drawing
    later = draw(inputs, run, frame_at(inputs, run, min(rejected + 1, len(run))))
    asked = draw(inputs, run, frame_before_next(inputs, run, rejected), reveal=False, guess=(20, 30))
    assert "url(#lab-stripes)" in later
    assert "url(#lab-stripes)" not in asked
    assert "<ellipse" not in asked, "the game must not show the margin"
    assert "M13 30H27" in asked


def test_embedding_space_has_axes_margin_and_points(run, inputs):
    drawing = draw_embeddings(inputs, frame_at(inputs, run, 2))
    assert "column (px)" in drawing
    assert "<ellipse" in drawing
    assert drawing.count("h0") > 50
    assert "step forward" in draw_embeddings(inputs, frame_at(inputs, run, 0))


def test_still_has_words_and_the_page_width(run, inputs):
    still = still_page(inputs, run, frame_at(inputs, run, 2))
    assert still.width == 860
    assert still.alt.startswith("Proposal 2 of ")


def test_words_say_what_happened(run, inputs):
    rejected = next(k for k, p in enumerate(run.proposals, start=1) if not p.number)
    told = words.tell_frame(inputs, run, frame_at(inputs, run, rejected))
    assert "rejected" in told
    assert run.proposals[rejected - 1].step.reason.split(":")[0] in told
    assert "all the same" in told
    listing = words.list_proposals(inputs, run, rejected)
    assert listing.count("<tr") == rejected + 1
    assert listing.index("lab-replay-now") < (listing.find("lab-replay-past") % len(listing))
    assert "End of class car" in words.tell_frame(inputs, run, frame_at(inputs, run, len(run)))


# --- the figure ---


@pytest.fixture
def replay(output):
    return Replay(street()[0], output, NAMES, OWN)


def shown(replay):
    return replay.picture.png, replay.picture.drawing, replay.headline.value, replay.listing.value


def test_steps_change_everything_and_do_not_cluster_again(replay):
    run, before = replay.run, shown(replay)
    replay.forward.click()
    replay.forward.click()
    assert replay.place.value == 2
    assert all(a != b for a, b in zip(shown(replay), before, strict=True))
    assert replay.run is run
    replay.back.click()
    replay.to_end.click()
    assert replay.place.value == len(run)
    replay.forward.click()
    assert replay.place.value == len(run)
    assert replay.error.value == ""


@pytest.mark.parametrize(
    ("control", "value"),
    [
        ("seed_threshold", 0.9),
        ("foreground_threshold", 0.8),
        ("min_pixels", 300),
        ("min_unassigned", 0.0),
        ("shown", 2),
    ],
)
def test_thresholds_and_class_make_another_run(replay, control, value):
    replay.to_end.click()
    run, before = replay.run, shown(replay)
    getattr(replay, control).value = value
    assert replay.run is not run
    assert shown(replay) != before
    assert replay.error.value == ""
    replay.reset.click()
    assert replay.thresholds == OWN


def test_a_seed_threshold_of_one_leaves_nothing(replay):
    replay.seed_threshold.value = 1
    assert len(replay.run) == 0
    assert replay.error.value == ""
    replay.mode.value = "which pixel is next?"
    replay.ends.click()
    assert replay.outcomes[-1].points == 10


def test_a_whole_game(replay):
    replay.mode.value = "which pixel is next?"
    assert replay.place.value == 0
    assert replay.settings.layout.display == "none"
    for place in range(len(replay.run)):
        assert words.tell_taken(place) in replay.story.value
        assert "hidden" in replay.space.alt
        assert "outlined in white" in replay.key.value
        replay.picture.pixel = list(next_pixel(replay.run, place))
        assert f"seed score {replay.run.proposals[place].step.score:.3f}" in replay.chosen.value
        replay.guess.click()
        assert "Exactly" in replay.story.value
        assert replay.guess.disabled
        replay.following.click()
    replay.ends.click()
    rounds = len(replay.run) + 1
    assert f"The end: {10 * rounds} of {10 * rounds} points" in replay.story.value
    assert replay.following.disabled
    replay.again.click()
    assert replay.outcomes == ()
    assert replay.place.value == 0
    replay.mode.value = "replay"
    assert replay.settings.layout.display is None
    assert replay.error.value == ""


@pytest.mark.parametrize("into", ["mode", "answer"])
def test_play_stops_where_the_game_begins(replay, into):
    if into == "answer":
        replay.mode.value = "which pixel is next?"
    replay.play.playing = True
    if into == "mode":
        replay.mode.value = "which pixel is next?"
    else:
        replay.ends.click()
    assert not replay.play.playing


def test_an_empty_run_is_kept_too(replay):
    replay.seed_threshold.value = 1
    run = replay.run
    assert len(run) == 0
    replay.picture.pixel = [3, 4]
    assert replay.run is run


def test_an_exception_is_shown(replay, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(replay, "_cluster", lambda: 1 / 0)
        replay.go(2)
        assert "ZeroDivisionError" in replay.error.value
    replay.go(1)
    assert replay.error.value == ""


def test_page_without_a_kernel(replay):
    bundle, _ = replay._repr_mimebundle_()
    assert "image/png" in bundle
    assert "Run the notebook to make it live" in bundle["text/plain"]

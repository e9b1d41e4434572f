"""Notebook 07's clustering replay in a real browser, by mouse and by key."""

import pytest

from tests.browser.live import LiveOnPage, median_and_p95

pytestmark = [pytest.mark.browser, pytest.mark.slow]  # what every change runs: board, explorer, strip
NOTEBOOK = "07_clustering.ipynb"
IMAGE = ".lab-picture img"


@pytest.fixture
def figure(page):
    """The figure in replay mode with the model's own thresholds, class car, after four proposals."""
    figure = LiveOnPage(page, "replay")
    mode(figure, "replay")
    figure.part(".lab-replay-reset").click()
    show_class(figure, 3)
    go_to(figure, 4)
    return figure


def show_class(figure, steps: int) -> None:
    """From the left end, which is all classes, so many steps to the right."""
    figure.press(figure.lab.handle("lab-replay-shown"), "Home")
    for _ in range(steps):
        figure.lab.page.keyboard.press("ArrowRight")
    figure.settle()  # another run: the place moves with it


def mode(figure, name: str) -> None:
    """Replay or game."""
    figure.control("mode").locator("button", has_text=name).click()
    figure.settle()


def go_to(figure, place: int) -> None:
    """With the slider's keys: to the beginning, then so many steps."""
    knob = figure.lab.handle("lab-replay-place")
    figure.press(knob, "Home")
    for _ in range(place):
        figure.lab.page.keyboard.press("ArrowRight")
    figure.settle()
    assert figure.lab.readout("lab-replay-place") == place


def words(figure, part: str) -> str:
    """What one of the texts says."""
    return figure.part(f".lab-replay-{part}").inner_text()


def test_it_starts_with_a_rejected_proposal(figure):
    assert words(figure, "headline").startswith("4 of 12 proposals")
    assert "✗ rejected, seen before: 22% of it is new" in words(figure, "headline")
    assert "▶" in figure.part("tr.lab-replay-now").inner_text()
    assert figure.part(IMAGE).get_attribute("alt").startswith("Proposal 4 of 12, class car")
    figure.screenshot("start")


def test_step_and_back_by_mouse(figure):
    figure.changes(figure.part(".lab-replay-forward").click)
    figure.settle()
    assert words(figure, "headline").startswith("5 of 12")
    assert "✓ accepted as instance 4" in words(figure, "headline")
    for _ in range(2):
        figure.changes(figure.part(".lab-replay-back").click)
    figure.settle()
    assert words(figure, "headline").startswith("3 of 12")
    figure.changes(figure.part(".lab-replay-to-end").click)
    figure.settle()
    assert words(figure, "headline").startswith("12 of 12")
    assert "End of class car" in words(figure, "story")
    figure.screenshot("end")


def test_steps_by_key(figure):
    knob = figure.lab.handle("lab-replay-place")
    figure.changes(lambda: figure.press(knob, "ArrowRight"))
    figure.settle()
    assert words(figure, "headline").startswith("5 of 12")
    figure.changes(lambda: figure.lab.page.keyboard.press("ArrowLeft"))
    figure.settle()
    assert words(figure, "headline").startswith("4 of 12")


def test_play_and_pause(figure):
    go_to(figure, 0)
    play = figure.part(".lab-replay-play button")
    play.click()
    figure.lab.page.wait_for_function(
        "() => /^[2-9]/.test(document.querySelector('.lab-replay-headline').innerText)", timeout=15_000
    )
    play.click()
    figure.settle()
    stopped = words(figure, "headline")
    figure.lab.page.wait_for_timeout(1500)
    assert words(figure, "headline") == stopped


@pytest.mark.parametrize("by", ["key", "mouse"])
def test_a_threshold_keeps_the_place(figure, by):
    """A lower share of new pixels turns the verdict; the place in the list stays."""
    before = figure.part(IMAGE).get_attribute("src")
    knob = figure.lab.handle("lab-replay-min-unassigned")
    if by == "mouse":
        figure.drag_by(knob, -120, 0)
    else:
        figure.press(knob, "Home")
    figure.settle()
    assert words(figure, "headline").startswith("4 of 12")
    assert "✓ accepted as instance 4" in words(figure, "headline")
    assert figure.part(IMAGE).get_attribute("src") != before
    figure.screenshot(f"min_unassigned_by_{by}")


@pytest.mark.parametrize("control", ["seed-threshold", "foreground-threshold", "min-pixels"])
def test_every_threshold_changes_the_run(figure, control):
    before = figure.settle()
    figure.press(figure.lab.handle(f"lab-replay-{control}"), "End")
    assert figure.settle() != before


def test_all_classes_in_order(figure):
    show_class(figure, 0)
    figure.settle()
    assert "of 22 proposals" in words(figure, "headline")
    figure.part(".lab-replay-to-end").click()
    figure.settle()
    listing = words(figure, "listing")
    assert all(name in listing for name in ("person", "car", "truck", "bus", "train"))
    figure.screenshot("all_classes")


def choose(figure, column: int, row: int) -> None:
    """Click a pixel of the 512 x 256 picture."""
    picture = figure.part(IMAGE)
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    place = {"x": (column + 0.5) / 512 * box["width"], "y": (row + 0.5) / 256 * box["height"]}
    picture.click(position=place)
    figure.settle()


def test_a_pixel_of_the_picture_tells_its_state(figure):
    choose(figure, 400, 160)
    assert "column 400, row 160" in words(figure, "chosen")
    assert "assigned by proposal 1" in words(figure, "chosen")
    figure.changes(lambda: figure.press(figure.part(IMAGE), "Shift+ArrowUp"))
    figure.settle()
    assert "column 400, row 150" in words(figure, "chosen")


def test_the_game_by_mouse_and_key(figure):
    """One exact guess (the seed is known), one miss, a wrong end; then again from the beginning."""
    mode(figure, "which pixel")
    assert "Which pixel is next?" in words(figure, "story")
    figure.screenshot("game_asks")
    choose(figure, 388, 162)  # one beside the seed
    figure.press(figure.part(IMAGE), "ArrowLeft")
    figure.settle()
    figure.press(figure.part(".lab-replay-guess"), "Enter")
    figure.settle()
    assert "10 of 10 points" in words(figure, "story")
    assert "Exactly that pixel" in words(figure, "story")
    figure.screenshot("game_answers")
    figure.part(".lab-replay-following").click()
    figure.settle()
    choose(figure, 400, 160)
    figure.part(".lab-replay-guess").click()
    figure.settle()
    assert "proposal 1 took it" in words(figure, "story")
    assert "10 of 20 points in 2 rounds" in words(figure, "story")
    figure.part(".lab-replay-following").click()
    figure.settle()
    figure.part(".lab-replay-ends").click()
    figure.settle()
    assert "It goes on" in words(figure, "story")
    figure.part(".lab-replay-again").click()
    figure.settle()
    assert "Nothing is assigned yet" in words(figure, "story")
    mode(figure, "replay")
    assert "Nothing is assigned yet" in words(figure, "story")


def test_event_to_picture_time(figure, record_property):
    knob = figure.lab.handle("lab-replay-place")
    steps = [figure.changes(lambda k=key: figure.press(knob, k)) for key in ["ArrowRight"] * 6 + ["ArrowLeft"] * 6]
    slider = figure.lab.handle("lab-replay-min-unassigned")
    moves = [figure.changes(lambda k=key: figure.press(slider, k)) for key in ["ArrowLeft"] * 5 + ["ArrowRight"] * 5]
    for what, seconds in (("step", steps), ("threshold", moves)):
        median, p95 = median_and_p95(seconds)
        record_property(f"{what}_to_picture_ms", (median, p95))
        print(f"\nreplay, {what} to picture: median {median:.0f} ms, 95th percentile {p95:.0f} ms")


def test_nothing_left_the_machine_and_nothing_failed(figure):
    assert figure.lab.outside == []
    assert figure.lab.errors == []
    assert figure.lab.log_console() == ""

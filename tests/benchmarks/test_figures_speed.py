"""What one move costs in the kernel, from a control's new value to the drawing for the browser: `make bench`."""

from itertools import cycle

import pytest

from lab.checkpoints import shipped_model
from lab.datasets.sample import street
from lab.evaluation.predict import network_output, thresholds_of
from lab.widgets.board.board import Event
from lab.widgets.live import LiveFigure


def arrows() -> LiveFigure:
    from lab.widgets.arrows import Arrows

    return Arrows()


def bench() -> LiveFigure:
    from lab.widgets.bench import Bench

    return Bench()


def sixty() -> LiveFigure:
    from lab.widgets.sixty import Sixty

    return Sixty()


def pull() -> LiveFigure:
    from lab.widgets.pull import Pull

    return Pull()


def trajectories() -> LiveFigure:
    from lab.widgets.trajectories import Trajectories

    return Trajectories()


def terms() -> LiveFigure:
    from lab.widgets.terms import Terms

    model, scene = shipped_model("toyscapes"), street()
    return Terms(scene, network_output(model, scene.image), model.card.class_names)


def replay() -> LiveFigure:
    from lab.widgets.replay import Replay

    model, scene = shipped_model("toyscapes"), street()
    return Replay(scene.image, network_output(model, scene.image), model.card.class_names, thresholds_of(model.card))


def playground() -> LiveFigure:
    from lab.widgets.thresholds import Playground, Subject

    model, scene = shipped_model("toyscapes"), street()
    card = model.card
    output = network_output(model, scene.image)
    subject = Subject(scene, output, card.class_names, card.bandwidth_channels, thresholds_of(card))
    return Playground({"street": subject})


def ladder() -> LiveFigure:
    from lab.widgets.ladder import Ladder

    model, scene = shipped_model("toyscapes"), street()
    card = model.card
    output = network_output(model, scene.image)
    return Ladder(scene, output, card.class_names, card.bandwidth_channels, thresholds_of(card))


def dashboard() -> LiveFigure:
    from lab.widgets.dashboard import Dashboard

    figure = Dashboard()
    figure.choose(set(figure.boxes))
    return figure


MOVES = {
    arrows: ("delta", (10.0, 20.0)),
    bench: ("noise", (0.3, 0.6)),
    sixty: ("place", (20, 40)),
    pull: ("sigma", (20.0, 40.0)),
    trajectories: ("step", (20, 40)),
    terms: ("number", (4, 11)),
    replay: ("place", (3, 6)),
    playground: ("seed_threshold", (0.6, 0.8)),
    ladder: ("seeds", (True, False)),
    dashboard: ("measure", ("AP50", "AP")),
}


@pytest.mark.parametrize("make", MOVES, ids=lambda make: make.__name__)
def test_a_move(benchmark, make) -> None:
    figure = make()
    name, values = MOVES[make]
    control, positions = getattr(figure, name), cycle(values)

    def move() -> None:
        control.value = next(positions)

    benchmark(move)
    assert figure.error.value == ""


def test_a_bar_of_the_strip(benchmark) -> None:
    from lab.widgets.strip import Strip

    strip, steps = Strip(), cycle((1, -1))
    benchmark(lambda: strip.follow(Event("key", "bar1", 0, 0, 0, next(steps))))
    assert strip.error.value == ""


def test_replay_clusters_anew(benchmark) -> None:
    """A threshold moves: the whole image is clustered again."""
    figure, values = replay(), cycle((60, 120))

    def move() -> None:
        figure.min_pixels.value = next(values)

    benchmark(move)
    assert figure.error.value == ""

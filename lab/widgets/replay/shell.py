"""The replay's shell: controls wired to compute, render and words.  Nothing is calculated here."""

from collections.abc import Callable
from pathlib import Path

import ipywidgets as widgets
import numpy as np
from jaxtyping import Float, UInt8
from torch import Tensor

from lab.clustering import Thresholds
from lab.figures.still import Still
from lab.widgets.board import Board
from lab.widgets.explorer.render import to_png
from lab.widgets.live import LiveFigure, row
from lab.widgets.picture import Picture
from lab.widgets.replay import words
from lab.widgets.replay.compute import (
    Frame,
    Run,
    frame_at,
    frame_before_next,
    read_inputs,
    run_clustering,
    same_place,
)
from lab.widgets.replay.controls import GAME, make_controls
from lab.widgets.replay.embeddings import HEIGHT, WIDTH, draw_embeddings, draw_hidden
from lab.widgets.replay.game import Outcome, judge_guess
from lab.widgets.replay.grounds import paint
from lab.widgets.replay.page import still_page
from lab.widgets.replay.render import draw

STYLE = (Path(__file__).parent / "replay.css").read_text(encoding="utf-8")


class Replay(LiveFigure):
    """The clustering of one image, proposal by proposal, and a game about it.

    Args:
        image: RGB.
        output: what the network gives for it.
        class_names: of classes 1..N.
        thresholds: where the sliders start; the model's own.
        bandwidth_channels: S of the network.
        shown: class whose clustering is shown at first, 1..N; 0 for all in order.
        place: how many proposals have been made at first.

    Attributes:
        run: the proposals for the thresholds as they stand; made anew only when those or the class change.
        outcomes: of the game's rounds so far.

    Raises:
        ValueError: if image, output and names do not fit together.
    """

    name = "replay"

    def __init__(
        self,
        image: UInt8[np.ndarray, "H W 3"],
        output: Float[Tensor, "C _ _"],
        class_names: tuple[str, ...],
        thresholds: Thresholds = Thresholds(),  # noqa: B008  frozen
        bandwidth_channels: int = 2,
        shown: int = 0,
        place: int = 0,
    ) -> None:
        self.inputs = read_inputs(image, output, class_names, bandwidth_channels)
        self._run: Run | None = None
        self.outcomes: tuple[Outcome, ...] = ()
        self._start = thresholds
        self._answering = False  # the game shows the answer to the last round
        self._make_views(*image.shape[:2])
        self._make_game()
        controls = make_controls(class_names, shown, thresholds)
        self._make_transport(controls["place"])
        super().__init__(controls, self._arrange(controls))
        self.refresh_on(self.picture, "pixel")
        self.on_change(self.mode, lambda _: self.restart_game(), "value")
        self.go(place)

    def _make_transport(self, place: widgets.IntSlider) -> None:
        self.play = widgets.Play(interval=1200, show_repeat=False, tooltip="Play and pause")
        self._link = widgets.jslink((self.play, "value"), (place, "value"))
        self.back = self._button("◀ back", "One proposal back", lambda: self.go(place.value - 1), 80)
        self.forward = self._button("step ▶", "The next proposal", lambda: self.go(place.value + 1), 80)
        self.to_end = self._button("to the end", "The last proposal", lambda: self.go(place.max), 100)
        self.reset = self._button("model's own", "All thresholds back to the model's own", self._reset)
        for name in ("play", "back", "forward", "to_end", "reset"):
            getattr(self, name).add_class(f"lab-replay-{name.replace('_', '-')}")

    def _make_game(self) -> None:
        self.guess = self._button("this one", "The chosen pixel is the next seed", lambda: self.answer(here=True))
        self.ends = self._button("it ends here", "There is no further seed", lambda: self.answer(here=False))
        self.following = self._button("next round ▶", "On to the next seed", self.next_round)
        self.again = self._button("restart", "From the first seed, score 0", self.restart_game)
        for name in ("guess", "ends", "following", "again"):
            getattr(self, name).add_class(f"lab-replay-{name}")

    def _button(self, description: str, tooltip: str, act: Callable[[], None], width: int = 116) -> widgets.Button:
        button = widgets.Button(description=description, tooltip=tooltip, layout={"width": f"{width}px"})
        self.on_click(button, act)
        return button

    def _make_views(self, height: int, width: int) -> None:
        self.picture = Picture(columns=width, rows=height, pixel=[width // 2, height // 2])
        self.space = Board(WIDTH, HEIGHT)
        self.space.layout = {"width": f"{WIDTH}px", "flex": "0 0 auto"}
        self.headline, self.story, self.listing, self.chosen, self.key = (widgets.HTML() for _ in range(5))
        for name in ("headline", "story", "listing", "chosen"):
            getattr(self, name).add_class(f"lab-replay-{name}")

    def _arrange(self, controls: dict[str, widgets.Widget]) -> list[widgets.Widget]:
        c = controls
        self.transport = row(self.play, self.back, self.forward, self.to_end, c["place"])
        self.game = row(self.guess, self.ends, self.following, self.again)
        self.settings = widgets.VBox(
            [row(c["seed_threshold"], c["foreground_threshold"]), row(c["min_pixels"], c["min_unassigned"])]
        )
        beside = widgets.VBox([self.story, self.listing], layout={"flex": "1 1 340px"})
        return [
            widgets.HTML(f"<style>{STYLE}</style>", layout={"display": "none"}),
            row(c["mode"], c["shown"], self.reset),
            self.settings,
            self.transport,
            self.game,
            self.headline,
            self.picture,
            self.key,
            self.chosen,
            widgets.HBox([self.space, beside], layout={"flex_flow": "row wrap"}).add_class("lab-replay-below"),
        ]

    @property
    def thresholds(self) -> Thresholds:
        """What the sliders say now."""
        return Thresholds(
            self.seed_threshold.value,
            self.foreground_threshold.value,
            self.min_pixels.value,
            self.min_unassigned.value,
        )

    @property
    def playing_game(self) -> bool:
        """Whether the next seed is hidden."""
        return self.mode.value == GAME

    @property
    def run(self) -> Run:
        """The proposals for the thresholds as they stood at the last refresh.  Raises RuntimeError before it."""
        if self._run is None:
            raise RuntimeError("found no clustering yet, expected one after the first refresh.")
        return self._run

    @property
    def _pixel(self) -> tuple[int, int]:
        column, line = self.picture.pixel
        return column, line

    def go(self, place: int) -> None:
        """To a place in the clustering."""
        self.place.value = min(max(place, 0), self.place.max)

    def refresh(self) -> None:
        """Cluster again if a threshold or the class moved, then show the place."""
        self._cluster()
        game, asking = self.playing_game, self.playing_game and not self._answering
        place = min(self.place.value, len(self.run))
        frame = (frame_before_next if asking else frame_at)(self.inputs, self.run, place)
        pixel = self._pixel
        self._show_picture(frame, asking=asking, guess=pixel if game else None)
        self.headline.value = words.headline(self.inputs, self.run, frame, asking=asking)
        self.space.show(*self._space(frame, asking=asking), self.headline.value)
        self.listing.value = words.list_proposals(self.inputs, self.run, place)
        self.chosen.value = (words.tell_score_of if game else words.tell_pixel)(self.inputs, self.run, frame, pixel)
        self.story.value = self._story(frame)
        self.key.value = words.legend(asking=asking)
        self._enable(asking=asking)

    def _cluster(self) -> None:
        classes = (self.shown.value,) if self.shown.value else tuple(range(1, len(self.inputs.class_names) + 1))
        before = self._run
        if before is not None and (before.thresholds, before.classes) == (self.thresholds, classes):
            return
        run = run_clustering(self.inputs, classes, self.thresholds)
        place = same_place(before, min(self.place.value, len(before)), run) if before is not None else 0
        self._run = run
        for control in (self.place, self.play):
            control.max = max(len(run), 1)
        self.place.value = place

    def _show_picture(self, frame: Frame, *, asking: bool, guess: tuple[int, int] | None) -> None:
        guess = guess if asking or (self.outcomes and self.outcomes[-1].pixel) else None
        png = to_png(paint(self.inputs, self.run, frame, reveal=not asking))
        drawing = draw(self.inputs, self.run, frame, reveal=not asking, guess=guess)
        with self.picture.hold_sync():  # one message, so that picture and drawing change together
            self.picture.png, self.picture.drawing = png, drawing
            self.picture.smooth = not asking
            self.picture.alt = words.describe(self.inputs, self.run, frame)

    def _space(self, frame: Frame, *, asking: bool) -> tuple[str, str]:
        if asking:
            return draw_hidden(), "Embedding space is hidden until you have guessed."
        return draw_embeddings(self.inputs, frame), f"Embedding space. {words.describe(self.inputs, self.run, frame)}"

    def _story(self, frame: Frame) -> str:
        if not self.playing_game:
            return words.tell_frame(self.inputs, self.run, frame)
        if not self._answering:
            return words.ask_question(self.inputs, self.run, frame, self.outcomes)
        return words.tell_outcome(self.outcomes, over=self._over)

    @property
    def _over(self) -> bool:
        return len(self.outcomes) > len(self.run)

    def _enable(self, *, asking: bool) -> None:
        game = self.playing_game
        for shown, widget in ((not game, self.transport), (not game, self.settings), (game, self.game)):
            widget.layout.display = None if shown else "none"
        self.shown.disabled = self.reset.disabled = game
        self.guess.disabled = self.ends.disabled = not asking
        self.following.disabled = asking or self._over

    def answer(self, *, here: bool) -> None:
        """Take the learner's guess, the chosen pixel or the end, and show the answer."""
        self.play.playing = False
        pixel = self._pixel if here else None
        place = self.place.value
        self.outcomes += (judge_guess(self.inputs, self.run, place, pixel),)
        self._answering = True
        self.go(min(place + 1, len(self.run)))
        self.newest.ask()

    def next_round(self) -> None:
        """Hide the next seed."""
        self._answering = False
        self.newest.ask()

    def restart_game(self) -> None:
        """From the first seed, with no points."""
        self.play.playing = False  # else it runs on into the game, where no button stops it
        self.outcomes, self._answering = (), False
        if self.playing_game:
            self.go(0)
        self.newest.ask()

    def _reset(self) -> None:
        for name in ("seed_threshold", "foreground_threshold", "min_pixels", "min_unassigned"):
            getattr(self, name).value = getattr(self._start, name)

    def still(self) -> Still:
        """The place as it stands: picture, embedding space and words."""
        return still_page(self.inputs, self.run, frame_at(self.inputs, self.run, self.place.value))

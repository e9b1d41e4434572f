"""The dashboard, wired.  Nothing is calculated here."""

from typing import ClassVar

import ipywidgets as widgets

from lab.ablation.arms import METHOD
from lab.comparison import Ablations, Scenes, read_ablations, read_scenes
from lab.comparison.records import MEASURES, SEEDS
from lab.figures.still import Still
from lab.figures.vector import draw_svg
from lab.widgets.board import Board
from lab.widgets.dashboard.compute import TERMS, Choice, View, find_outcomes, look
from lab.widgets.dashboard.paint import pack, paint_all
from lab.widgets.dashboard.render import WIDTH, describe, draw, height_of
from lab.widgets.live import LiveFigure, row

GROUPS = {"sigma_centre": "σ and centre", "loss": "the loss", "schedule": "the schedule"}


class Dashboard(LiveFigure):
    """Recorded ablations: choose arms, and see every seed, the curves, and one street as each arm segments it.

    Args:
        results: default the ablations that ship.
        scenes: default the scenes that ship with them.
        arms: names of those that are chosen at first; default those of σ and centre.

    Attributes:
        view: what is shown.
        boxes: the checkbox of every arm by its name; each also is an attribute, ``arm_NAME``.

    Raises:
        FileNotFoundError, ValueError: nothing is recorded, or a file is broken; an arm that is not in the file.
    """

    name: ClassVar[str] = "dashboard"

    def __init__(
        self, results: Ablations | None = None, scenes: Scenes | None = None, arms: tuple[str, ...] | None = None
    ) -> None:
        self.results = results or read_ablations()
        self.scenes = scenes or read_scenes()
        names = [arm.name for arm in self.results.arms]
        first = [a.name for a in self.results.arms if a.group == "sigma_centre"] if arms is None else list(arms)
        for name in first:
            self.results.arm(name)
        self.view: View | None = None
        self._outcomes = find_outcomes(self.scenes)
        painted = paint_all(self.scenes, self._outcomes)
        self._pictures = {key: pack(picture) for key, picture in painted.items()}
        self.board, self.words = Board(WIDTH, 400), widgets.HTML().add_class("lab-dashboard-words")
        self.boxes = {
            arm.name: widgets.Checkbox(arm.name in first, description=arm.label, indent=False, layout={"width": "auto"})
            for arm in self.results.arms
        }
        controls = _make_controls(self.results, METHOD if METHOD in names else names[0], len(self.scenes.image))
        choices = [row(controls["measure"], controls["seeds"]), row(controls["against"], controls["term"])]
        choices[1].children += (controls["scene"],)
        super().__init__(
            {f"arm_{name}": box for name, box in self.boxes.items()} | controls,
            [row(*self._buttons()), row(*self.boxes.values()), *choices, self.board, self.words],
        )

    @property
    def choice(self) -> Choice:
        """What the controls say now."""
        chosen = tuple(name for name, box in self.boxes.items() if box.value)
        return Choice(
            chosen, self.measure.value, self.seeds.value, self.against.value, self.scene.value, self.term.value
        )

    def refresh(self) -> None:
        """Look, and show it."""
        self.view = look(self.results, self._outcomes, self.choice)
        self.board.height = height_of(self.view)
        self.board.show(draw(self.view, self._pictures), describe(self.view))
        self.words.value = " ".join(self.results.missing())

    def still(self) -> Still:
        """The board as it stands; with fewer dots than other boards, since half of it is photographs."""
        shown = draw_svg(self.board.shapes, WIDTH, self.board.height, self.board.alt, sharpness=1.0)
        return Still(shown.pixels, shown.alt, shown.width, photo=True)

    def _buttons(self) -> list[widgets.Button]:
        """One for each group, which is chosen together with the method; and one for all."""
        groups = dict.fromkeys(arm.group for arm in self.results.arms)
        members = {
            GROUPS.get(g, g): {arm.name for arm in self.results.arms if arm.group == g} | {METHOD} for g in groups
        }
        members["all arms"] = set(self.boxes)
        return [self._button(words, names) for words, names in members.items()]

    def _button(self, words: str, names: set[str]) -> widgets.Button:
        button = widgets.Button(description=words, tooltip=f"choose these arms: {words}")
        self.on_click(button.add_class("lab-dashboard-group"), lambda: self.choose(names))
        return button

    def choose(self, names: set[str]) -> None:
        """Tick these arms and no others."""
        for name, box in self.boxes.items():
            box.value = name in names


def _make_controls(results: Ablations, against: str, scenes: int) -> dict[str, widgets.Widget]:
    """By the names under which the figure has them."""
    narrow = {"description_width": "auto"}
    return {
        "measure": widgets.ToggleButtons(options=MEASURES, value=MEASURES[0], style={"button_width": "70px"}),
        "seeds": widgets.ToggleButtons(
            options=[(f"{s} seeds", s) for s in SEEDS], value=SEEDS[0], style={"button_width": "150px"}
        ),
        "against": widgets.Dropdown(
            options=[(arm.label, arm.name) for arm in results.arms], value=against, description="held against",
            style=narrow, layout={"width": "290px"},
        ),
        "term": widgets.Dropdown(
            options=TERMS, value=TERMS[0], description="curve", style=narrow, layout={"width": "160px"}
        ),
        "scene": widgets.Dropdown(
            options=[(f"{i + 1}", i) for i in range(scenes)], value=0, description="scene", style=narrow,
            layout={"width": "100px"},
        ),
    }  # fmt: skip

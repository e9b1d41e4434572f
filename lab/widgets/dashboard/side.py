"""A few arms side by side as a still: their seeds, and a scene."""

from lab.comparison import Ablations, Scenes
from lab.figures.still import Still
from lab.figures.vector import draw_svg
from lab.widgets.dashboard.compute import Choice, find_outcomes, look
from lab.widgets.dashboard.paint import pack, paint_all
from lab.widgets.dashboard.render import WIDTH, describe, draw, height_of


def side_by_side(results: Ablations, scenes: Scenes, choice: Choice) -> Still:
    """What the dashboard shows for a choice, without the curves; what is not recorded is left out.

    Raises:
        ValueError: none of the arms was trained.
    """
    known = {arm.name for arm in results.arms}
    arms = tuple(name for name in choice.arms if name in known)
    if not arms:
        raise ValueError(f"arms: found {', '.join(choice.arms) or 'none'}, expected some of {', '.join(known)}.")
    against = choice.against if choice.against in known else arms[0]
    wanted = {(name, choice.seeds) for name in arms}
    few = Scenes(scenes.image, scenes.truth, {key: v for key, v in scenes.labels.items() if key in wanted})
    outcomes = find_outcomes(few)
    view = look(results, outcomes, Choice(arms, choice.measure, choice.seeds, against, choice.scene, choice.term))
    pictures = {key: pack(picture) for key, picture in paint_all(few, outcomes).items()}
    shapes, height = draw(view, pictures, curves=False), height_of(view, curves=False)
    shown = draw_svg(shapes, WIDTH, height, describe(view, curves=False), sharpness=1.0)
    return Still(shown.pixels, shown.alt, shown.width, photo=True)

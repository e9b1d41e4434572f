"""Scenes to begin with, each a place where the method or the model may fail."""

import numpy as np

from lab.widgets.editor.things import Thing, Things

START = "ordinary"


def _tiny() -> Things:
    """A loner of ordinary size, and dots of three to eight px."""
    dots = [Thing("ellipse", 26 + 28 * k, 130, size, size, 0, 0.8) for k, size in enumerate((3, 4, 5, 6, 7, 8))]
    return (Thing("ellipse", 96, 62, 32, 24, 20), *dots)


def _crowd() -> Things:
    """A dozen, pushed into one another."""
    generator = np.random.default_rng(4)
    angles = generator.integers(-40, 40, 12).tolist()
    brightness = generator.uniform(0.5, 0.8, 12).round(2).tolist()
    places = [(73 + 20 * c + 7 * (r % 2), 74 + 15 * r) for r in range(4) for c in range(3)]
    return tuple(
        Thing("ellipse", *place, 30, 24, angle, bright)
        for place, angle, bright in zip(places, angles, brightness, strict=True)
    )


PRESETS: dict[str, Things] = {
    "ordinary": (
        Thing("ellipse", 48, 46, 32, 24, 20),
        Thing("ellipse", 132, 40, 30, 26, -35, 0.8),
        Thing("ellipse", 92, 98, 36, 24, 70, 0.6),
        Thing("ellipse", 40, 146, 26, 22, 0, 0.85),
        Thing("ellipse", 146, 144, 34, 26, -60),
    ),
    "two touching": (Thing("ellipse", 80, 96, 36, 32), Thing("ellipse", 112, 100, 34, 30, 30, 0.75)),
    "nested": (Thing("ellipse", 92, 96, 90, 72, 0, 0.4), Thing("ellipse", 112, 104, 24, 20, 0, 0.95)),
    "concentric": (Thing("ring", 96, 96, 84, 84, 0, 0.6), Thing("ellipse", 96, 96, 30, 30, 0, 0.85)),
    "thin rods": (Thing("rod", 96, 86, 110, 9), Thing("rod", 96, 106, 110, 9)),
    "diagonal rods": (Thing("rod", 103, 89, 110, 9, 45), Thing("rod", 89, 103, 110, 9, 45)),
    "tiny ones": _tiny(),
    "one huge": (Thing("ellipse", 96, 96, 170, 136, 15, 0.6),),
    "a crowd": _crowd(),
}


def load_preset(name: str) -> Things:
    """The objects of a preset.

    Raises:
        ValueError: there is none of this name.
    """
    if name not in PRESETS:
        raise ValueError(f"preset: found '{name}', expected one of {', '.join(PRESETS)}.")
    return PRESETS[name]

"""House fronts: windows, storeys and shops are painted on flat walls, pixel by pixel."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from lab.datasets.toyscapes import palette
from lab.datasets.toyscapes.light import Light, ambient, linear
from lab.datasets.toyscapes.mesh import Colour


@dataclass(frozen=True)
class Facade:
    """One house's front; lengths in metres, shares of a window's cell in 0..1."""

    wall: Colour
    base: Colour
    frame: Colour
    pitch: float
    storey: float
    ground_floor: float
    window_width: float
    window_height: float
    shop: bool
    blind: float
    salt: int


def draw_facade(rng: np.random.Generator) -> Facade:
    """Plaster with single windows, offices with bands of glass, shops below or not."""
    wall = palette.pick(rng, palette.WALLS)
    office = rng.random() < 0.2
    return Facade(
        wall=wall,
        base=palette.shade(wall, float(rng.uniform(0.5, 0.9))),
        frame=palette.shade(wall, float(rng.choice([0.6, 1.25]))),
        pitch=float(rng.uniform(1.6, 2.6) if office else rng.uniform(1.9, 3.2)),
        storey=float(rng.uniform(2.9, 3.5)),
        ground_floor=float(rng.uniform(3.2, 4.2)),
        window_width=float(rng.uniform(0.75, 0.92) if office else rng.uniform(0.36, 0.55)),
        window_height=float(rng.uniform(0.45, 0.6)),
        shop=bool(rng.random() < 0.55),
        blind=float(rng.uniform(0.05, 0.4)),
        salt=int(rng.integers(1 << 20)),
    )


def hashed(a: Int[np.ndarray, " P"], b: Int[np.ndarray, " P"], salt: Int[np.ndarray, " P"]) -> Float[np.ndarray, " P"]:
    """A number in 0..1 for each window, the same at every resolution."""
    mixed = (a * 73856093) ^ (b * 19349663) ^ (salt * 83492791)
    mixed = (mixed ^ (mixed >> 13)) * 1274126177
    return ((mixed >> 8) & 0xFFFF) / 65535.0


def _table(styles: list[Facade], name: str, rows: np.ndarray) -> np.ndarray:
    return np.asarray([getattr(s, name) for s in styles], np.float32)[rows]


@dataclass(frozen=True)
class Wall:
    """Wall pixels.

    Attributes:
        style: the pixels' houses.
        along, length: place along the wall and the wall's length, metres.
        height, top: above ground, metres: the place, and the wall's upper edge, which ends a whole storey.
        pixel: a pixel's size on the wall, metres; finer detail than that fades to its mean.
        shine: what a pane mirrors.
    """

    style: Int[np.ndarray, " P"]
    along: Float[np.ndarray, " P"]
    length: Float[np.ndarray, " P"]
    height: Float[np.ndarray, " P"]
    top: Float[np.ndarray, " P"]
    pixel: Float[np.ndarray, " P"]
    shine: Float[np.ndarray, "P 3"]


@dataclass(frozen=True)
class Windows:
    """Masks of panes, frames and the ground floor; each window's own random number and its pitch."""

    pane: Bool[np.ndarray, " P"]
    frame: Bool[np.ndarray, " P"]
    low: Bool[np.ndarray, " P"]
    chance: Float[np.ndarray, " P"]
    pitch: Float[np.ndarray, " P"]


def find_windows(styles: list[Facade], wall: Wall) -> Windows:
    """Lay the grid of windows over the wall: storeys of equal height above the ground floor, whole bays."""
    ground = _table(styles, "ground_floor", wall.style)
    storeys = np.maximum(np.rint((wall.top - ground) / _table(styles, "storey", wall.style)), 1)
    low = wall.height < ground
    shop = low & (_table(styles, "shop", wall.style) > 0)
    pitch = np.where(shop, 1.9, 1.0) * _table(styles, "pitch", wall.style)
    wide = np.where(shop, 0.86, _table(styles, "window_width", wall.style))
    tall = np.where(shop, 0.68, _table(styles, "window_height", wall.style))
    count = np.maximum(np.floor(wall.length / pitch), 1)
    u = (wall.along - (wall.length - count * pitch) / 2) / pitch
    v = np.where(low, wall.height / ground, (wall.height - ground) / ((wall.top - ground) / storeys))
    column, row = np.floor(u).astype(int), np.where(low, -1, np.floor(v)).astype(int)
    across = np.abs(u - np.floor(u) - 0.5)
    up = np.abs(v - np.floor(v) - np.where(shop, 0.46, 0.52))
    inside = (column >= 0) & (column < count) & (row < storeys)
    pane = inside & (across < wide / 2) & (up < tall / 2)
    frame = inside & (across < wide / 2 + 0.035) & (up < tall / 2 + 0.03) & ~pane
    frame |= np.abs(wall.height - ground) < 0.12  # the cornice above the ground floor
    chance = hashed(column, row, _table(styles, "salt", wall.style).astype(int))
    return Windows(pane, frame, low, chance, pitch)


def paint_facade(
    styles: list[Facade], wall: Wall, light: Light
) -> tuple[Float[np.ndarray, "P 3"], Float[np.ndarray, "P 3"]]:
    """Albedo (linear) and own light of wall pixels; `light` decides how many windows are lit."""
    windows = find_windows(styles, wall)
    pane, chance = windows.pane, windows.chance[:, None]
    plaster = linear(_table(styles, "wall", wall.style))
    albedo = np.where(windows.low[:, None], linear(_table(styles, "base", wall.style)), plaster)
    albedo = np.where(windows.frame[:, None], linear(_table(styles, "frame", wall.style)), albedo)
    blind = pane & (windows.chance < _table(styles, "blind", wall.style))
    fade = np.clip(1.6 - 3.0 * wall.pixel / windows.pitch, 0.0, 1.0)[:, None]
    dark = np.where(blind[:, None], 0.4 * plaster + 0.15, 0.015 + 0.05 * chance)
    glass = np.where(pane[:, None], dark, albedo)
    albedo = fade * glass + (1 - fade) * (0.65 * albedo + 0.35 * 0.03)
    lit = pane & (windows.chance > 1 - 0.55 * light.lamps)
    warm = np.array([1.0, 0.72, 0.38]) * (0.25 + 0.6 * chance) * light.lamps
    own = np.where(lit[:, None], warm, np.where((pane & ~blind)[:, None], 0.35 * wall.shine, 0.0)) * fade
    return albedo, own


def wall_light(light: Light, normal: Float[np.ndarray, "F 3"]) -> Float[np.ndarray, "F 3"]:
    """Light that falls on unshaded walls."""
    return ambient(light, normal[:, 1]) + np.maximum(normal @ light.to_sun, 0.0)[:, None] * light.sun

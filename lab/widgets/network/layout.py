"""Where each part stands in the drawing of the network."""

from dataclasses import dataclass
from math import sqrt

from lab.anatomy import Part
from lab.real import Real

FIRST, PITCH = 44.0, 35.2  # px: the first part's middle, and from part to part
TALLEST, WIDEST = 76.0, 28.0  # px: of an output with all rows, and with 128 channels
ROW = {"encoder": 160.0, "decoder 1": 88.0, "decoder 2": 264.0}  # px: the middle of each branch
FLOOR = 70.0  # px from a row's middle to the floor of its bars


@dataclass(frozen=True)
class Box:
    """One part's place: middle, size, and the floor of its bar; px."""

    x: float
    y: float
    width: float
    height: float
    floor: float

    def holds(self, x: Real, y: Real) -> bool:
        """Whether a press there means this part; the column around it belongs to it, too."""
        return abs(x - self.x) <= PITCH / 2 and self.y - TALLEST / 2 - 4 <= y <= self.floor + 16


def boxes(parts: tuple[Part, ...]) -> tuple[Box, ...]:
    """The encoder from left to right, and the two decoders behind it, one above the other."""
    rows = parts[0].shape_in[1]
    encoder = sum(p.branch == "encoder" for p in parts)
    seen: dict[str, int] = {}
    placed = []
    for part in parts:
        place = seen.get(part.branch, 0)
        seen[part.branch] = place + 1
        column = place + (encoder if part.branch != "encoder" else 0)
        channels, height, _ = part.shape_out
        y = ROW[part.branch]
        size = WIDEST * sqrt(min(channels, 128) / 128) * 0.6 + 0.4 * WIDEST, TALLEST * sqrt(height / rows)
        placed.append(Box(FIRST + PITCH * column, y, *size, y + FLOOR))
    return tuple(placed)


def part_at(parts: tuple[Part, ...], x: Real, y: Real) -> int | None:
    """Which part was pressed."""
    return next((i for i, box in enumerate(boxes(parts)) if box.holds(x, y)), None)

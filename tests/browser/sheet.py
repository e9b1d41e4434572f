"""A contact sheet: many pictures on one, each with its name."""

import io
import math
from pathlib import Path

import matplotlib
from PIL import Image, ImageDraw, ImageFont

from lab.figures.style import INK

WIDTH, GAP, NAME = 1760, 14, 26  # px: of the sheet, between pictures, of the line above each
LARGEST = 600_000  # bytes
FONT = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans-Bold.ttf"


def make_sheet(named: list[tuple[str, Path]], in_a_row: float = 3.7) -> bytes:
    """A JPEG of the pictures in their order, in rows as wide as the sheet; those of a row are equally high.

    Args:
        named: their names and files.
        in_a_row: how many, in the mean.

    Raises:
        ValueError: it would be larger than LARGEST.
    """
    pictures = [(name, Image.open(path).convert("RGB")) for name, path in named]
    lines = [
        [_fit(picture, height) for picture in line]
        for line, height in _lay_out(pictures, math.ceil(len(named) / in_a_row))
    ]
    tall = sum(NAME + line[0][1].height + GAP for line in lines) + GAP
    sheet, y = Image.new("RGB", (WIDTH, tall), "white"), GAP
    for line in lines:
        x = GAP
        for name, picture in line:
            ImageDraw.Draw(sheet).text((x, y), name, INK, ImageFont.truetype(FONT, 15))
            sheet.paste(picture, (x, y + NAME))
            x += picture.width + GAP
        y += NAME + line[0][1].height + GAP
    return _pack(sheet)


Named = tuple[str, Image.Image]


def _lay_out(pictures: list[Named], rows: int) -> list[tuple[list[Named], float]]:
    """The pictures of every row with their height, px: rows of about equal width before they are fitted."""
    shapes = [picture.width / picture.height for _, picture in pictures]
    lines: list[list[int]] = [[]]
    for i, shape in enumerate(shapes):
        share = sum(shapes[:i]) + shape / 2
        if lines[-1] and share > len(lines) * sum(shapes) / rows:
            lines.append([])
        lines[-1].append(i)
    widths = ((line, WIDTH - GAP * (len(line) + 1)) for line in lines)
    return [([pictures[i] for i in line], wide / sum(shapes[i] for i in line)) for line, wide in widths]


def _fit(named: Named, height: float) -> Named:
    name, picture = named
    size = int(picture.width / picture.height * height), round(height)
    return name, picture.resize(size, Image.Resampling.LANCZOS)


def _pack(sheet: Image.Image) -> bytes:
    for quality in range(85, 40, -5):
        buffer = io.BytesIO()
        sheet.save(buffer, "jpeg", quality=quality, optimize=True, progressive=True)
        if buffer.tell() <= LARGEST:
            return buffer.getvalue()
    raise ValueError(f"the sheet takes more than {LARGEST} bytes; make it narrower than {WIDTH} px.")

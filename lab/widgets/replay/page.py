"""The replay as a page shows it on which no kernel runs: picture, embedding space and the list of proposals."""

import cv2

from lab.figures.colours import cividis_table
from lab.figures.still import Still
from lab.figures.style import ACCENT_INK, GOOD, INK, RULE
from lab.figures.vector import draw_svg
from lab.widgets.plot import picture, text
from lab.widgets.replay.compute import Frame, Inputs, Run
from lab.widgets.replay.embeddings import HEIGHT, WIDTH, draw_embeddings
from lab.widgets.replay.grounds import paint
from lab.widgets.replay.render import draw
from lab.widgets.replay.words import describe

PAGE = 860
ROW = 22
COLUMNS = (0, 34, 90, 150, 215, 270)  # of the list, in px
SHARPNESS = 1.2  # dots for each px: less than elsewhere, as a photograph's bytes grow with its area


def still_page(inputs: Inputs, run: Run, frame: Frame) -> Still:
    """The picture above; embedding space and the list below."""
    high = round(PAGE * inputs.shape[0] / inputs.shape[1])
    dots = round(SHARPNESS * PAGE), round(SHARPNESS * high)
    # Enlarged here, where it takes a tenth of the time.
    enlarged = cv2.resize(paint(inputs, run, frame), dots, interpolation=cv2.INTER_LINEAR)
    photograph = picture(0, 0, PAGE, high, enlarged)
    drawing = draw(inputs, run, frame).replace("<svg ", f'<svg width="{PAGE}" height="{high}" ', 1)
    below = draw_embeddings(inputs, frame) + list_proposals(inputs, run, frame.place) + draw_key()
    shapes = f'{photograph}{drawing}<g transform="translate(0 {high + 8})">{below}</g>'
    return draw_svg(shapes, PAGE, high + HEIGHT + 8, describe(inputs, run, frame), SHARPNESS)


def list_proposals(inputs: Inputs, run: Run, place: int) -> str:
    """The newest proposals, at most eight, as lines of text."""
    head = _line(("no.", "class", "score", "pixels", "new", "verdict"), 28.0, INK, "bold")
    rows = "".join(
        _row(inputs, run, k, 28.0 + ROW * line) for line, k in enumerate(range(place, max(place - 8, 0), -1), start=1)
    )
    rule = f'<path d="M{WIDTH} 35H{PAGE}" stroke="{RULE}"/>'
    return head + rule + rows


def _row(inputs: Inputs, run: Run, k: int, y: float) -> str:
    p, step = run.proposals[k - 1], run.proposals[k - 1].step
    verdict = f"✓ instance {p.number}" if step.accepted else f"✗ {step.reason.split(':')[0]}"
    name = inputs.class_names[step.class_index - 1]
    cells = (str(k), name, f"{step.score:.3f}", f"{step.proposal_pixels:,}", f"{1 - step.overlap:.0%}", verdict)
    return _line(cells, y, GOOD if step.accepted else ACCENT_INK, "normal")


def _line(cells: tuple[str, ...], y: float, verdict: str, weight: str) -> str:
    inks = [INK] * (len(cells) - 1) + [verdict]
    return "".join(
        text(WIDTH + 14 + x, y, cell, weight=weight, colour=ink)
        for x, cell, ink in zip(COLUMNS, cells, inks, strict=True)
    )


def draw_key() -> str:
    """Samples of the picture's grounds, with the patterns that ``draw`` has defined."""
    samples = (
        ('fill="#d9d9d9"', "", "no candidate"),
        ('fill="rgb({},{},{})"'.format(*cividis_table()[0]), "", "unassigned: dark at the foreground threshold,"),
        ('fill="rgb({},{},{})"'.format(*cividis_table()[255]), "", "bright at a seed score of 1"),
        ('fill="#c0a060"', "", "assigned, accepted (numbered)"),
        ('fill="#a0a0a0"', "lab-stripes", "assigned, though rejected"),
        ('fill="#a0a0a0"', "lab-dots", "in this proposal, but taken before"),
    )
    marks = text(
        WIDTH + 14, 240 + 22 * len(samples) + 13, "Ring: seed; arrow: its embedding; dashed: its margin", size=12
    )
    return "".join(_sample(k, *sample) for k, sample in enumerate(samples)) + marks


def _sample(k: int, ink: str, pattern: str, words: str) -> str:
    x, y = WIDTH + 14, 240 + 22 * k
    box = f'<g transform="translate({x} {y}) scale(1.6)"><rect width="18" height="10" stroke="{INK}" {{}}/></g>'
    over = box.format(f'fill="url(#{pattern})"') if pattern else ""
    return box.format(ink) + over + text(x + 40, y + 13, words, size=12)

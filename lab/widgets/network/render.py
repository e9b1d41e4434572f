"""The figure as SVG: above the network with a number under every part, below the chosen part in detail."""

from lab.widgets.network.compute import Anatomy, Measure, middle_window
from lab.widgets.network.detail import draw_filters, draw_map, draw_sheet, draw_words
from lab.widgets.network.drawing import draw_network, name_of

BOARD = (860, 736)


def render(anatomy: Anatomy, index: int, channel: int, measure: Measure) -> str:
    """Everything."""
    return "".join(
        [
            draw_network(anatomy, index, measure),
            draw_words(anatomy, index),
            draw_map(anatomy, index, channel),
            draw_sheet(anatomy.parts[index], channel),
            draw_filters(anatomy, index, channel),
        ]
    )


def describe(anatomy: Anatomy, index: int, channel: int, measure: Measure) -> str:
    """The figure in words."""
    part = anatomy.parts[index]
    (top, bottom), (left, right) = middle_window(anatomy.parts, index)
    weights, work = anatomy.total()
    return (
        f"The network as {len(anatomy.parts)} boxes, {weights:,} weights in all and {work / 1e9:.2f} G multiply-adds, "
        f"with the {measure} under each. Chosen: {name_of(anatomy, index)}; in {part.shape_in}, out {part.shape_out} "
        f"(channels, rows, columns); {part.weights:,} weights, {part.multiply_adds:,} multiply-adds; a unit can see "
        f"{bottom - top + 1} x {right - left + 1} px. Shown: {anatomy.channel_name(index, channel)} of "
        f"{part.shape_out[0]}, as a map, with its filters."
    )

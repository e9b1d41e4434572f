"""What stands on the page: the traits that Python and explorer.js share."""

from pathlib import Path
from typing import Any

import anywidget
import traitlets
from traitlets import Bool, Bytes, Dict, Float, Int, List, Unicode

from lab.figures.colours import OKABE_ITO, cividis_table

HERE = Path(__file__).parent


class Front(anywidget.AnyWidget):
    """The explorer's face: all of it is painted, computed and told in the browser, from these traits.

    Attributes:
        kernel: whether Python answers; False on a frozen page (`lab.widgets.explorer.freeze`).
        pictures: set by a browser without WebGL2: paint the layers in Python, and send them as ``png``.
        width, height, image: the image, RGB.
        bits, fields, field_low, field_step, seeds: the network's output, see `lab.widgets.explorer.pack`.
        class_names: of classes 1..N.
        ranges: longest offset, least and largest σ of the colour scales, px.
        palette, inks: cividis, 256 RGB; the instances' colours.
        truth, truth_words, overlaps: labels (uint16) or nothing; what is said of the score; a line for each instance.
        instances, refused, why_none, found_for: the list of Gaussians, the number of proposals turned down, why there
            is no instance where there is none, and the σ scale, seed threshold, foreground threshold and min_pixels
            they were found with; empty until they are found.
        found_by: name of the model that found them; another than ``model_name`` while that one is being applied.
        models, model_name: to choose from, and the one that is chosen.
        own: the model's own thresholds, to go back to.
        exact: what the network says of the chosen pixel, at full precision.
        revival: what a person does when Python has ended.

    The rest is what the person chose.
    """

    _esm = HERE / "explorer.js"
    _css = HERE / "explorer.css"
    kernel = Bool(True).tag(sync=True)
    pictures = Bool(False).tag(sync=True)
    png = Bytes().tag(sync=True)
    width = Int(1).tag(sync=True)
    height = Int(1).tag(sync=True)
    image = Bytes().tag(sync=True)
    bits = Int(16).tag(sync=True)
    fields = Bytes().tag(sync=True)
    field_low = List(Float()).tag(sync=True)
    field_step = List(Float()).tag(sync=True)
    seeds = Bytes().tag(sync=True)
    class_names = List(Unicode()).tag(sync=True)
    ranges = List(Float()).tag(sync=True)
    palette = Bytes(cividis_table().tobytes()).tag(sync=True)
    inks = List(Unicode(), ["#{:02x}{:02x}{:02x}".format(*colour) for colour in OKABE_ITO]).tag(sync=True)
    truth = Bytes().tag(sync=True)
    truth_words = Unicode().tag(sync=True)
    overlaps = List(Unicode()).tag(sync=True)
    instances = Bytes().tag(sync=True)
    refused = Int(0).tag(sync=True)
    why_none = Unicode().tag(sync=True)
    found_for = List(Float()).tag(sync=True)
    found_by = Unicode().tag(sync=True)
    models = List(Unicode()).tag(sync=True)
    model_name = Unicode().tag(sync=True)
    own = Dict().tag(sync=True)
    exact = Dict().tag(sync=True)
    revival = Unicode("run the cell again").tag(sync=True)
    sigma_scale = Float(1.0).tag(sync=True)
    membership_threshold = Float(0.5).tag(sync=True)
    seed_threshold = Float(0.9).tag(sync=True)
    foreground_threshold = Float(0.5).tag(sync=True)
    min_pixels = Int(128).tag(sync=True)
    layer = Unicode("instances").tag(sync=True)
    seed_class = Int(0).tag(sync=True)
    pixel = List(Int(), [0, 0], minlen=2, maxlen=2).tag(sync=True)

    @traitlets.validate("sigma_scale")
    def _positive(self, proposal: dict[str, Any]) -> float:
        if not proposal["value"] > 0:
            raise traitlets.TraitError(f"sigma_scale is {proposal['value']}; expected a number above 0.")
        return proposal["value"]

"""What the explorer says: the count, the chosen pixel's story and the alternative text.  Pure, str in HTML out."""

from html import escape

from lab.widgets.explorer.compute import Maps, Reading, count_classes
from lab.widgets.explorer.render import Scenery

LAYER_WORDS = {
    "image": "the image alone",
    "offsets": "the offsets as colours and strokes",
    "sigma": "sigma in pixels",
    "seed map": "the highest seed score over the classes",
    "membership": "the membership of every pixel in the winning instance",
    "instances": "the instances over the image",
}


def count(scenery: Scenery) -> str:
    """'7 instances: 4 car, 3 person', plain text."""
    total = len(scenery.found)
    if not total:
        return "0 instances"
    classes = count_classes(scenery.found, scenery.maps.class_names)
    parts = ", ".join(f"{number} {name}" for name, number in classes.items())
    return f"{total} instance{'s' if total > 1 else ''}: {parts}"


def describe(scenery: Scenery) -> str:
    """Alternative text of the picture."""
    choice, reading = scenery.choice, scenery.reading
    return (
        f"The scene, {LAYER_WORDS[choice.layer]}; {count(scenery)}. Chosen pixel: column {reading.pixel[0]}, "
        f"row {reading.pixel[1]}. Click, or use the arrow keys, to choose another."
    )


def headline(scenery: Scenery) -> str:
    """The count, with the number of proposals that were turned down."""
    refused = len(scenery.found.trace) - len(scenery.found)
    more = f" &nbsp;·&nbsp; {refused} proposal{'s' if refused != 1 else ''} rejected" if refused else ""
    number, _, rest = count(scenery).partition(" ")
    return f'<span class="lab-count"><b>{number}</b> {escape(rest)}{more}</span>'


def tell_pixel(scenery: Scenery) -> str:
    """The chosen pixel's story as a table of two columns."""
    r, maps = scenery.reading, scenery.maps
    rows = [
        ("offset", f"{r.offset[0]:+.1f} px across, {r.offset[1]:+.1f} px down"),
        ("embedding", f"column {r.embedding[0]:.1f}, row {r.embedding[1]:.1f}"),
        ("sigma", f"{r.sigma[0]:.1f} px across, {r.sigma[1]:.1f} px upright"),
        ("margin (dashed)", f"{r.margin[0]:.1f} px across, {r.margin[1]:.1f} px upright"),
        ("seed score", f"{r.seed_score:.3f}, highest for {escape(r.seed_class)}"),
        ("winner", tell_winner(r, scenery)),
        ("runner-up", tell_rank(r.runner_up, r.runner_up_membership, scenery)),
        ("label", tell_label(r, maps, scenery)),
    ]
    cells = "".join(f"<tr><th>{name}</th><td>{words}</td></tr>" for name, words in rows)
    return f'<table class="lab-reading">{cells}</table>'


def tell_rank(instance: int, membership: float, scenery: Scenery) -> str:
    """'instance 3 (car), membership 0.912'."""
    if not instance:
        return "none"
    name = scenery.maps.class_names[int(scenery.found.classes[instance - 1]) - 1]
    return f"instance {instance} ({escape(name)}), membership φ = {membership:.3f}"


def tell_winner(reading: Reading, scenery: Scenery) -> str:
    """The instance in which the pixel's embedding has the highest membership, and whether that is enough."""
    inside = "" if not reading.winner else (", inside" if reading.membership > 0.5 else ", outside")
    return tell_rank(reading.winner, reading.membership, scenery) + (inside and f"{inside} its margin")


def tell_label(reading: Reading, maps: Maps, scenery: Scenery) -> str:
    """What the pixel is in the end, and why it is nothing where it is nothing."""
    if reading.label:
        name = maps.class_names[int(scenery.found.classes[reading.label - 1]) - 1]
        return f"instance {reading.label} ({escape(name)})"
    limit = scenery.choice.thresholds.foreground_threshold
    if reading.seed_score <= limit:
        return f"none: no seed score above {limit:.2f}, so the pixel takes no part"
    return "none: no accepted instance of its class took it"

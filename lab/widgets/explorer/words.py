"""What the explorer's still says; the live words are the browser's."""

from lab.widgets.explorer.compute import count_classes
from lab.widgets.explorer.render import Scenery


def count(scenery: Scenery) -> str:
    """'7 instances: 4 car, 3 person', plain text."""
    total = len(scenery.found)
    if not total:
        return "0 instances"
    classes = count_classes(scenery.found, scenery.maps.class_names)
    parts = ", ".join(f"{number} {name}" for name, number in classes.items())
    return f"{total} instance{'s' if total > 1 else ''}: {parts}"

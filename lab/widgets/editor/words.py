"""What the editor says below its pictures: why objects fail, and whether two ideal networks do better.  Pure."""

from html import escape

from lab.metrics.failures import Failure
from lab.widgets.editor.compute import Drawn, Limits, View
from lab.widgets.editor.render import verdicts
from lab.widgets.editor.scene import size_of
from lab.widgets.editor.why import listed, why

MOST = 5  # failures that are explained; the others are counted
HEADS = {
    "merged": "Merged: {}",
    "split": "Split: {}",
    "missed": "Missed: {}",
    "false alarm": "False alarm",
    "ragged": "Ragged: {}",
}


def tell(view: View, limits: Limits) -> str:
    """Failures with their reasons, and what ideal networks find, as HTML."""
    return f"{tell_failures(view)}<p>{tell_limits(view, limits)}</p>"


def tell_failures(view: View) -> str:
    """One item for each of the worst failures."""
    if not view.numbers:
        return "<p>There is no object in the picture: draw one on the ground, or press a button with a scene.</p>"
    if not view.failures:
        return f"<p><b>All is found</b>: {len(view.numbers)} of {len(view.numbers)}, each with an IoU above 0.7.</p>"
    items = [f"<li><b>{head(view, f)}.</b> {escape(why(view, f))}</li>" for f in view.failures[:MOST]]
    if len(view.failures) > MOST:
        items.append(f"<li>and {len(view.failures) - MOST} more.</li>")
    return f"<ul>{''.join(items)}</ul>"


def head(view: View, failure: Failure) -> str:
    """'Merged: objects 1 and 2'."""
    numbers = [str(view.numbers[k]) for k in failure.objects]
    if not numbers:
        return HEADS[failure.kind]
    return HEADS[failure.kind].format(("objects " if len(numbers) > 1 else "object ") + listed(numbers))


def tell_limits(view: View, limits: Limits) -> str:
    """Is it the model, or the method?  Only as far as the two ideal networks of `find_limits` can tell."""
    if not limits.objects:
        return ""
    counts = (
        f"A network whose offsets are exact finds {limits.centroid} of {limits.objects} here if they lead to the "
        f"objects' centroids, and {limits.learned} if it may learn where the centres are. "
    )
    if view.source is not None:
        return counts
    if limits.centroid > view.right:
        return counts + "<b>So it is the model that fails here</b>, not the method: other training data may mend it."
    if limits.learned > view.right:
        return counts + tell_end(limits)
    if view.right < limits.objects:
        return counts + "<b>Neither of these two ideal networks does better</b> with these thresholds."
    return counts


def tell_end(limits: Limits) -> str:
    """Where centroids are the limit: which two coincide."""
    because = "."
    if limits.nearest:
        a, b, apart = limits.nearest
        because = f": those of objects {a} and {b} are {apart:.1f} px apart."
    return (
        f"<b>With centroids the method itself ends here</b>{because} "
        "Centres that are learned have a way out, since any place will do on which an object's pixels agree."
    )


def describe(drawn: Drawn, view: View | None) -> str:
    """The board in words."""
    scene = "; ".join(f"{k} {thing.kind}, {size_of(thing)}" for k, thing in enumerate(drawn.things, start=1))
    if view is None:
        return f"A scene of {len(drawn.things)} objects: {scene}."
    outcome = "; ".join(f"{k} {words[2:]}" for k, words, _ in verdicts(view))
    whose = "The model" if view.source is None else "An ideal network"
    return (
        f"A scene of {len(drawn.things)} objects: {scene}. {whose} finds {view.right} of {len(view.numbers)} and makes "
        f"{len(view.found)} instances. {outcome}. Beside it where the pixels point, with the margins, and the seed map."
    )


def say(view: View) -> str:
    """The outcome in one sentence, to be read aloud after a change."""
    return f"{view.right} of {len(view.numbers)} objects found, {len(view.failures)} failures."

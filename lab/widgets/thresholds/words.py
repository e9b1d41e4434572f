"""What the playground says: counts and scores in a sentence, and the alternative text.  Pure."""

from math import isnan

from lab.widgets.thresholds.compute import View
from lab.widgets.thresholds.proposals import Subject


def tell(view: View) -> str:
    """The counts, and what the three scores make of them, as HTML."""
    right, wrong, missed = view.number("right"), view.number("wrong"), len(view.missed)
    forgiven = view.number("forgiven")
    more = f", {forgiven} not judged" if forgiven else ""
    counts = f"<b>{right} right, {wrong} wrong, {missed} missed</b>{more}"
    return (
        f'<span style="font-size:16px">{counts}</span><br>'
        f"precision {right} / {right + wrong} = {_share(right, right + wrong)} &nbsp;·&nbsp; "
        f"recall {right} / {view.count} = {_share(right, view.count)} &nbsp;·&nbsp; "
        f"TP / (TP + FP + FN) = {right} / {right + wrong + missed} = {_value(view.nuclei_score)}<br>"
        f"<b>AP at overlap {view.choice.overlap:.2f}: {_value(view.ap)}</b> &nbsp;·&nbsp; "
        f"AP, mean over the overlaps .50 to .95: {_value(view.mean_ap)}"
    )


def _share(part: int, whole: int) -> str:
    return _value(part / whole if whole else float("nan"))


def _value(value: float) -> str:
    return "not defined" if isnan(value) else f"{value:.3f}"


def describe(subject: Subject, view: View) -> str:
    """Alternative text of the board."""
    name = subject.class_names[view.choice.class_index - 1]
    return (
        f"A scene with the detections of class {name}: at an overlap of more than {view.choice.overlap:.2f} "
        f"{view.number('right')} are right, {view.number('wrong')} wrong, and {len(view.missed)} of {view.count} "
        f"objects are missed; the list of detections by score; and the precision-recall curve, AP {_value(view.ap)}."
    )

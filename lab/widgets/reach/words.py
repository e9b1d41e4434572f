"""What the figure says beneath, and its alternative text.  Pure."""

from lab.widgets.reach.charts import tell_small
from lab.widgets.reach.compute import View
from lab.widgets.reach.subject import Subject

BEST = "1\u00a0−\u00a0max\u00a0φ"  # in one line


def tell(subject: Subject, view: View) -> str:
    """What is seen, as HTML."""
    name = f"{subject.name(view.choice.number)} {view.choice.number}"
    return (
        f"<b>{view.matter_count:,} of {view.pixels:,} pixels matter to {name}</b>: its own {view.own_count:,} and "
        f"{view.reaching_count:,} strangers, pixels that are not its own. {tell_rule(view)}. The Lovász hinge of those "
        f"that matter is {view.with_cut:.6f}, that of all {view.gaussian.hinge:.6f}: {tell_difference(view)}. To find "
        f"them, {view.looked_count:,} pixels in {view.cells.number:,} cells of {view.choice.size} px were looked at."
    )


def tell_rule(view: View) -> str:
    """Who is left out."""
    epsilon = view.choice.epsilon
    free = f"{BEST} = {tell_small(view.gaussian.slack)}"
    if epsilon > view.gaussian.slack:
        return f"Left out are strangers with φ ≤ ε = {epsilon:g}; up to {free} that is sure to cost nothing"
    behind = f"Strangers with φ ≤ {free} stand behind all its own pixels and add nothing"
    return behind if epsilon == 0 else f"{behind}; the cut ε = {epsilon:g} leaves out no more"


def tell_difference(view: View) -> str:
    """None, or how much, and the bound."""
    if tell_small(view.difference) == "0":
        return "no difference"
    return f"{tell_small(view.difference)} less, where the bound allows 2ε = {tell_small(view.bound)}"


def describe(subject: Subject, view: View) -> str:
    """Alternative text of the board."""
    g, choice = view.gaussian, view.choice
    return (
        f"A street with {subject.name(choice.number)} {choice.number}, prediction: {choice.prediction}. Of "
        f"{view.pixels:,} pixels {view.looked_count:,} lie in the {view.cells.number:,} cells of {choice.size} px "
        f"that its reach touches, {view.reaching_count:,} that are not its own reach it, {view.matter_count:,} matter, "
        f"of which {view.own_count:,} are its own. Lovász hinge of all pixels {g.hinge:.6f}, with the cut "
        f"{view.with_cut:.6f}, bound of the difference {tell_small(view.bound)}."
    )

"""The seed trajectories in words: for those who read, and for those who cannot see the picture."""

from lab.widgets.trajectories.compute import TARGET_NAMES, Curve, View
from lab.widgets.trajectories.render import LETTERS


def tell(view: View) -> str:
    """All pixels in numbers, then the active one."""
    phi, score, iou = view.means
    other_phi, _, other_iou = view.means_beside
    active = view.choice.active
    return (
        f"<b>Step {view.steps[view.now]}, {TARGET_NAMES[view.choice.target]}.</b> Mean over the {len(view.phi)} object "
        f"pixels: φ {phi:.2f}, s {score:.2f}; mean IoU of the objects {iou:.2f}. "
        f"The run beside it ({TARGET_NAMES[view.choice.beside]}): φ {other_phi:.2f}, IoU {other_iou:.2f}.<br>"
        f"{tell_pixel(view, active)}"
    )


def tell_pixel(view: View, index: int) -> str:
    """Where one pixel stands, and what its two values are asked to do."""
    curve: Curve = view.curves[index]
    phi, score = curve.phi[view.now], curve.score[view.now]
    column, row = curve.pixel
    return (
        f"<b>{LETTERS[index]}</b> (column {column}, row {row}, object {curve.instance}): φ {phi:.2f}, s {score:.2f}. "
        f"{tell_pull(view.choice.target, float(phi), float(score))}"
    )


def tell_pull(target: str, phi: float, score: float) -> str:
    """What the seed term does at this pixel in the next step."""
    if target == "mask":
        return "The seed term pulls s up to 1, however φ stands."
    if abs(score - phi) < 0.005:
        return "The seed term has nothing to do here."
    s_way = "up" if score < phi else "down"
    if target == "membership":
        return f"The seed term pulls s {s_way} to φ, and leaves φ alone."
    return f"The seed term pulls s {s_way}, and just as hard φ {'down' if score < phi else 'up'}."


def describe(view: View) -> str:
    """The picture for those who cannot see it."""
    places = "; ".join(
        f"{LETTERS[i]} on object {c.instance}: membership {c.phi[view.now]:.2f}, seed score {c.score[view.now]:.2f}"
        for i, c in enumerate(view.curves)
    )
    return (
        f"A scene of 64x64 pixels with three pixels marked, and a plane with membership across and seed score upward, "
        f"at step {view.steps[view.now]} of a training ({TARGET_NAMES[view.choice.target]}): {places}. "
        "Each pixel's way through the training is a curve; below, the chosen pixel's two values over time."
    )

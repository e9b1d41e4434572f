"""What has just happened on the strip, in a sentence."""

from fractions import Fraction

from lab.widgets.strip.compute import Reading


def signed(value: float, digits: int = 3) -> str:
    """A number with a real minus sign; no minus zero."""
    words = f"{value:.{digits}f}"
    if float(words) == 0:
        words = words.lstrip("-")
    return words.replace("-", "−")


def fraction(value: Fraction) -> str:
    """1/6, −1/6, 0."""
    return str(value).replace("-", "−")


def names(indices: tuple[int, ...]) -> str:
    """Pixels as they are numbered on the strip: "2, 3 and 6"."""
    numbers = [str(i + 1) for i in indices]
    if not numbers:
        return "none"
    return numbers[0] if len(numbers) == 1 else f"{', '.join(numbers[:-1])} and {numbers[-1]}"


def tell_event(before: Reading, after: Reading) -> str:
    """The last thing that changed weights: an overtaking, a flipped label, a pixel that left or joined; else ""."""
    i = after.pixels.chosen
    if before.pixels.labels != after.pixels.labels:
        return tell_flip(before, after, i)
    old, new = before.ranks[i], after.ranks[i]
    if old == new:
        return ""
    if new is None:
        return f"Pixel {i + 1} is right with room to spare: error {signed(after.errors[i], 2)}, it takes no part."
    weight = f"its weight {fraction(before.weights[i])} → {fraction(after.weights[i])}"
    if old is None:
        return f"Pixel {i + 1} takes part again, at rank {new} with weight {fraction(after.weights[i])}."
    passed = overtaken(before, after, i)
    if not passed:  # they tie, and the sort has turned them round
        return f"Pixel {i + 1}: rank {old} → {new}, {weight}."
    verb = "overtakes" if new < old else "falls behind"
    pixels = "pixel" if len(passed) == 1 else "pixels"
    return f"Pixel {i + 1} {verb} {pixels} {names(passed)}: rank {old} → {new}, {weight}."


def tell_flip(before: Reading, after: Reading, i: int) -> str:
    """A label that was changed, and what that does to the weights."""
    kind = "foreground" if after.pixels.labels[i] else "background"
    return (
        f"Pixel {i + 1} is now {kind}: error {signed(before.errors[i], 2)} → {signed(after.errors[i], 2)}; "
        f"G = {before.foreground} → {after.foreground}, so the weights of all pixels are new."
    )


def tell_move(before: Reading, after: Reading) -> str:
    """What the last step did to the loss, and why."""
    i = after.pixels.chosen
    if before.pixels == after.pixels or len(before.errors) != len(after.errors):
        return f"Loss {after.loss:.3f}. Take a bar by the mouse, or press Tab and then the arrow keys."
    if before.pixels.logits == after.pixels.logits and before.pixels.labels == after.pixels.labels:
        return tell_level(after)
    loss = f"the loss {before.loss:.3f} → {after.loss:.3f}"
    if before.pixels.labels != after.pixels.labels:
        return f"{loss[0].upper()}{loss[1:]}."
    change = f"Pixel {i + 1}: error {signed(before.errors[i], 2)} → {signed(after.errors[i], 2)}, {loss}"
    if before.order != after.order or min(before.errors[i], after.errors[i]) < 0:
        return f"{change}."
    step = after.errors[i] - before.errors[i]
    why = f"{signed(step, 2)} × its weight {fraction(after.weights[i])}"
    return f"{change}. Nobody was overtaken, so the change is {why} = {signed(step * float(after.weights[i]))}."


def tell_level(reading: Reading) -> str:
    """Who is wrong at the level t, and what 1 - IoU is then."""
    pixels = reading.above(reading.pixels.level)
    if not pixels:
        return f"No error is above t = {reading.pixels.level:.2f}: J = 0."
    wrong, union = at_level(reading)
    return (
        f"Errors above t = {reading.pixels.level:.2f}: pixel{'s' * (len(pixels) > 1)} {names(pixels)} (ringed). "
        f"J = wrong / union = {wrong}/{union}."
    )


def at_level(reading: Reading) -> tuple[int, int]:
    """How many pixels are wrong at the level t, and the union that they make with the foreground."""
    wrong = reading.above(reading.pixels.level)
    return len(wrong), reading.foreground + sum(not reading.pixels.labels[i] for i in wrong)


def tell_tie(reading: Reading) -> str:
    """Pixels with the same error as the chosen one share a value, not a gradient; "" if there are none."""
    i = reading.pixels.chosen
    same = tuple(j for j in reading.active if reading.errors[j] == reading.errors[i])
    if len(same) < 2:
        return ""
    first = names(tuple(sorted(same)))
    return (
        f"Pixels {first} tie at {reading.errors[i]:.2f}: who goes first changes nothing in the loss, only the weights."
    )


def overtaken(before: Reading, after: Reading, i: int) -> tuple[int, ...]:
    """Pixels that stood on the other side of pixel i before, among those that take part."""

    def ahead(reading: Reading) -> set[int]:
        return set(reading.order[: reading.order.index(i)])

    others = ahead(before) ^ ahead(after)
    return tuple(sorted(j for j in others if before.ranks[j] is not None or after.ranks[j] is not None))


def describe(reading: Reading) -> str:
    """The whole strip for those who do not see it."""
    parts = []
    for i, label in enumerate(reading.pixels.labels):
        rank = f"rank {reading.ranks[i]}, weight {reading.weights[i]}" if reading.ranks[i] else "takes no part"
        kind = "foreground" if label else "background"
        parts.append(f"pixel {i + 1} {kind}, error {reading.errors[i]:.2f}, {rank}")
    return f"The Lovász strip of {len(parts)} pixels, loss {reading.loss:.3f}: {'; '.join(parts)}."

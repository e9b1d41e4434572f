"""Notebook 10's answers, straight from the definitions; nothing of lab is used."""


def polynomial_decay(step, steps, start, power):
    """start · (1 - step / steps)^power: the rate of step 0 is the start, that of a step after the last would be 0."""
    left = (steps - step) / steps
    return start * left**power

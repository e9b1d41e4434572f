"""The lines of the whole loss, as the notebook writes it, and which of them make a part of it."""

import inspect
import textwrap
from dataclasses import dataclass
from functools import cache

from lab.exercises.the_whole_loss.solution import whole_loss
from lab.widgets.terms.compute import Part

FIRST, LAST = "target, weight", "error ="
# How the lines begin that compute a part, and those that they rest on.
MAKES: dict[Part, tuple[str, ...]] = {
    "instance": ("hinges.append",),
    "smoothness": ("spreads.append",),
    "seed, objects": ("target[c]", "weight[c]", "error", '"seed"'),
    "seed, background": ("target, weight", "error", '"seed"'),
}
RESTS_ON: dict[Part, tuple[str, ...]] = {
    "instance": ("mask", "centre", "b_k", "phi"),
    "smoothness": ("mask", "b_k"),
    "seed, objects": ("mask", "centre", "b_k", "phi", "c ="),
    "seed, background": (),
}


@dataclass(frozen=True)
class Line:
    """A line of code: how deep it is indented (in characters), its text, and whether it makes the part."""

    indent: int
    text: str
    makes: bool
    rests_on: bool


@cache
def source_lines() -> tuple[str, ...]:
    """The heart of the loss: what happens with one image, from the targets to the seed term."""
    lines = [line.split("  #")[0] for line in inspect.getsource(whole_loss).splitlines()]
    first = next(i for i, line in enumerate(lines) if line.strip().startswith(FIRST))
    last = next(i for i, line in enumerate(lines) if line.strip().startswith(LAST))
    seed = next(line for line in lines if line.strip().startswith('"seed"'))
    return (*textwrap.dedent("\n".join(lines[first : last + 1])).splitlines(), seed.strip())


def code_of(part: Part) -> list[Line]:
    """The lines with the marks of one part."""
    return [
        Line(
            len(line) - len(line.lstrip()),
            line.strip(),
            line.strip().startswith(MAKES[part]),
            line.strip().startswith(RESTS_ON[part]),
        )
        for line in source_lines()
    ]

"""Labels with one fault each, to be named from their pictures."""

import io
from typing import Any

import numpy as np
from jaxtyping import Int, Int32, UInt8
from PIL import Image

from lab.exercises.exercise import Verdict, right, untried, wrong

# What is seen, in words; one of them is in no picture.
WORDS = ("sound", "binary", "lossy", "mirrored", "pieces", "shifted", "small")
NAMES = {"A": "lossy", "B": "pieces", "C": "sound", "D": "mirrored", "E": "binary", "F": "shifted"}
SHIFT = 7  # px
# What to look at, where a letter got a wrong word.
LOOK = {
    "A": "every outline has a fringe of numbers that are nobody's, and they are not between its two neighbours only.",
    "B": "the shapes are all right. Now read the numbers: whom do they put together?",
    "C": "every outline lies on what it is to outline, and every object has its own number.",
    "D": "its shapes lie on nobody. Whose are they, and on which side of the street do these stand?",
    "E": "the shapes are all right. How many numbers are there?",
    "F": "the shapes are all right, and in the right order; but look where they lie.",
}
NO_LIST = 'expected six words in a list, one for each letter from A to F, as in ["sound", "binary", …].'


def through_jpeg(
    values: Int[np.ndarray, "H W"] | UInt8[np.ndarray, "H W"], quality: int = 90
) -> UInt8[np.ndarray, "H W"]:
    """What comes back of an 8-bit image that is stored as JPEG."""
    buffer = io.BytesIO()
    Image.fromarray(values.astype(np.uint8)).save(buffer, "jpeg", quality=quality)
    return np.array(Image.open(buffer))


def spoil(instances: Int32[np.ndarray, "H W"]) -> dict[str, Int32[np.ndarray, "H W"]]:
    """The same labels under six letters, with the fault that `NAMES` says."""
    ways = {
        "sound": instances,
        "binary": (instances > 0).astype(np.int32),
        "lossy": through_jpeg(instances).astype(np.int32),
        "mirrored": instances[:, ::-1].copy(),
        "pieces": put_together(instances),
        "shifted": np.roll(instances, SHIFT, axis=1),
    }
    return {letter: ways[name] for letter, name in NAMES.items()}


def put_together(instances: Int32[np.ndarray, "H W"]) -> Int32[np.ndarray, "H W"]:
    """The labels with the number of object 9 given to object 1 too, and that of 10 to 2."""
    table = np.arange(int(instances.max()) + 1, dtype=np.int32)
    table[[1, 2]] = 9, 10
    return table[instances]


def judge_names(answer: Any) -> Verdict:
    """The six words in the order of the letters; what is said of the first wrong one is its own."""
    if answer is ... or answer is None or (isinstance(answer, list | tuple) and any(word is ... for word in answer)):
        return untried()
    if not isinstance(answer, list | tuple) or len(answer) != len(NAMES):
        return wrong(f"{NO_LIST} Found {answer!r}.")
    said = [str(word).strip().casefold() for word in answer]
    if strange := [word for word in said if word not in WORDS]:
        return wrong(f"{strange[0]!r} is not among the words: {', '.join(WORDS)}.")
    off = [letter for letter, word in zip(NAMES, said, strict=True) if word != NAMES[letter]]
    if off:
        count = f"{len(NAMES) - len(off)} of {len(NAMES)} are right. "
        return wrong(f"{count}Look at {off[0]} again: {LOOK[off[0]]}")
    return right("Pictures before statistics: each of these takes a second to see, and a night of training to miss.")

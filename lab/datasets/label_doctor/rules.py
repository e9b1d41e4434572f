"""The doctor's rules: functions of a label image and its picture that say what looks wrong.

All limits are our own choice, set on 430 real label images of nuclei and on ToyScapes, sound and spoilt on purpose.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from jaxtyping import Int32, UInt8

from lab.datasets.label_doctor.pieces import Box, Piece, touches_all_sides

# What a rule says: the kind, the place, the numbers concerned, the words.
Said = tuple[str, Box | None, tuple[int, ...], str]

# Seams of wrong numbers to one solid piece.  A resize or JPEG left seven and more (in 150 label images spoilt so);
# sound labels have two at most, where spokes of bicycles cut what is behind them (50 scenes of ToyScapes).
# And they bear several numbers, where a fence leaves crumbs of the one or two objects behind it.
SEAMS, FEWEST_SEAMS, FEWEST_NUMBERS = 4, 8, 3
MIN_PIXELS = 16  # an object of fewer is hardly seen; what a data set calls too small is its owner's to say
FEWEST_PIECES = 3  # of a binary mask: one object may well be seen in two
FLAT = 0.03  # an image that shows its labels: deviation within a number over contrast; photographs start at 0.1
MOST_OF_THE_PICTURE = 0.5  # an object larger than this that touches all four sides


def spoilt(pieces: Sequence[Piece]) -> bool:
    """Seams of thin pieces between others, as interpolation and JPEG leave them along every border."""
    seams = [piece for piece in pieces if piece.thin and piece.touching]
    enough = len(seams) >= max(FEWEST_SEAMS, SEAMS * sum(not piece.thin for piece in pieces))
    return enough and len({piece.id for piece in seams}) >= FEWEST_NUMBERS


def is_binary(pieces: Sequence[Piece], min_pixels: int) -> bool:
    """One number only, in three or more pieces of the minimal size."""
    return len({piece.id for piece in pieces}) == 1 and sum(p.pixels >= min_pixels for p in pieces) >= FEWEST_PIECES


def flatness(image: UInt8[np.ndarray, "H W 3"], instances: Int32[np.ndarray, "H W"]) -> float:
    """How far pixels of one number stray from their median, over how far objects stand out: 0 for a drawn mask.

    The larger of the two deviations counts, within objects or within the background; infinite where nothing stands
    out, or where there is nothing but one number.
    """
    numbers, inverse, counts = np.unique(instances, return_inverse=True, return_counts=True)
    if len(numbers) < 2:
        return np.inf
    values = image.reshape(-1, 3).astype(np.float32)[np.argsort(inverse.ravel(), kind="stable")]
    parts = np.split(values, np.cumsum(counts)[:-1])
    medians = np.array([np.median(part, axis=0) for part in parts])
    deviations = np.array([np.abs(part - m).mean() for part, m in zip(parts, medians, strict=True)])
    contrast = float(np.median(np.abs(medians[1:] - medians[0]).max(axis=1)))
    within_objects = float(np.average(deviations[1:], weights=counts[1:]))
    return max(within_objects, float(deviations[0])) / contrast if contrast else np.inf


def of_the_picture(image: UInt8[np.ndarray, "H W 3"], instances: Int32[np.ndarray, "H W"]) -> Iterator[Said]:
    """What the picture says of its labels."""
    if not instances.any():
        return
    if image.min() == image.max():
        yield "blank", None, (), f"the image has the value {image.min()} everywhere; look whether it is the right file."
    elif flatness(image, instances) < FLAT:
        yield (
            "own mask",
            None,
            (),
            (
                "the image is all but constant within every number of its labels: it seems to show the labels. "
                "Put the photograph in its place. If it is a drawing with flat colours, this is how it looks: go on."
            ),
        )


def of_the_labels(
    instances: Int32[np.ndarray, "H W"], pieces: Sequence[Piece], min_pixels: int, numbers: Sequence[int]
) -> Iterator[Said]:
    """What the labels say of themselves; ``numbers`` are those of the file, for the words.

    Spoilt labels and binary masks get one finding, not hundreds for their pieces.
    """
    if not pieces:
        yield "empty", None, (), "no object is labelled; take the image out unless there is nothing to be seen on it."
    elif spoilt(pieces):
        yield _spoilt(pieces)
    elif is_binary(pieces, min_pixels):
        yield "binary", None, (pieces[0].id,), binary_words(numbers[0], len(pieces))
    else:
        yield from _of_single_objects(instances, pieces, min_pixels, numbers)


def binary_words(number: int, pieces: int) -> str:
    """What is wrong with a binary mask, and what to do."""
    return (
        f"the only number is {number}, in {pieces} pieces; expected a number for every object. Label them apart, or "
        "make every piece an object (split_components in lab.datasets.label_doctor) and look at the result."
    )


def _spoilt(pieces: Sequence[Piece]) -> Said:
    seams = [piece for piece in pieces if piece.thin and piece.touching]
    where = max((piece for piece in pieces if not piece.thin), key=lambda piece: piece.pixels, default=seams[0]).box
    words = (
        f"{len(seams)} of {len(pieces)} pieces are thin seams between others, with numbers of their own: what JPEG, or "
        "a resize with interpolation, makes of labels. Take the file from before; resize labels by nearest neighbour."
    )
    return "lossy", where, tuple(sorted({piece.id for piece in seams})), words


def _of_single_objects(
    instances: Int32[np.ndarray, "H W"], pieces: Sequence[Piece], min_pixels: int, numbers: Sequence[int]
) -> Iterator[Said]:
    for id, parts in by_number(pieces).items():
        number, pixels, box = numbers[id - 1], sum(part.pixels for part in parts), around(parts)
        if pixels > MOST_OF_THE_PICTURE * instances.size and touches_all_sides(instances == id):
            words = f"object {number} covers {pixels / instances.size:.0%} of the picture and touches its four sides. "
            yield "background", None, (id,), words + "If it is the background, its number is 0."
            continue
        if pixels < min_pixels:
            yield "small", box, (id,), f"object {number} has {pixels} px, expected {min_pixels} or more."
        if len(parts) > 1:
            cut = all(at_the_edge(part.box, instances.shape) for part in parts)
            beyond = " All reach the picture's edge, where one object may leave and come back." if cut else ""
            yield "pieces", box, (id,), f"object {number} lies in {len(parts)} pieces: {_listed(parts)}.{beyond}"
        elif other := in_the_middle(instances, id, box):
            words = f"the middle of object {number} ({pixels} px) lies in object {numbers[other - 1]}: the rim of an "
            yield "rim", box, (id,), words + "object that was labelled twice, or an object behind another."
        elif parts[0].thin and pixels >= min_pixels and not at_the_edge(box, instances.shape):
            yield "sliver", box, (id,), f"object {number} has {pixels} px and is nowhere three pixels wide."


def in_the_middle(instances: Int32[np.ndarray, "H W"], id: int, box: Box) -> int:
    """The other object that holds an object's centroid; 0 for none."""
    top, left, bottom, right = box
    rows, columns = np.nonzero(instances[top:bottom, left:right] == id)
    there = int(instances[top + round(float(rows.mean())), left + round(float(columns.mean()))])
    return 0 if there == id else there


def at_the_edge(box: Box, shape: tuple[int, ...]) -> bool:
    """Does it reach the picture's edge, or the line before, so that the edge may have cut it?"""
    top, left, bottom, right = box
    return min(top, left, shape[0] - bottom, shape[1] - right) <= 1


def by_number(pieces: Iterable[Piece]) -> dict[int, list[Piece]]:
    """Each number's pieces."""
    found = defaultdict(list)
    for piece in pieces:
        found[piece.id].append(piece)
    return dict(found)


def around(pieces: Sequence[Piece]) -> Box:
    """The box around all of them."""
    tops, lefts, bottoms, rights = zip(*(piece.box for piece in pieces), strict=True)
    return min(tops), min(lefts), max(bottoms), max(rights)


def _listed(pieces: Sequence[Piece], most: int = 4) -> str:
    words = [f"{piece.pixels} px at row {piece.box[0]}, column {piece.box[1]}" for piece in pieces[:most]]
    return "; ".join(words + ([f"and {len(pieces) - most} more"] if len(pieces) > most else []))

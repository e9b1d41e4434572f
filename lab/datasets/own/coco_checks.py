"""Whether a COCO file holds what it should, before anything of it is used.

The file may come from anywhere, and pycocotools' C code takes what it is given: a coordinate or an image of a thousand
million pixels ends the process, counts that are too few leave pixels to chance.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from lab.datasets.scene import in_px
from lab.images import MOST_PIXELS
from lab.json_text import from_json, is_text

Entry = Mapping[str, Any]
Id = int | float | str
EXPORT = "Export it again as COCO instances (object detection with segmentation)."
FURTHEST = 100_000  # pixels from the image's corner to a point of an outline
MOST_LISTED = 5  # ids of unsound annotations, besides the first
LARGEST_ID = 2**63 - 1
MOST_BITS = 35  # of a packed number: more than a picture's pixels need


class Kind(NamedTuple):
    """Of a value: whether it is of this kind, and how that is said."""

    holds: Callable[[Any], bool]
    words: str


def _is_whole(value: Any) -> bool:
    return type(value) in (int, float) and -LARGEST_ID <= value <= LARGEST_ID and value == int(value)


def _is_id(value: Any) -> bool:
    return isinstance(value, str) or _is_whole(value)


ID = Kind(_is_id, "a whole number or a word")
WHOLE = Kind(_is_whole, "a whole number")
SIZE = Kind(lambda value: _is_whole(value) and value >= 1, "pixels, 1 or more")
WORD = Kind(lambda value: is_text(value) and bool(value.strip()), "a word")
FILE = Kind(lambda value: isinstance(value, str) and Path(value).name not in ("", ".."), "a file's name")
FLAG = Kind(lambda value: value in (0, 1, None), "0 or 1")
# What must be there, and of which kind; the optional ones are checked where they are.
PARTS = {
    "images": {"id": ID, "file_name": FILE, "width": SIZE, "height": SIZE},
    "annotations": {"image_id": ID, "category_id": ID, "segmentation": Kind(lambda value: True, "an outline")},
    "categories": {"id": ID, "name": WORD},
}
OPTIONAL = {"annotations": {"id": WHOLE, "iscrowd": FLAG}}


def wrong(path: Path, found: str, expected: str, remedy: str) -> ValueError:
    """What to raise for a file that is not as it should be."""
    return ValueError(f"{path}: found {found}, expected {expected}. {remedy}")


def read_parts(path: Path) -> dict[str, Any]:
    """The file's content, its images, annotations and categories of the right kinds.

    Raises:
        FileNotFoundError, ValueError: no file, no JSON, or parts that are missing or of another kind; named.
    """
    content = _content(path)
    for part, kinds in PARTS.items():
        _check_part(path, content, part, kinds)
    for entry in content["images"]:
        if entry["width"] * entry["height"] > MOST_PIXELS:
            found = f"the image {entry['id']} of {in_px((entry['height'], entry['width']))}"
            raise wrong(path, found, f"at most {MOST_PIXELS} pixels", "Correct its width and height.")
    return content


def _content(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise FileNotFoundError(f"{path}: found no file, expected COCO annotations (JSON). Restore it.")
    try:
        content = from_json(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise wrong(path, f"a file that cannot be read ({error})", "JSON", "Export it again.") from error
    if not isinstance(content, dict):
        raise wrong(path, f"a {type(content).__name__}", "an object with images, annotations, categories", EXPORT)
    return content


def _check_part(path: Path, content: dict[str, Any], part: str, kinds: Mapping[str, Kind]) -> None:
    entries = content.get(part)
    if not isinstance(entries, list):
        raise wrong(path, f"no list '{part}'", f"lists {', '.join(PARTS)}", EXPORT)
    for number, entry in enumerate(entries):
        _check_entry(path, f"{part}[{number}]{_id_of(entry)}", entry, kinds, OPTIONAL.get(part, {}))
    counts = Counter(entry["id"] for entry in entries) if "id" in kinds else Counter()
    if counts and counts.most_common(1)[0][1] > 1:
        found = f"the id {counts.most_common(1)[0][0]} more than once in '{part}'"
        raise wrong(path, found, "an id of its own for each", EXPORT)
    if part == "categories":
        _check_categories(path, [entry["id"] for entry in entries])


def _id_of(entry: Any) -> str:
    """The id that an entry says, for messages: its place in a list of thousands is hard to find."""
    return f" (id {repr(entry['id'])[:40]})" if isinstance(entry, dict) and "id" in entry else ""


def _check_entry(path: Path, who: str, entry: Any, kinds: Mapping[str, Kind], optional: Mapping[str, Kind]) -> None:
    lacking = [key for key in kinds if not isinstance(entry, dict) or key not in entry]
    if lacking:
        raise wrong(path, f"{who} without {', '.join(lacking)}", f"{', '.join(kinds)} in each", EXPORT)
    for key, kind in {**kinds, **{key: kind for key, kind in optional.items() if key in entry}}.items():
        if not kind.holds(entry[key]):
            raise wrong(path, f"{who} with the {key} {str(entry[key])[:40]!r}", kind.words, EXPORT)


def _check_categories(path: Path, ids: list[Id]) -> None:
    """Raise ValueError where there are none, or where their ids have no order."""
    if not ids:
        raise wrong(path, "no categories", "one or more classes", EXPORT)
    if len({isinstance(id, str) for id in ids}) > 1:
        raise wrong(path, "categories with numbers and with words as ids", "ids of one kind", EXPORT)


def check_annotations(path: Path, entries: Sequence[Entry], images: set[Id], classes: Mapping[Id, int]) -> None:
    """Raise ValueError for the first annotation that is not sound, with the number of all such and the next few."""
    found: list[tuple[Id, str]] = []
    for entry in entries:
        try:
            check_annotation(path, entry, images, classes)
        except ValueError as error:
            found.append((entry["id"], str(error)))
    if not found:
        return
    (_, first), *rest = found
    others = [id for id, _ in rest]
    listed = ", ".join(map(str, others[:MOST_LISTED])) + (", …" if len(others) > MOST_LISTED else "")
    more = f"the others are {listed}" if others else "all others are sound"
    raise ValueError(f"{first} Not sound are {len(found)} of {len(entries)} annotations; {more}.")


def check_annotation(path: Path, entry: Entry, images: set[Id], classes: Mapping[Id, int]) -> None:
    """Raise ValueError for an annotation of an image or a class that is not there, or with an outline that is none."""
    who = f"annotation {entry['id']}"
    if entry["image_id"] not in images:
        # As Python writes them: the number 10 and the word '10' are two ids.
        known = f" (one has the id {next(iter(images))!r})" if images else ""
        raise wrong(path, f"{who} for image {entry['image_id']!r}", f"an image of the file{known}", EXPORT)
    if entry["category_id"] not in classes:
        found = f"{who} of category {entry['category_id']!r}"
        raise wrong(path, found, f"one of {list(classes)}", EXPORT)
    outline = entry["segmentation"]
    found = f"{who} with the segmentation {str(outline)[:40]}"
    if isinstance(outline, list):
        if not outline or not all(map(_is_ring, outline)):
            expected = f"polygons x1, y1, x2, y2, … of three points or more, at most {FURTHEST} px away"
            raise wrong(path, found, expected, f"Boxes do not do. {EXPORT}")
    elif not _is_rle(outline):
        raise wrong(path, found, "polygons or RLE (size, and counts that sum up to it)", EXPORT)


def _is_ring(ring: Any) -> bool:
    return isinstance(ring, list) and len(ring) >= 6 and len(ring) % 2 == 0 and all(map(_is_near, ring))


def _is_near(value: Any) -> bool:
    return type(value) in (int, float) and -FURTHEST <= value <= FURTHEST


def _is_rle(outline: Any) -> bool:
    if not isinstance(outline, dict) or not {"size", "counts"} <= set(outline):
        return False
    size, counts = outline["size"], outline["counts"]
    if not isinstance(size, list) or len(size) != 2 or not all(map(_is_whole, size)):
        return False
    if isinstance(counts, str):
        counts = unpacked(counts)
    return isinstance(counts, list) and _sum_up(counts, size[0] * size[1])


def _sum_up(counts: list[Any], pixels: float | int) -> bool:
    return all(_is_whole(count) and count >= 0 for count in counts) and sum(counts) == pixels


def unpacked(text: str) -> list[int] | None:
    """The counts that COCO's text of run lengths holds; None where it is none.

    A letter holds five bits of a number and whether more of it follow; from the fourth number on it is the difference
    to the last but one.  Checked here because pycocotools reads on behind the end of a text that promises more, and
    writes what it finds there behind its own memory.
    """
    counts: list[int] = []
    number, place = 0, 0
    for letter in text:
        bits = ord(letter) - 48
        if not 0 <= bits < 64 or place > MOST_BITS:
            return None
        number |= (bits & 31) << place
        place += 5
        if not bits & 32:
            negative = 1 << place if bits & 16 else 0
            counts.append(number - negative + (counts[-2] if len(counts) > 2 else 0))
            number, place = 0, 0
    return None if place else counts

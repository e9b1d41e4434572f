"""Predict image files: for each an overlay, a label image and a list of what was found; one COCO file for all."""

import csv
import io
import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Integer, UInt8
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from tqdm import tqdm

from lab.checkpoints import Model
from lab.clustering import Thresholds
from lab.evaluation.coco import INFO, CocoFile, file_names
from lab.evaluation.predict import predict_regions
from lab.evaluation.tiles import Tiles
from lab.folders import write_whole
from lab.images import IMAGE_SUFFIXES, load_image
from lab.out_of_memory import in_words
from lab.overlay import overlay
from lab.regions import Regions

OVERLAY, LABELS, LIST = "_overlay.png", "_labels.png", "_instances.csv"
MOST_KINDS = 5  # of files that are left out, in a line
MOST_INSTANCES = 2**16 - 1
LONGEST_NAME = 235  # bytes: with a number and the longest ending it is 255, the most that file systems take
COCO = "coco.json"  # not annotations.json, the name of labels that somebody may have drawn by hand
COLUMNS = ("label", "class", "score", "pixels", "visible_pixels")
SOFTWARE = "Spatial Embedding Lab"
# What the files begin with, by which a later prediction knows what it may replace.
SIGNS = {
    ".png": f"Software\0{SOFTWARE}".encode(),
    ".csv": ",".join(COLUMNS).encode(),
    ".json": json.dumps({"info": INFO}).removesuffix("}").encode(),
}
BEGIN = 512  # bytes in which the sign is looked for
# Pixels of the longer side.  A smaller picture is enlarged for the overlay, else its captions would not be legible.
OVERLAY_SIDE = 1024


def find_images(inputs: Iterable[Path]) -> list[Path]:
    """The image files among ``inputs``: files as they are, of folders those with an image's suffix, by name.

    What an earlier run wrote into the same folder is left out, and so is what is named a second time.

    Raises:
        FileNotFoundError: an input that does not exist, or a folder without images.
    """
    found: list[Path] = []
    for path in inputs:
        if not path.is_dir():
            if not path.exists():
                raise FileNotFoundError(f"{path}: found nothing there, expected an image or a folder of images.")
            found.append(path)
            continue
        images = sorted(p for p in path.iterdir() if p.suffix.lower() in IMAGE_SUFFIXES and not _is_result(p))
        if not images:
            others = passed_over(path)
            raise FileNotFoundError(
                f"{path}: found no images in the folder{f' but {others}' if others else ''}, expected files ending in "
                f"{', '.join(sorted(IMAGE_SUFFIXES))}. Folders inside it are not searched."
            )
        found.extend(images)
    first: dict[str, Path] = {}
    for path in found:
        first.setdefault(os.path.realpath(path), path)  # Path.resolve fails at links that lead in a circle
    return list(first.values())


def _is_result(path: Path) -> bool:
    return path.name.endswith((OVERLAY, LABELS, LIST)) or path.name == COCO


def passed_over(folder: Path) -> str:
    """What `find_images` leaves out of a folder, counted, as "2 .heic, 1 folder"; empty if nothing.

    Hidden files and earlier results are not worth a word.
    """
    kinds: Counter[str] = Counter()
    for path in sorted(folder.iterdir()):
        suffix = path.suffix.lower()
        if path.is_dir():
            kinds["folder"] += 1
        elif suffix not in IMAGE_SUFFIXES and not path.name.startswith(".") and not _is_result(path):
            kinds[suffix or "other file"] += 1
    most = [f"{n} {kind}{'s' * (n > 1 and not kind.startswith('.'))}" for kind, n in kinds.most_common(MOST_KINDS)]
    return ", ".join([*most, "…"] if len(kinds) > MOST_KINDS else most)


def output_names(paths: Sequence[Path]) -> list[str]:
    """A name for each file's results: its stem, cut where it is too long for what is added; where stems are equal,
    suffix or number tell them apart.
    """
    stems = Counter(path.stem for path in paths)
    names: list[str] = []
    for path in paths:
        name = _cut(path.stem if stems[path.stem] == 1 else path.name.replace(".", "_"))
        wanted, number = name, 1
        while name in names:
            number += 1
            name = f"{wanted}_{number}"
        names.append(name)
    return names


def _cut(name: str) -> str:
    while len(os.fsencode(name)) > LONGEST_NAME:
        name = name[:-1]
    return name


def predict_files(
    model: Model,
    paths: Sequence[Path],
    output: Path,
    thresholds: Thresholds,
    say: Callable[[str], None] = tqdm.write,
    flips: bool = False,
    tiles: Tiles | None = None,
) -> int:
    """Predict each file into the folder ``output``.  Gives how many failed; each failure is said, the rest go on.

    Of NAME.jpg come NAME_overlay.png, NAME_labels.png (16-bit: 0 background, k = k-th instance) and
    NAME_instances.csv (label, class, score, pixels of its mask, and how many of them the label image
    shows: where masks overlap the higher score lies on top); of all images coco.json, with the masks as they are.
    Each is on disk whole or not at all; coco.json comes last, and only if an image could be predicted.

    Raises:
        FileExistsError: a file stands in a result's place that no prediction wrote; nothing was done.
        OSError: a result could not be written: the next one could not either.
    """
    names = output_names(paths)
    _check_replaced([output / COCO, *(output / f"{name}{end}" for name in names for end in (OVERLAY, LABELS, LIST))])
    failed, coco = 0, CocoFile(model.card.class_names)
    named = zip(names, file_names(paths), strict=True)
    for path, (name, file_name) in zip(tqdm(paths, unit="image", disable=None), named, strict=True):
        try:
            image = load_image(path)
            # Stretched from the file's own values, which may have more bits than the picture to be looked at.
            ready = image if model.card.intensity == "stored" else load_image(path, model.card.intensity)
            regions = predict_regions(model, ready, thresholds, prepared=True, flips=flips, tiles=tiles)
            _check_number(regions)
        except (OSError, ValueError, MemoryError) as error:
            failed += 1
            say(_in_words(path, error))
            continue
        try:
            write_results(output / name, image, regions, model.card.class_names)
        except MemoryError as error:  # not the disk's errors, which the next picture would meet, too
            failed += 1
            say(_in_words(path, error))
            continue
        coco.add(file_name, regions)
    if coco.images:
        write_whole(output / COCO, coco.content())
    return failed


def _check_replaced(results: Iterable[Path]) -> None:
    """Raise FileExistsError where somebody's own file would be replaced, labels drawn or corrected by hand, say."""
    others = [path for path in results if os.path.isfile(path) and not _is_ours(path)]
    if others:
        more = f", and {len(others) - 1} more such files" if len(others) > 1 else ""
        raise FileExistsError(
            f"{others[0]}: found a file that no prediction of this version wrote, or that was changed since{more}; "
            "expected none of this name, or an earlier result, for it would be replaced. Nothing was done. Give "
            "another --output, or move the file away."
        )


def _is_ours(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return SIGNS[path.suffix] in file.read(BEGIN)
    except OSError:
        return False


def _in_words(path: Path, error: Exception) -> str:
    text = in_words(error) if isinstance(error, MemoryError) else str(error)
    return text if str(path) in text else f"{path}: {text}"


def write_results(stem: Path, image: UInt8[np.ndarray, "H W 3"], regions: Regions, class_names: Sequence[str]) -> None:
    """Write the three results of one image; ``stem`` is their path without _overlay.png and so on."""
    labels, scores = regions.labels, regions.scores
    names = [class_names[index - 1] for index in regions.classes.tolist()]
    write_whole(stem.with_name(stem.name + OVERLAY), _png(overlay(*enlarged(image, labels), scores, names)))
    write_whole(stem.with_name(stem.name + LABELS), _png(labels.astype(np.uint16)))
    visible = np.bincount(labels.ravel(), minlength=len(names) + 1)[1:].tolist()
    pixels = [len(own) for own in regions.pixels]
    rows = zip(range(1, len(names) + 1), names, (f"{s:.6f}" for s in scores), pixels, visible, strict=True)
    text = io.StringIO()
    csv.writer(text).writerows([COLUMNS, *rows])
    write_whole(stem.with_name(stem.name + LIST), text.getvalue().encode())


def _check_number(regions: Regions) -> None:
    """Raise ValueError where a label image of 16 bits has too few numbers."""
    if len(regions) > MOST_INSTANCES:
        raise ValueError(
            f"found {len(regions)} instances, expected at most {MOST_INSTANCES}, the numbers that a 16-bit label image "
            "has. Cut the picture, or raise the seed threshold or min_pixels."
        )


def enlarged(
    image: UInt8[np.ndarray, "H W 3"], labels: Integer[np.ndarray, "H W"]
) -> tuple[UInt8[np.ndarray, "h w 3"], Integer[np.ndarray, "h w"]]:
    """Image and labels a whole number of times larger, where they are smaller than `OVERLAY_SIDE`."""
    times = max(1, round(OVERLAY_SIDE / max(image.shape[:2])))
    if times == 1:
        return image, labels
    size = (times * image.shape[1], times * image.shape[0])
    larger = Image.fromarray(image).resize(size, Image.Resampling.BICUBIC)
    return np.asarray(larger), labels.repeat(times, axis=0).repeat(times, axis=1)


def _png(array: UInt8[np.ndarray, "H W 3"] | Integer[np.ndarray, "H W"]) -> bytes:
    memory, sign = io.BytesIO(), PngInfo()
    sign.add_text("Software", SOFTWARE)
    Image.fromarray(array).save(memory, "PNG", pnginfo=sign)
    return memory.getvalue()

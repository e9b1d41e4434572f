"""Which picture belongs to which part: by folders, or by a hash of its name."""

import hashlib
from pathlib import Path

SPLITS = ("train", "val", "test")
# Shares of the pictures, as fits most data sets (o).
TRAIN, VAL = 0.8, 0.1


def part_of(name: str) -> str:
    """The part of a picture of this name: 8 of 10 names go to train, 1 to val, 1 to test.

    It hangs on nothing but the name, so it stays when pictures are added or taken away.  Pictures that show the same
    thing (neighbouring crops, frames of a film) have different names and are parted: put such data into folders.
    """
    # A name of bytes that are no text holds halves of characters (surrogates), which UTF-8 itself does not take.
    place = int.from_bytes(hashlib.sha256(name.encode(errors="surrogatepass")).digest()[:8]) / 2**64
    return "train" if place < TRAIN else "val" if place < TRAIN + VAL else "test"


def parts_of(root: Path) -> tuple[str, ...]:
    """The parts that lie in folders of their own; empty where one folder holds all."""
    return tuple(part for part in SPLITS if (root / part / "images").is_dir())


def folder_of(root: Path, split: str) -> Path:
    """The folder that holds images/ of a part: ROOT/SPLIT, or ROOT where there are no such folders.

    Raises:
        FileNotFoundError: no images/ anywhere, or not for this part.
        ValueError: images/ both in ROOT and below its parts; a part that is none.
    """
    if split not in SPLITS:
        raise ValueError(f"split: found '{split}' for {root}, expected {', '.join(SPLITS)}.")
    parts, in_root = parts_of(root), (root / "images").is_dir()
    if parts and in_root:
        raise ValueError(
            f"{root}: found images/ in it and in {', '.join(parts)}, expected one of the two. Move the pictures of "
            f"{root / 'images'} into a part, or take them out."
        )
    if not parts and not in_root:
        raise FileNotFoundError(
            f"{root}: found no images/, expected them in {root} or {root / split}. Put the pictures there."
        )
    if parts and split not in parts:
        raise FileNotFoundError(
            f"{root}: found {', '.join(parts)}, expected {root / split / 'images'}. Ask for a part that is there, or "
            "add this one."
        )
    return root / split if parts else root

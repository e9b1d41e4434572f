"""An archive that means harm: names that lead elsewhere, links, and files that unpack to more than they should."""

import io
import stat
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lab.datasets.bbbc import archive
from lab.datasets.bbbc.convert import convert
from tests.datasets.test_bbbc import ROWS, archive_files, mask, write_zip

PICTURE, MASK = f"{'a' * 64}/images/{'a' * 64}.png", f"{'a' * 64}/masks/01a.png"
ZEROS = bytes(archive.MOST_BYTES + 1)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where data are brought, with room above it in which nothing is to appear."""
    folder = tmp_path / "home" / "data"
    folder.mkdir(parents=True)
    return folder


def with_other(path: Path, entry: str | zipfile.ZipInfo, content: bytes, method: int = zipfile.ZIP_DEFLATED) -> Path:
    """An archive in which one file is another."""
    name = entry if isinstance(entry, str) else entry.filename
    write_zip(path, {other: each for other, each in archive_files().items() if other != name})
    with zipfile.ZipFile(path, "a") as opened:
        opened.writestr(entry, content, method)
    return path


def said_to_be(path: Path, name: str, size: int) -> Path:
    """The archive, lying about how long a file is in its table of contents."""
    content = bytearray(path.read_bytes())
    at = content.rindex(name.encode()) - 46  # the table lies at the end, and a name in it after 46 bytes
    assert content[at : at + 4] == b"PK\x01\x02"
    content[at + 24 : at + 28] = size.to_bytes(4, "little")
    path.write_bytes(content)
    return path


def refused(path: Path, message: str) -> int:
    """Converting ends with the message and leaves nothing; gives the most bytes that it held meanwhile."""
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=message):
            convert(path, path.parent / "nuclei", ROWS)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert list(path.parent.iterdir()) == [path]
    return peak


@pytest.mark.parametrize("folder", ["../../..", "/lab-absolute", "C:/Windows", "a/../../b"])
def test_names_lead_nowhere(folder: str, place: Path, tmp_path: Path):
    files = {f"{folder}/{name}": content for name, content in archive_files().items()}
    files |= {f"{folder}/evil.png": b"evil", "../evil.png": b"evil"}
    path = write_zip(place / "a.zip", files)
    assert convert(path, place / "nuclei", ROWS).images == 3
    there = {each for each in tmp_path.rglob("*") if each.is_file()} - {path}
    assert len(there) == 8  # three pictures, three masks, table and origin
    assert all(each.is_relative_to(place / "nuclei") for each in there)
    assert not Path("/lab-absolute").exists()


def test_a_link_is_not_followed(place: Path):
    link = zipfile.ZipInfo(PICTURE)
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    (place.parent / "secret.png").write_bytes(mask(np.ones((40, 56))))
    path = with_other(place / "a.zip", link, b"../secret.png")
    refused(path, "found bytes that are no image")


def test_a_file_that_says_it_is_too_long(place: Path):
    path = with_other(place / "a.zip", MASK, ZEROS)
    assert refused(path, r"01a\.png: found 33554433 bytes when unpacked, expected at most 33554432") < 8 * 2**20


def test_a_file_that_says_it_is_short_and_is_not(place: Path):
    path = said_to_be(with_other(place / "a.zip", MASK, ZEROS), MASK, 100)
    assert refused(path, "found a broken archive") < 8 * 2**20


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_is_packed_in_a_way_that_knows_no_limit(method: int, place: Path):
    path = said_to_be(with_other(place / "a.zip", MASK, ZEROS, method), MASK, 100)
    assert refused(path, f"found the compression method {method}, expected deflate") < 8 * 2**20


def test_a_picture_that_is_too_large(place: Path):
    large = io.BytesIO()
    Image.new("1", (4096, 4097)).save(large, "PNG")
    path = with_other(place / "a.zip", PICTURE, large.getvalue())
    assert refused(path, "found 4096x4097 px, expected at most 16777216 pixels") < 8 * 2**20


def test_more_masks_than_labels_have_numbers(place: Path, monkeypatch):
    monkeypatch.setattr(archive, "MOST_MASKS", 3)
    refused(write_zip(place / "a.zip", archive_files()), "found 4 masks, expected at most 3")


def test_a_program_in_a_pictures_place(place: Path):
    """PostScript, which Pillow would have Ghostscript run."""
    program = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 40 56\n%%EndComments\nshowpage\n"
    refused(with_other(place / "a.zip", PICTURE, program), "found bytes that are no image")

"""What a person is advised to type does what it says, whatever the files are called."""

import os
import shlex
import zipfile
from pathlib import Path

import pytest

from lab.doctor.cityscapes import check_packages
from lab.shell_words import shell_words

NASTY = [
    "plain",
    "two words",
    "it's",
    '"quoted"',
    "a; touch evil",
    "$(touch evil)",
    "`touch evil`",
    "-rf",
    "naïve",
    "*",
]
posix = pytest.mark.skipif(os.name != "posix", reason="words of a POSIX shell")


@posix
@pytest.mark.parametrize("name", NASTY)
def test_every_name_comes_back_as_one_word(name: str):
    assert shlex.split(shell_words("python", Path("/home") / name, name)) == ["python", f"/home/{name}", name]


def test_what_needs_no_quotes_has_none():
    assert shell_words("python", "-m", "lab", "runs/a-b_1.safetensors") == "python -m lab runs/a-b_1.safetensors"


@posix
def test_the_doctors_remedies_can_be_typed(tmp_path: Path):
    """For archives that were unpacked one folder too deep, not at all, or in part."""
    root = tmp_path / "my data; touch evil"
    (root / "gtFine_trainvaltest" / "gtFine").mkdir(parents=True)
    with zipfile.ZipFile(root / "leftImg8bit_trainvaltest.zip", "w"):
        pass
    images, labels = (finding.remedy for finding in check_packages(root))
    assert shlex.split(images) == ["cd", str(root), "&&", "unzip", "-n", "leftImg8bit_trainvaltest.zip"]
    assert shlex.split(labels) == ["mv", str(root / "gtFine_trainvaltest" / "gtFine"), str(root)]
    (root / "leftImg8bit_trainvaltest.zip").write_bytes(b"a part")
    images, _ = (finding.remedy for finding in check_packages(root))
    assert shlex.split(images)[-4:] == ["csDownload", "-d", str(root), "leftImg8bit_trainvaltest.zip"]

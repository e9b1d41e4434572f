"""Options that several commands share: what is typed wrongly is told before the work."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from lab.__main__ import app


@pytest.mark.parametrize(
    "words",
    [
        ("predict", "scene.png", "--output"),
        ("evaluate", "--output"),
        ("oracle", "--output"),
        ("failures", "--output"),
        ("doctor", "--labels", "town", "--output"),
        ("ablate", "--output"),
        ("ablate", "--runs"),
        ("baseline", "--runs"),
        ("train", "--runs"),
    ],
    ids=" ".join,
)
def test_a_file_in_a_folders_place_is_told_before_the_work(tmp_path: Path, words: tuple[str, ...]):
    (tmp_path / "file").write_text("mine")
    result = CliRunner().invoke(app, [*words, str(tmp_path / "file")])
    assert result.exit_code == 2
    assert f"'{words[-1]}'" in result.output
    assert "is a file" in result.output.replace("\n", " ")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("file", "mine")]

"""Making the book: only when something changed, never half of it; and what Sphinx is told."""

import runpy
from importlib import metadata
from pathlib import Path

import pytest

from lab.book import build as building
from lab.book.__main__ import main
from lab.book.build import HERE, build, fingerprint
from lab.book.source import mathjax


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[dict]:
    """What Sphinx was run over, each time; a book is one page here."""
    runs = []

    def run(content: dict[str, bytes], work: Path) -> None:
        (work / "html").mkdir(parents=True)
        (work / "html" / "index.html").write_bytes(content["index.md"])
        runs.append(content)
        if content["index.md"] == b"broken":
            raise RuntimeError("Sphinx found something")

    monkeypatch.setattr(building, "_run_sphinx", run)
    return runs


def built(folder: Path, monkeypatch: pytest.MonkeyPatch, text: bytes) -> bytes:
    monkeypatch.setattr(building, "source_of_the_book", lambda: {"index.md": text})
    return build(folder).read_bytes()


def test_made_anew_only_if_something_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: list[dict]):
    assert built(tmp_path, monkeypatch, b"one") == b"one"
    assert built(tmp_path, monkeypatch, b"one") == b"one"
    assert len(made) == 1
    assert built(tmp_path, monkeypatch, b"two") == b"two"
    assert len(made) == 2
    assert not (tmp_path / "work").exists()


def test_the_book_that_was_there_outlives_a_broken_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: list):
    built(tmp_path, monkeypatch, b"one")
    with pytest.raises(RuntimeError):
        built(tmp_path, monkeypatch, b"broken")
    assert (tmp_path / "html" / "index.html").read_bytes() == b"one"
    assert built(tmp_path, monkeypatch, b"two") == b"two"


@pytest.mark.parametrize("changed", ["static/book.css", "conf.py", "build.py"])
def test_looks_and_settings_count_as_well(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, changed: str):
    (tmp_path / "static").mkdir()
    for name in ("conf.py", "build.py", "static/book.css"):
        (tmp_path / name).write_bytes((HERE / name).read_bytes())
    monkeypatch.setattr(building, "HERE", tmp_path)
    before = fingerprint({})
    (tmp_path / changed).write_text("")
    assert fingerprint({}) != before


@pytest.mark.parametrize("maker", ["sphinx", "myst-nb", "myst-parser", "furo", "pygments"])
def test_the_programs_that_make_it_count_as_well(monkeypatch: pytest.MonkeyPatch, maker: str):
    before = fingerprint({})
    monkeypatch.setattr(metadata, "version", lambda name, real=metadata.version: "0" if name == maker else real(name))
    assert fingerprint({}) != before


def test_files_are_read_as_utf_8_whatever_the_machine_takes_for_usual():
    modules = {path: path.read_text(encoding="utf-8") for path in HERE.rglob("*.py")}
    assert modules
    assert [path for path, source in modules.items() if ".read_text()" in source] == []


def test_without_the_packages_that_make_it_words_say_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    without = ("jupyter_server_mathjax", "sphinx")
    monkeypatch.setattr(building, "find_spec", lambda name: None if name in without else name)
    with pytest.raises(SystemExit, match=r"found no jupyter_server_mathjax, sphinx.*pip install --group book"):
        main([str(tmp_path)])
    assert not list(tmp_path.iterdir())


def test_words_for_the_program_are_no_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.chdir(tmp_path)
    for words in (["--help"], ["--fast"]):
        with pytest.raises(SystemExit):
            main(words)
    assert not list(tmp_path.iterdir())


def test_without_a_repository_words_say_what_to_take(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(building, "repository", lambda: None)
    with pytest.raises(SystemExit, match=r"found no repository.*take the whole repository"):
        main([str(tmp_path)])


def test_what_stops_sphinx_is_said_in_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    from sphinx.errors import ThemeError

    def stop(*_: object, **__: object) -> None:
        raise ThemeError("no theme named 'furo' found")

    monkeypatch.setattr("sphinx.application.Sphinx", stop)
    monkeypatch.setattr(building, "source_of_the_book", lambda: {"index.md": b"# Book"})
    with pytest.raises(SystemExit, match=r"Sphinx stopped: no theme named 'furo' found; mend"):
        main([str(tmp_path)])
    assert not (tmp_path / "html").exists()


def test_nothing_is_executed_and_nothing_is_fetched():
    settings = runpy.run_path(str(HERE / "conf.py"))
    assert settings["nb_execution_mode"] == "off"
    assert settings["nitpicky"]
    assert "://" not in (HERE / "conf.py").read_text()
    own = [path.read_text() for path in (HERE / "static").iterdir() if path.suffix in (".css", ".js")]
    assert len(own) == 2
    assert not any("//" in text.replace("// ", "") for text in own)


def test_mathjax_is_there():
    files = mathjax()
    settings = runpy.run_path(str(HERE / "conf.py"))
    assert f"_static/{settings['mathjax_path']}" in files
    assert {f"_static/mathjax/config/{name}" for name in settings["mathjax2_config"]["config"]} <= files.keys()
    assert sum(name.endswith(".woff") for name in files) > 10
    assert sum(map(len, files.values())) < 3e6

"""The web book: source gathered, Sphinx run over it, without a network."""

import hashlib
import os
import shutil
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from lab.book.source import source_of_the_book
from lab.folders import repository, write_whole

HERE = Path(__file__).parent
NEEDED = ("furo", "jupyter_server_mathjax", "myst_nb", "sphinx")  # the packages of the group "book"
MAKERS = ("sphinx", "myst-nb", "myst-parser", "furo", "pygments")


def build(folder: Path) -> Path:
    """Make the book anew, if anything that it is made of has changed.

    Args:
        folder: gets ``html``, the book; the one that was there stays until the new one is whole.

    Returns:
        The book's first page.

    Raises:
        ValueError: a link into nowhere, in words.
        RuntimeError: what makes the book is not here, or Sphinx found something wrong; in words.
    """
    check_that_it_can_be_made()
    folder = folder.resolve()
    content = source_of_the_book()
    html, made_of = folder / "html", fingerprint(content)
    stamp = folder / "made_of"
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != made_of or not (html / "index.html").is_file():
        stamp.unlink(missing_ok=True)
        work = folder / "work"
        shutil.rmtree(work, ignore_errors=True)
        _run_sphinx(content, work)
        shutil.rmtree(html, ignore_errors=True)
        os.replace(work / "html", html)
        shutil.rmtree(work)
        write_whole(stamp, made_of.encode())
    return html / "index.html"


def check_that_it_can_be_made() -> None:
    """Before anything is read or written.

    Raises:
        RuntimeError: no repository around this code, or a package is missing; what to do.
    """
    if repository() is None:
        raise RuntimeError(
            "found no repository around the installed lab, expected its notebooks and README.md beside the code; "
            "take the whole repository, and in it say: make book"
        )
    if missing := [name for name in NEEDED if not find_spec(name)]:
        raise RuntimeError(
            f"found no {', '.join(missing)}, which make the book; in the repository say: make book  (it brings them), "
            "or: pip install --group book  (pip 25.1 or newer)"
        )


def fingerprint(content: Mapping[str, bytes]) -> str:
    """Of all that the book is made of: its source, its settings and looks, and the programs that make it.

    What gathers the source shows in the source; how Sphinx is called shows only in this file.
    """
    from importlib.metadata import version

    digest = hashlib.sha256()
    files = (HERE / "build.py", HERE / "conf.py", *HERE.glob("static/*"))
    own = {path.relative_to(HERE).as_posix(): path.read_bytes() for path in files}
    for name, data in sorted({**content, **own}.items()):
        digest.update(name.encode() + b"\0" + hashlib.sha256(data).digest())
    return digest.hexdigest() + "".join(f" {name} {version(name)}" for name in MAKERS)


def _run_sphinx(content: Mapping[str, bytes], work: Path) -> None:
    from sphinx.application import Sphinx
    from sphinx.errors import SphinxError

    source = work / "source"
    for name, data in content.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes(data)
    looks = {"html_static_path": [str(HERE / "static"), str(source / "_static")]}
    out, trees = work / "html", work / "doctrees"
    try:
        app = Sphinx(source, HERE, out, trees, "html", confoverrides=looks, warningiserror=True, status=None)
        app.build()
    except SphinxError as problem:
        raise RuntimeError(f"Sphinx stopped: {problem}; mend what {source} was made of") from problem
    if app.statuscode:
        raise RuntimeError(f"Sphinx found what is said above in {source}; mend the file that it was made of")

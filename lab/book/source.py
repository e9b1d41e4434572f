"""What Sphinx reads: pages with their links turned, pictures, listings, and what draws formulas and living figures."""

import tempfile
from functools import partial
from importlib.resources import files
from pathlib import Path

from lab.book.alive import live_figures, write_static
from lab.book.listing import code_page
from lab.book.notebooks import as_page
from lab.book.plan import REPOSITORY, Plan, plan

# Of MathJax what formulas in TeX need: a fifth of it.
MATHJAX = (
    "LICENSE",
    "MathJax.js",
    "config/TeX-AMS-MML_HTMLorMML-full.js",
    "extensions/AssistiveMML.js",
    "extensions/MathEvents.js",
    "extensions/toMathML.js",
    "extensions/TeX/*.js",
    "jax/element/mml/optable/*.js",
    "jax/output/HTML-CSS/**/*.js",
    "fonts/HTML-CSS/STIX-Web/woff/*.woff",
)


def source_of_the_book(repository: Path = REPOSITORY) -> dict[str, bytes]:
    """All that Sphinx reads: path -> content.

    Raises:
        ValueError: a link into nowhere, or a living figure for a cell that is not there.
    """
    book = plan(repository)
    content = {book.places[path]: (repository / path).read_bytes() for path in book.files}
    content |= {book.places[path]: code_page(path, source).encode() for path, source in book.code.items()}
    return content | pages(book) | mathjax() | alive()


def pages(book: Plan) -> dict[str, bytes]:
    """Notebooks and Markdown, and the notebooks' pictures."""
    content: dict[str, bytes] = {}
    figures = live_figures()
    for path, text in book.texts.items():
        turned = partial(book.relink, origin=path)
        if path.suffix == ".ipynb":
            living = {figure.cell: figure.html("_static/alive") for figure in figures if figure.notebook == path.stem}
            text, pictures = as_page(text, turned, living)
            content |= pictures
        else:
            text = turned(text)
        content[book.places[path]] = text.encode()
    return content


def mathjax() -> dict[str, bytes]:
    """What draws the formulas, out of the package that brings it for Jupyter's older servers."""
    folder = Path(str(files("jupyter_server_mathjax"))) / "static"
    found = {path for pattern in MATHJAX for path in folder.glob(pattern)}
    return {f"_static/mathjax/{path.relative_to(folder).as_posix()}": path.read_bytes() for path in found}


def alive() -> dict[str, bytes]:
    """What the living figures need beside their HTML."""
    with tempfile.TemporaryDirectory() as folder:
        write_static(Path(folder))
        files = [path for path in Path(folder).rglob("*") if path.is_file()]
        return {f"_static/alive/{path.relative_to(folder).as_posix()}": path.read_bytes() for path in files}

"""What stands where in the book: pages, the code and the files that they link to."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from lab.book.links import linked, relink
from lab.book.listing import sections_of

REPOSITORY = Path(__file__).resolve().parents[2]
README, SECURITY = PurePosixPath("README.md"), PurePosixPath("SECURITY.md")
METHOD = ("embedding", "lovasz", "losses", "erfnet", "clustering")  # the heart: in the book, linked or not


@dataclass(frozen=True)
class Plan:
    """Paths are the repository's, with forward slashes; a package may stand for its ``__init__``.

    Attributes:
        pages: path of each page -> its name in the book.
        texts: path of each page -> content of its file.
        code: path as linked -> source of the file of code.
        files: what else is linked, to be downloaded or seen.
    """

    pages: dict[PurePosixPath, str]
    texts: dict[PurePosixPath, str]
    code: dict[PurePosixPath, str]
    files: frozenset[PurePosixPath]

    @cached_property
    def places(self) -> dict[PurePosixPath, str]:
        """Path -> path in the book's source."""
        listings = {path: f"code/{path.with_suffix('')}.md" for path in self.code}
        return self.pages | listings | {path: f"files/{path}" for path in self.files}

    @cached_property
    def sections(self) -> dict[PurePosixPath, frozenset[str]]:
        """Path of code -> functions and classes that its page has a section for."""
        return {path: sections_of(source) for path, source in self.code.items()}

    def relink(self, markdown: str, origin: PurePosixPath) -> str:
        """A page's text with its links turned to the book; raises ValueError for one into nowhere."""
        return relink(markdown, origin, self.places | {README: "index.md"}, self.sections)


def plan(repository: Path = REPOSITORY) -> Plan:
    """All notebooks, the pages beside this file, both READMEs, the note on security, and what they link to."""
    found = [*sorted(repository.glob("notebooks/*.ipynb")), *sorted(repository.glob("lab/book/pages/*.md"))]
    pages = {README: "readme.md", PurePosixPath("data/README.md"): "data.md", SECURITY: "security.md"}
    pages |= {PurePosixPath(path.relative_to(repository).as_posix()): path.name for path in found}
    texts = {path: (repository / path).read_text(encoding="utf-8") for path in pages}
    others = {target for path, text in texts.items() for target in linked(prose(path, text), path)} - pages.keys()
    others |= {PurePosixPath("lab", f"{name}.py") for name in METHOD}
    modules = {path: module for path in others if (module := _module(repository / path))}
    code = {path: module.read_text(encoding="utf-8") for path, module in sorted(modules.items())}
    return Plan(pages, texts, code, frozenset(p for p in others - code.keys() if (repository / p).is_file()))


def prose(path: PurePosixPath, text: str) -> str:
    """What of a page is Markdown."""
    if path.suffix != ".ipynb":
        return text
    cells = json.loads(text)["cells"]
    return "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")


def _module(path: Path) -> Path | None:
    """The file of code that a link means; for a package its ``__init__``."""
    if (path / "__init__.py").is_file():
        return path / "__init__.py"
    return path if path.suffix == ".py" and path.is_file() else None

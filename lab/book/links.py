"""Links between files of the repository, made into links between pages of the book."""

import posixpath
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

# The end of a Markdown link or picture, ](path#anchor "title"), whose path is no address and no mere anchor.
LINK = r"\]\((?P<path>(?![a-z]+:)[^)\s#]+)(?P<anchor>#[^)\s]*)?(?P<title>\s+\"[^\"]*\")?\)"
# Code, in which nothing is a link: between lines of three ticks or tildes, between ticks within a paragraph.
FENCED = r"^[ \t>]*(?P<fence>`{3,}(?=[^`\n]*$)|~{3,}).*?(?:^[ \t>]*(?P=fence)[`~]*[ \t]*$|\Z)"
SPAN = r"(?<![\\`])(?P<ticks>`+)(?!`)(?:(?!\n[ \t]*\n).)+?(?<!`)(?P=ticks)(?!`)"
CODE_OR_LINK = re.compile(f"{FENCED}|{SPAN}|{LINK}", re.MULTILINE | re.DOTALL)
# What such a link is called, if it is a name of the code: [`losses.seed_term`](…
NAMED = re.compile(r"\[`(?:\w+\.)*(?P<name>\w+)`$")


def linked(markdown: str, origin: PurePosixPath) -> Iterator[PurePosixPath]:
    """The files that a page names, as paths of the repository, one for each link."""
    for found in CODE_OR_LINK.finditer(markdown):
        if found["path"]:
            yield resolve(found["path"], origin)


def resolve(path: str, origin: PurePosixPath) -> PurePosixPath:
    """What a relative path means in the file ``origin``."""
    return PurePosixPath(posixpath.normpath(origin.parent / path))


def relink(
    markdown: str,
    origin: PurePosixPath,
    places: Mapping[PurePosixPath, str],
    sections: Mapping[PurePosixPath, frozenset[str]],
) -> str:
    """The same page with its links to files of the repository turned to their places in the book.

    Args:
        markdown: of the page.
        origin: path of its file.
        places: path in the repository -> path in the book's source, both with ending.
        sections: path of a file of code -> the functions and classes that its page has a section for.

    Raises:
        ValueError: a link to something that has no place in the book.
    """

    def moved(link: re.Match[str]) -> str:
        if not link["path"]:
            return link[0]
        target = resolve(link["path"], origin)
        if target not in places:
            raise ValueError(
                f"{origin}: found a link to {link['path']}, expected a file of the repository; mend the link"
            )
        named = NAMED.search(markdown[: link.start()])
        section = f"#{named['name'].lower()}" if named and named["name"] in sections.get(target, ()) else ""
        return f"]({places[target]}{link['anchor'] or section}{link['title'] or ''})"

    return CODE_OR_LINK.sub(moved, markdown)

"""What the built pages refer to."""

import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

OUTSIDE = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?//", re.IGNORECASE)
CSS_ADDRESS = re.compile(r"""url\(\s*['"]?([^'")]+)|@import\s+['"]([^'"]+)""")


class Page(HTMLParser):
    """A page's links, what it loads by itself, its anchors and its pictures."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path, self.links, self.loads, self.anchors, self.pictures = path, [], [], set(), []
        self.feed(path.read_text())

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        named = dict(attributes)
        self.anchors |= {named[name] for name in ("id", "name") if named.get(name)}
        if "href" in named and tag == "a":
            self.links.append(named["href"])
        elif "href" in named and tag not in ("use", "base"):
            self.loads.append(named["href"])
        self.loads += [named[name] for name in ("src", "srcset", "poster", "data") if named.get(name)]
        self.loads += addresses_in(named.get("style") or "")
        if tag == "img":
            self.pictures.append(named)


@cache
def page_at(path: Path) -> Page:
    return Page(path)


def addresses_in(css: str) -> list[str]:
    """What a style sheet loads, pictures written into it left out."""
    found = [first or second for first, second in CSS_ADDRESS.findall(css)]
    return [address for address in found if not address.startswith(("data:", "#"))]


def dangling(page: Page) -> Iterator[str]:
    """Links of the page within the book that lead nowhere."""
    for link in page.links + page.loads:
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            continue
        target = (page.path.parent / unquote(parts.path)).resolve() if parts.path else page.path
        if not target.is_file() or (parts.fragment and not has_anchor(target, unquote(parts.fragment))):
            yield f"{page.path.name}: {link}"


def has_anchor(path: Path, name: str) -> bool:
    return path.suffix != ".html" or name in page_at(path).anchors

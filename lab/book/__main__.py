"""Make the web book:  python -m lab.book [OUT]"""

import argparse
import sys
from pathlib import Path

from lab.book.build import build
from lab.book.plan import REPOSITORY


def main(arguments: list[str]) -> None:
    """Build, and say where the book is, how large, and how to open it."""
    parser = argparse.ArgumentParser("python -m lab.book", description="Make the web book, offline.")
    parser.add_argument("out", nargs="?", type=Path, default=REPOSITORY / "build" / "book", help="its folder")
    try:
        index = build(parser.parse_args(arguments).out)
    except (OSError, RuntimeError, ValueError) as problem:
        sys.exit(f"book: {problem}")
    files = [path for path in index.parent.rglob("*") if path.is_file()]
    megabytes = sum(path.stat().st_size for path in files) / 1e6
    print(
        f"book: {len(list(index.parent.rglob('*.html')))} pages, {megabytes:.1f} MB; open {index} in a browser, "
        f"or type:  {Path(sys.executable).name} -m http.server --bind 127.0.0.1 --directory {index.parent}"
    )


if __name__ == "__main__":
    main(sys.argv[1:])

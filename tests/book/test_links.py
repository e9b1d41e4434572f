"""Links between files of the repository become links between pages; every link of every page leads somewhere."""

from pathlib import PurePosixPath

import pytest

from lab.book.links import linked, relink
from lab.book.plan import REPOSITORY, Plan, plan, prose

PLACES = {
    PurePosixPath("notebooks/05_seed_maps.ipynb"): "05_seed_maps.ipynb",
    PurePosixPath("lab/losses.py"): "code/lab/losses.md",
    PurePosixPath("data/pictures/a.png"): "files/data/pictures/a.png",
    PurePosixPath("README.md"): "index.md",
}
SECTIONS = {PurePosixPath("lab/losses.py"): frozenset({"seed_term", "Instance"})}
PAGE = PurePosixPath("lab/book/pages/page.md")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[05](../../../notebooks/05_seed_maps.ipynb)", "[05](05_seed_maps.ipynb)"),
        ("[05](../../../notebooks/05_seed_maps.ipynb#target)", "[05](05_seed_maps.ipynb#target)"),
        ('![a](../../../data/pictures/a.png "A")', '![a](files/data/pictures/a.png "A")'),
        ("[readme](../../../README.md)", "[readme](index.md)"),
        ("[losses](../../losses.py)", "[losses](code/lab/losses.md)"),
        ("[`losses.seed_term`](../../losses.py)", "[`losses.seed_term`](code/lab/losses.md#seed_term)"),
        ("[`losses.Instance`](../../losses.py)", "[`losses.Instance`](code/lab/losses.md#instance)"),
        ("[`losses.no_such`](../../losses.py)", "[`losses.no_such`](code/lab/losses.md)"),
        ("[out](https://arxiv.org/abs/1906.11109)", "[out](https://arxiv.org/abs/1906.11109)"),
        ("[mail](mailto:a@b.c) [here](#below)", "[mail](mailto:a@b.c) [here](#below)"),
    ],
)
def test_a_link_is_turned(before: str, after: str):
    assert relink(f"See {before}.", PAGE, PLACES, SECTIONS) == f"See {after}."


@pytest.mark.parametrize(
    "code",
    [
        "`[it](../gone.md)`",
        "``a ` and [it](../gone.md)``",
        "`over\ntwo [lines](../gone.md)`",
        "\n```\n[it](../gone.md)\n\nand `one tick\n```\n",
        "\n- in a list\n\n  ~~~ markdown\n  [it](../gone.md)\n  ~~~\n",
        "\n```\n[it](../gone.md) to the end",
    ],
)
def test_code_is_left_alone(code: str):
    link = "[05](../../../notebooks/05_seed_maps.ipynb)"
    page = f"See {link}, {code}"
    assert list(linked(page, PAGE)) == [PurePosixPath("notebooks/05_seed_maps.ipynb")]
    assert relink(page, PAGE, PLACES, SECTIONS) == page.replace(link, "[05](05_seed_maps.ipynb)")


@pytest.mark.parametrize(
    "before", ["a lone ` tick,", r"\` two escaped \`,", "`code`,", "one `\n\nparagraph `", "```\ncode\n```\n"]
)
def test_behind_code_links_are_turned(before: str):
    assert relink(f"{before} [l](../../losses.py)", PAGE, PLACES, SECTIONS).endswith(" [l](code/lab/losses.md)")


def test_a_link_into_nowhere_is_named_with_its_page():
    with pytest.raises(ValueError, match=r"pages/page\.md: found a link to \.\./gone\.md, expected a file"):
        relink("See [it](../gone.md).", PAGE, PLACES, SECTIONS)


def test_what_a_page_links_to():
    text = "[a](../../losses.py) ![b](b.png) [c](https://x.org) [d](#e)"
    assert list(linked(text, PAGE)) == [PurePosixPath("lab/losses.py"), PurePosixPath("lab/book/pages/b.png")]


@pytest.fixture(scope="module")
def book() -> Plan:
    return plan()


def test_every_notebook_and_page_is_in_the_book(book: Plan):
    names = set(book.pages.values())
    assert {path.name for path in (REPOSITORY / "notebooks").glob("*.ipynb")} <= names
    others = ("index", "glossary", "claims", "teaching", "results", "data", "code", "security")
    assert {f"{name}.md" for name in others} <= names
    assert len(names) == len(book.pages)  # no two under one name


def test_every_link_leads_to_something(book: Plan):
    for path, text in book.texts.items():
        book.relink(prose(path, text), path)


def test_the_notebooks_link_to_each_other(book: Plan):
    first = PurePosixPath("notebooks/00_start_here.ipynb")
    assert "(01_pixels_that_point.ipynb)" in book.relink(prose(first, book.texts[first]), first)


def test_the_method_is_there_to_be_read(book: Plan):
    assert {PurePosixPath(f"lab/{name}.py") for name in ("embedding", "lovasz", "losses", "erfnet")} <= book.code.keys()
    assert "SpatialEmbeddingLoss" in book.sections[PurePosixPath("lab/losses.py")]


def test_a_package_stands_for_its_init(book: Plan):
    speed = PurePosixPath("lab/speed")
    assert book.code[speed] == (REPOSITORY / speed / "__init__.py").read_text()
    assert book.places[speed] == "code/lab/speed.md"

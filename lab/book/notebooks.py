"""A committed notebook, made ready to be a page: pictures as files with their words, living figures in their place."""

import json
import re
from base64 import b64decode
from collections.abc import Callable, Mapping
from hashlib import sha256
from html import escape
from io import BytesIO
from typing import Any

from PIL import Image

# The last words of the sentence that a figure leaves behind for pages without a kernel (lab.widgets.live).
MOVES = " Run the notebook to make it live."
STILLS = "_static/stills"
ENDINGS = {"image/png": "png", "image/jpeg": "jpg"}
GUESS = re.compile(r"^my_\w+ = \.\.\.", re.MULTILINE)


def as_page(
    notebook: str, relink: Callable[[str], str], living: Mapping[str, str] | None = None
) -> tuple[str, dict[str, bytes]]:
    """The notebook as the book's source has it, and the files of its pictures.

    Args:
        notebook: content of the file.
        relink: turns the links of a Markdown cell.
        living: cell id -> HTML of a figure that lives without a kernel, in the place of all the cell's outputs.

    Returns:
        Content of the file, and path -> bytes of the pictures.  A picture that is shown twice is there once.

    Raises:
        ValueError: ``living`` names a cell that the notebook does not have.
    """
    page = json.loads(notebook)
    living = dict(living or {})
    pictures: dict[str, bytes] = {}
    for cell in page["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = relink("".join(cell["source"]))
        if cell["cell_type"] == "code":
            if _is_the_readers(cell):
                cell["metadata"]["tags"] = [*cell["metadata"].get("tags", []), "yours"]
            if alive := living.pop(cell["id"], None):
                cell["outputs"] = [html_output(alive)]
            cell["outputs"] = [_with_picture_as_file(output, pictures) for output in cell["outputs"]]
    if living:
        raise ValueError(f"found no cells {sorted(living)}, which living figures were to take; set right their ids")
    return json.dumps(page, ensure_ascii=False), pictures


def _is_the_readers(cell: dict[str, Any]) -> bool:
    """Whether the cell waits for a guess, or for an exercise's answer."""
    tags = cell["metadata"].get("tags", ())
    return any(tag.startswith("exercise:") for tag in tags) or bool(GUESS.search("".join(cell["source"])))


def html_output(html: str) -> dict[str, Any]:
    """An output that is nothing but HTML."""
    return {"output_type": "display_data", "metadata": {}, "data": {"text/html": html}}


def _with_picture_as_file(output: dict[str, Any], pictures: dict[str, bytes]) -> dict[str, Any]:
    """An output with a picture becomes HTML that shows it, and ``pictures`` gets the file; any other stays."""
    mime = next((kind for kind in ENDINGS if kind in output.get("data", {})), None)
    if mime is None:
        return output
    picture = b64decode("".join(output["data"][mime]))
    path = f"{STILLS}/{sha256(picture).hexdigest()[:16]}.{ENDINGS[mime]}"
    pictures[path] = picture
    words = "".join(output["data"]["text/plain"])
    alt = output["metadata"].get(mime, {}).get("alt", words)
    width = output["metadata"].get(mime, {}).get("width")
    return html_output(still(path, picture, alt, width, moves=words.endswith(MOVES)))


def still(path: str, picture: bytes, alt: str, width: int | None, *, moves: bool) -> str:
    """HTML of a still picture; one of a figure that moves elsewhere says so, and says what is to be seen."""
    columns, rows = Image.open(BytesIO(picture)).size
    width = width or columns
    size = f'width="{width}" height="{round(rows * width / columns)}"'
    image = f'<img src="{path}" alt="{escape(alt)}" {size} loading="lazy">'
    # The sentence is the picture's alternative already: nobody is to hear it twice.
    caption = (
        f'<figcaption><span aria-hidden="true">{escape(alt)}</span> '
        "<em>A still picture: this figure moves in JupyterLab.</em></figcaption>"
    )
    return f'<figure class="still">{image}{caption if moves else ""}</figure>'

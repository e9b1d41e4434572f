"""From ES modules to one plain script: a page that is opened from a file may not import modules."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

LAB = Path(__file__).resolve().parents[2]
IMPORT = re.compile(r'(?m)^((?:import|export)\b[^";]*?from )"(\.[^"]+)"')


def bundle(loader: Path, first: str, fronts: Mapping[str, str]) -> str:
    """The loader with every module in it that the ``first`` one and the fronts import, directly or not.

    Modules are named by their path below lab/, as "book/alive/mount.js".

    Raises:
        ValueError: modules import each other in a circle.
        FileNotFoundError: a module imports what is not there.
    """
    modules: dict[str, str] = {}
    for name in (first, *fronts.values()):
        collect(name, modules, ())
    script = loader.read_text(encoding="utf-8")
    script = script.replace("/* MODULES */ []", as_script(list(modules.items())), 1)
    return script.replace("/* FRONTS */ {}", as_script(dict(fronts)), 1)


def collect(name: str, modules: dict[str, str], waiting: tuple[str, ...]) -> None:
    """Add a module to ``modules``, after all that it imports; ``waiting`` are those that import it."""
    if name in modules:
        return
    if name in waiting:
        raise ValueError(f"{name}: imports itself, by way of {' and '.join(waiting[waiting.index(name) :])}.")
    path = LAB / name
    text = path.read_text(encoding="utf-8")
    for _, address in IMPORT.findall(text):
        collect(resolve(path, address), modules, (*waiting, name))
    modules[name] = IMPORT.sub(lambda found: f'{found[1]}"lab:{resolve(path, found[2])}"', text)


def resolve(path: Path, address: str) -> str:
    """The name of the module that the one at ``path`` imports as ``address``.

    Raises:
        FileNotFoundError: there is none.
    """
    target = (path.parent / address).resolve()
    if not target.is_file():
        raise FileNotFoundError(f"{path}: imports {address!r}; expected a file at {target}.")
    return target.relative_to(LAB).as_posix()


def as_script(value: object) -> str:
    """JSON that may stand inside of a script element, too."""
    return json.dumps(value, ensure_ascii=False).replace("</", "<\\/")

"""Whether an answer is a learner's own work: which of the lab's functions it runs while it is judged.

For graded work.  An answer may call what its exercise gives it to build on, and nothing else of the lab, by whatever
name and from wherever it was imported.  It keeps honest people honest; a program that runs beside others in one process
cannot be kept from everything.
"""

import functools
import os
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import PurePath
from types import FrameType
from typing import Any

import lab
from lab.exercises.guard import Trouble


class NotOwn(Trouble):
    """The answer ran a function of the lab that it was not to run."""


def own_work(answer: Callable[..., Any], may_call: Sequence[str]) -> Callable[..., Any]:
    """The answer, which fails if it runs the lab's code beyond ``may_call``.

    Whether it does is asked when it has come to its end, so that no ``except`` of its own hides it.

    Args:
        answer: the learner's function.
        may_call: names as "lab.embedding.membership", or of a whole module.  What these call in turn is theirs.

    Raises:
        NotOwn: by the function returned.
    """

    @functools.wraps(answer)
    def watched(*arguments: Any, **options: Any) -> Any:
        met: list[str] = []
        note = functools.partial(_note_call, met, tuple(may_call), _folders())
        before, in_threads = sys.getprofile(), threading.getprofile()
        threading.setprofile(note)  # of those that begin meanwhile
        sys.setprofile(note)
        try:
            return answer(*arguments, **options)
        finally:
            sys.setprofile(before)
            threading.setprofile(in_threads)
            if met:
                raise NotOwn(_tell(met[0], may_call))

    return watched


def _note_call(
    met: list[str], may_call: tuple[str, ...], folders: tuple[str, ...], frame: FrameType, event: str, _: Any
) -> None:
    """Keep the name of a function of the lab that begins, unless something that may be called has called it."""
    if event != "call" or met or not (name := _name(frame, folders)):
        return
    above: FrameType | None = frame
    while above is not None and not _is_watch(above):
        if _may(_name(above, folders), may_call):
            return
        above = above.f_back
    met.append(name)


def _may(name: str, may_call: tuple[str, ...]) -> bool:
    # <module>: something is imported for the first time, which is not yet to use it.
    return name.endswith(".<module>") or any(name == one or name.startswith(f"{one}.") for one in may_call)


def _folders() -> tuple[str, ...]:
    """Where the lab's files lie, with a slash at the end."""
    return tuple(os.path.join(folder, "") for folder in lab.__path__)


def _name(frame: FrameType, folders: tuple[str, ...]) -> str:
    """The name of a function of the lab, as "lab.embedding.membership"; empty for others.

    The module is told by the names that it sees and, since these can be given anew, by the file that it was read from.
    """
    module, file = str(frame.f_globals.get("__name__", "")), frame.f_code.co_filename
    if module.split(".")[0] != "lab":
        folder = next((one for one in folders if file.startswith(one)), None)
        if folder is None:
            return ""
        module = ".".join(("lab", *PurePath(file.removeprefix(folder)).with_suffix("").parts))
    return f"{module}.{frame.f_code.co_qualname}"


def _is_watch(frame: FrameType) -> bool:
    return frame.f_code.co_qualname == "own_work.<locals>.watched"


def _tell(met: str, may_call: Sequence[str]) -> str:
    return f"it runs {met}, the lab's own code. In graded work yours may call, of the lab, {to_build_on(may_call)}."


def to_build_on(may_call: Sequence[str]) -> str:
    """What an answer may call, in words: without what its check hands to it anyway."""
    return ", ".join(name for name in may_call if not name.startswith("lab.exercises.")) or "nothing"

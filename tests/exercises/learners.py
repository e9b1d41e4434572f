"""Wrong answers as learners write them: a solution in torch with a line or two changed."""

import inspect
import sys
import textwrap
from collections.abc import Callable


def rewritten(solution: Callable, *changes: tuple[str, str]) -> Callable:
    """The solution, its code changed (old, new) and run anew, without the checks of its shapes."""
    function = inspect.unwrap(solution)
    code = textwrap.dedent(inspect.getsource(function))
    for old, new in changes:
        assert code.count(old) == 1, f"{old!r} stands {code.count(old)} times in\n{code}"
        code = code.replace(old, new)
    names = dict(vars(sys.modules[function.__module__]))
    exec(code, names)
    return inspect.unwrap(names[function.__name__])

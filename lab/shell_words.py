"""Commands that a person is advised to type: a name with spaces or signs stands in quotes, as the shell wants them."""

import os
import shlex
import subprocess
from pathlib import Path


def shell_words(*words: str | Path) -> str:
    """The words of a command in one line, each quoted where it has to be."""
    texts = [str(word) for word in words]
    return subprocess.list2cmdline(texts) if os.name == "nt" else shlex.join(texts)

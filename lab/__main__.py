"""The command line of the lab: ``python -m lab COMMAND``.  Commands import their modules late, so `--help` is quick.

Imported in the order in which ``--help`` lists the commands.
"""

# ruff: noqa: I001, F401
import sys

try:
    from lab.cli.app import app
    from lab.cli import data
    from lab.cli import train
    from lab.cli import evaluate
    from lab.cli import explore
    from lab.cli import oracle
    from lab.cli import failures
    from lab.cli import ablate
    from lab.cli import baseline
    from lab.cli import convert
    from lab.cli import export
    from lab.cli import speed
except KeyboardInterrupt:
    sys.stderr.write("Stopped before anything began.\n")
    sys.exit(130)

if __name__ == "__main__":
    app()

"""The command line of the lab: ``python -m lab COMMAND``.  Commands import their modules late, so `--help` is quick."""

import typer

app = typer.Typer(no_args_is_help=True, help=__doc__)

if __name__ == "__main__":
    app()

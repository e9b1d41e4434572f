"""The command line of the lab: ``python -m lab COMMAND``.  Commands import their modules late, so `--help` is quick."""

import typer

app = typer.Typer(no_args_is_help=True, help=__doc__)


@app.command()
def doctor() -> None:
    """Say what this machine has and what is missing."""
    from lab.doctor import main

    raise typer.Exit(main())


if __name__ == "__main__":
    app()

"""``python -m lab.course OUT``: write what a class is given."""

from pathlib import Path
from typing import Annotated

import typer

from lab.cli.app import plain_errors

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


@app.command()
@plain_errors
def course(
    out: Annotated[Path, typer.Argument(help="Folder to write; it must not be there yet, or be empty.")],
    try_grading: Annotated[
        str,
        typer.Option(
            metavar="NUMBERS",
            help='Then grade, with nbgrader, three made-up students of these notebooks ("3", "1,3,7" or "all"): one '
            "who solved everything, one who did nothing, one who imports the library's answers. Needs `make nbgrader`.",
        ),
    ] = "",
) -> None:
    """Write two releases of the course: one to practise with, and one for graded work, without the answers.

    OUT/READ_ME.md says what is where.
    """
    from lab.course import trial
    from lab.course.release import write_course

    numbers = trial.chosen(try_grading)
    grader = trial.find_nbgrader() if numbers else None
    write_course(out)
    typer.echo(f"written: {out}. What is where: {out / 'READ_ME.md'}")
    if grader:
        for number in numbers:
            for line in trial.try_grading(out, number, grader):
                typer.echo(line)


if __name__ == "__main__":
    app()

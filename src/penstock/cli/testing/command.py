"""`penstock test`: unit tests of pipelines. Expands and simulates; runs nothing."""

from __future__ import annotations

import sys
from pathlib import Path
from time import perf_counter

import click

from penstock.cli.exits import Exit
from penstock.cli.options import Failure, folder_option, wants_color, working_folder

_BY_SUFFIX = {".json": "json", ".xml": "junit", ".sarif": "sarif"}


@click.command(short_help="unit tests of pipelines: expand, simulate, assert; nothing is run")
@click.argument("paths", nargs=-1)
@folder_option
@click.option("-k", "words", metavar="TEXT", help="only tests with this in their file or name")
@click.option("--update-snapshots", is_flag=True, help="write the snapshots anew")
@click.option(
    "--fail-under",
    type=click.FloatRange(0, 100),
    default=0.0,
    metavar="PERCENT",
    help="fail when fewer branches of ${{ if }} and ${{ each }} are taken",
)
@click.option(
    "--report",
    "reports",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="also write a .xml (JUnit), .sarif or .json report; can be repeated",
)
@click.option(
    "-o", "--output", "form", type=click.Choice(["text", "json", "junit", "sarif"]), default="text"
)
def command(
    paths: tuple[str, ...],
    folder: Path | None,
    words: str | None,
    update_snapshots: bool,
    fail_under: float,
    reports: tuple[Path, ...],
    form: str,
) -> int:
    """Run the tests in PATHS (this folder where none is named): files *.pipeline-test.yml, and
    Python tests that take the fixture `pipeline`.

    Exit code 1 when a test fails or too few branches are taken, 3 when there are no tests, 4 when a
    test file is not valid.
    """
    from penstock.cli.explaining.evaluated import painter
    from penstock.cli.testing.discovery import find_tests
    from penstock.cli.testing.reports import ending, in_form, outcome_line
    from penstock.cli.testing.session import Session

    kinds = [_form_of(path) for path in reports]
    start = working_folder(folder)
    color = wants_color(sys.stdout)
    paint = painter(color)
    session = Session(words=words or "", update=update_snapshots)
    began = perf_counter()
    title = ""
    for outcome in session.outcomes(find_tests(start, paths)):
        if form != "text":
            continue
        if outcome.file != title:
            click.echo(("\n" if title else "") + outcome.file, color=color)
            title = outcome.file
        click.echo(outcome_line(outcome, paint), color=color)
    report = session.report(perf_counter() - began, fail_under)
    if form == "text":
        click.echo(("\n" if title else "") + ending(report, paint, color=color), color=color)
    else:
        click.echo(in_form(report, form))
    for path, kind in zip(reports, kinds, strict=True):
        _write(start, path, in_form(report, kind))
    if report.invalid:
        return Exit.INVALID
    return Exit.FAILED if report.failed or not report.is_covered else Exit.OK


def _form_of(path: Path) -> str:
    kind = _BY_SUFFIX.get(path.suffix.casefold())
    if kind is None:
        message = f'--report: "{path}" does not end in {", ".join(_BY_SUFFIX)}'
        raise Failure(message, "the end of the name says what is written", Exit.USAGE)
    return kind


def _write(folder: Path, path: Path, text: str) -> None:
    file = folder / path
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n", "utf-8")
    except OSError as error:
        said = (error.strerror or str(error)).lower()
        message = f'--report: "{path}": {said}'
        raise Failure(message, "name a file in a folder that can be written") from error

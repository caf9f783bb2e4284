"""Options that several commands share, and the values they stand for."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from penstock.cli.exits import Exit
from penstock.cli.terminal import printable
from penstock.records import field_names, record

_Function = TypeVar("_Function", bound=Callable[..., Any])

REASONS = (
    "Manual",
    "IndividualCI",
    "BatchedCI",
    "PullRequest",
    "Schedule",
    "ResourceTrigger",
)
FORMATS = ("text", "json", "yaml", "table", "tsv", "none")
LENIENT, STRICT = PARITIES = ("lenient", "strict")
DEFAULT_FILES = ("azure-pipelines.yml", "azure-pipelines.yaml", ".azure-pipelines.yml")


class Failure(click.ClickException):
    """a command that cannot go on: a message, one next step, an exit code"""

    exit_code: int  # type: ignore[misc]

    def __init__(self, message: str, help: str = "", code: Exit = Exit.FAILED) -> None:
        super().__init__(message)
        self.help = help
        self.exit_code = code

    def show(self, file: Any = None) -> None:
        """The message in the shape of a diagnostic."""
        click.echo(f"error: {printable(self.message)}", err=True)
        if self.help:
            click.echo(f"  = help: {printable(self.help)}", err=True)


@record
class Request:
    """What the command line says about a pipeline, as it was typed."""

    file: str | None = None
    folder: Path | None = None
    parameters: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    group_values: tuple[str, ...] = ()
    repositories: tuple[str, ...] = ()
    branch: str = ""
    reason: str = "Manual"
    parity: str = LENIENT


folder_option = click.option(
    "-C", "folder", type=click.Path(path_type=Path), help="work in this folder"
)
parameter_option = click.option(
    "-p",
    "--parameter",
    "parameters",
    multiple=True,
    metavar="NAME=VALUE",
    help="a pipeline parameter; VALUE is YAML",
)
variable_option = click.option(
    "--var",
    "variables",
    multiple=True,
    metavar="NAME=VALUE",
    help="a variable set when the run is queued",
)
repository_option = click.option(
    "--local-repository",
    "repositories",
    multiple=True,
    metavar="NAME=DIR",
    help="a repository resource from a local folder",
)
branch_option = click.option("--branch", default="", help="the branch the run is of")
reason_option = click.option(
    "--reason",
    type=click.Choice(REASONS),
    default=REASONS[0],
    show_default=True,
    help="what the run is started by",
)
limit_option = click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=50,
    show_default=True,
    help="how many, newest first",
)
parity_option = click.option(
    "--parity",
    type=click.Choice(PARITIES),
    default=LENIENT,
    show_default=True,
    help="strict: refuse what Azure would refuse and this machine can run",
)


_REQUEST = field_names(Request)


def pipeline_options(function: Callable[..., int]) -> Callable[..., int]:
    """The options of every command that reads a pipeline; the command gets them as `request`."""

    @wraps(function)
    def collected(**given: Any) -> int:
        named = {name: given.pop(name) for name in _REQUEST}
        return function(request=Request(**named), **given)

    decorated = collected
    options = (
        click.argument("file", required=False),
        folder_option,
        parameter_option,
        variable_option,
        click.option(
            "--variable-group",
            "group_values",
            multiple=True,
            metavar="GROUP:NAME=VALUE",
            help="a value of a variable group",
        ),
        repository_option,
        branch_option,
        reason_option,
        parity_option,
    )
    for option in reversed(options):
        decorated = option(decorated)
    return decorated


def assume_options(function: Callable[..., int]) -> Callable[..., int]:
    """`--assume` and `--assume-output`, as `results` and `outputs`, for `read_assumptions`."""
    output = click.option(
        "--assume-output",
        "outputs",
        multiple=True,
        metavar="STAGE/JOB.STEP.VARIABLE=VALUE",
        help="an output variable that a step of a job sets",
    )
    result = click.option(
        "--assume",
        "results",
        multiple=True,
        metavar="STAGE[/JOB[/STEP]]=RESULT",
        help="a result: succeeded, succeededWithIssues, failed, skipped, canceled or abandoned",
    )
    return result(output(function))


def output_options(default: str) -> Callable[[_Function], _Function]:
    """`-o` and `--query` of a command that prints data."""

    def decorate(function: _Function) -> _Function:
        function = click.option("--query", help="a JMESPath expression over the data")(function)
        return click.option(
            "-o", "--output", "form", type=click.Choice(FORMATS), default=default, show_default=True
        )(function)

    return decorate


def working_folder(folder: Path | None) -> Path:
    """The folder of `-C`, or the one that one is in. Raises Failure (exit 3) where it is none."""
    found = (folder or Path()).resolve()
    if not found.is_dir():
        help = "name a folder that exists, or leave -C out to work in this one"
        raise Failure(f'-C: there is no folder "{folder}"', help, Exit.NOT_FOUND)
    return found


def pairs(texts: tuple[str, ...], option: str) -> dict[str, str]:
    """NAME=VALUE texts as a table; the last of a name wins."""
    found: dict[str, str] = {}
    for text in texts:
        name, separator, value = text.partition("=")
        if not separator or not name:
            message = f'{option}: "{text}" has no name and value'
            raise Failure(message, f"write it as {option} NAME=VALUE", Exit.USAGE)
        found[name] = value
    return found


def group_pairs(texts: tuple[str, ...]) -> dict[str, dict[str, str]]:
    """GROUP:NAME=VALUE texts as tables by group."""
    found: dict[str, dict[str, str]] = {}
    for text in texts:
        group, separator, rest = text.partition(":")
        name, equals, value = rest.partition("=")
        if not (separator and equals and group and name):
            message = f'--variable-group: "{text}" has no group, name and value'
            raise Failure(message, "write it as --variable-group GROUP:NAME=VALUE", Exit.USAGE)
        found.setdefault(group, {})[name] = value
    return found


def wants_color(stream: Any) -> bool:
    """Whether to colour what goes to `stream`: NO_COLOR, FORCE_COLOR and TERM=dumb are honoured."""
    import os

    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return bool(stream.isatty()) and os.environ.get("TERM") != "dumb"


def print_diagnostics(diagnostics: Any) -> None:
    """All diagnostics on stderr, by the one renderer."""
    if diagnostics:
        from penstock.language.diagnostics import render

        color = wants_color(sys.stderr)
        click.echo(printable(render(list(diagnostics), color=color)), err=True, color=color)

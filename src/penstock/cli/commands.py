"""The commands of `penstock` but for `az`: a table, each loaded only when it is called."""

from __future__ import annotations

import sys
from importlib import import_module

import click

from penstock.cli import streams
from penstock.cli.exits import Exit
from penstock.cli.options import Failure

COMMANDS = {
    "run": ("running.run", "run a pipeline here, from the working tree as it is"),
    "validate": ("pipelines.validate", "check pipeline and Azure ML files offline"),
    "expand": ("pipelines.expand", "the final YAML on stdout"),
    "plan": ("pipelines.plan", "what would run, what would be skipped and why"),
    "explain": ("pipelines.explain", "a code, a task, a keyword; or why something ran or not"),
    "eval": ("pipelines.eval", "evaluate an expression"),
    "graph": ("pipelines.graph", "stages and jobs with their dependencies"),
    "test": ("testing.command", "unit tests of pipelines; nothing is run"),
    "lsp": ("editor.command", "the language server for editors"),
    "diff": ("pipelines.diff", "two pipelines compared by meaning, for a review"),
    "triggers": ("pipelines.triggers", "which pipelines an event would start, and why"),
    "list": ("pipelines.listing", "stages, jobs and steps with their conditions"),
    "up": ("server.up", "start the server: Git, pipelines, Azure ML and the portal"),
    "down": ("server.down", "stop the server"),
    "status": ("server.status", "where the server is, and what it does"),
    "push": ("server.push", "put the repository of this folder on the server"),
    "runs": ("running.runs", "runs of the local store"),
    "logs": ("running.logs", "the log of a run, a job or a step"),
    "artifacts": ("running.artifacts", "what the jobs of a run published"),
    "secrets": ("library.secrets", "secret values, encrypted on this machine"),
    "vars": ("library.vars", "variable groups of your own library"),
    "connections": ("library.connections", "service connections of your own library"),
    "environments": ("library.environments", "deployment environments and their history"),
    "env": ("server.env", "exports that point real clients at the server"),
    "accounts": ("server.accounts", "who may sign in to the server"),
    "tokens": ("server.tokens", "personal access tokens for scripts and git"),
    "audit": ("server.audit", "the audit log: who changed what"),
    "backup": ("server.backup", "a copy of the whole store in one file, while it is in use"),
    "restore": ("server.restore", "a store made of a backup"),
    "db": ("server.db", "the versions of the databases"),
    "doctor": ("server.doctor", "what this machine has and lacks"),
    "service": ("server.service", "the background service that `penstock az` uses"),
}
"""By name: its module in this package, and one line for help."""

AZ = ("az", "`az ml`, `az pipelines` ... against this machine")


def load(name: str) -> click.Command:
    """The command of that name in the table."""
    command: click.Command = import_module(f"penstock.cli.{COMMANDS[name][0]}").command
    return command


class _Commands(click.Group):
    """The commands of the table, imported one at a time."""

    def list_commands(self, context: click.Context) -> list[str]:
        """The names as help shows them."""
        return [*COMMANDS, AZ[0]]

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """The command of that name, or None."""
        if name == AZ[0]:
            return click.Command(name, short_help=AZ[1], callback=None)
        if name not in COMMANDS:
            return None
        return load(name)

    def resolve_command(
        self, context: click.Context, arguments: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command, or a usage error with the nearest name."""
        name = arguments[0]
        if self.get_command(context, name) is None:
            from penstock.language.diagnostics import nearest

            if name.startswith("-"):
                return super().resolve_command(context, arguments)
            guess = nearest(name, self.list_commands(context))
            hint = f'did you mean "{guess}"?' if guess else "`penstock --help` lists them"
            raise Failure(f'there is no command "{name}"', hint, Exit.USAGE)
        return super().resolve_command(context, arguments)

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """The table, without importing any of the commands."""
        rows = [(name, text) for name, (_, text) in COMMANDS.items()]
        rows.append(AZ)
        with formatter.section("Commands"):
            formatter.write_dl(rows)


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 ok, 1 failed, 2 usage, 3 not found, 4 invalid file, 5 refused, "
    "6 environment not ready, 7 server unreachable, 124 timed out, 130 cancelled.",
)
@click.version_option(package_name="penstock", message="penstock %(version)s")
def group() -> None:
    """Run Azure Pipelines and Azure Machine Learning pipelines, unmodified, on machines you own."""


def call(given: list[str]) -> int:
    """Run one command line; the answer is its exit code. Tracebacks are shown with --debug only."""
    streams.make_ready()
    stdout = sys.stdout
    rest = [argument for argument in given if argument != "--debug"]
    if rest[:1] == [AZ[0]]:
        from penstock.cli.az.main import main as az

        return az([*rest[1:], "--debug"])
    try:
        code = group.main(rest, prog_name="penstock", standalone_mode=False)
        return int(code or 0)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return Exit.USAGE
    except (KeyboardInterrupt, click.Abort):
        return Exit.CANCELED
    except SystemExit as ended:
        # Where the reader of stdout has left, click puts something else there and ends so.
        return Exit.OK if sys.stdout is not stdout else int(ended.code or 0)
    except Exception as error:
        if "--debug" in given:
            raise
        from penstock.cli.failures import explain

        if isinstance(error, click.UsageError) and error.ctx is None:
            error.ctx = _context_of(rest)
        failure = explain(error)
        failure.show()
        return failure.exit_code


def _context_of(words: list[str]) -> click.Context:
    """The context of the command that words begin with, for an error that knows of none."""
    context = click.Context(group, info_name="penstock")
    for word in words:
        here = context.command
        found = here.get_command(context, word) if isinstance(here, click.Group) else None
        if found is None:
            break
        context = click.Context(found, info_name=word, parent=context)
    return context

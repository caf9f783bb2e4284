"""`penstock triggers`: which pipelines an event would start, and why the others would not."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from penstock.cli.exits import Exit
from penstock.cli.options import Failure, output_options, wants_color


@click.command(short_help="which pipelines a push, a pull request or a time would start, and why")
@click.argument("files", nargs=-1)
@click.option("-C", "folder", type=click.Path(path_type=Path), help="work in this folder")
@click.option("--push", "push", metavar="BRANCH", help="a push to a branch, or to refs/tags/TAG")
@click.option("--pr", "pr", metavar="BRANCH", help="a pull request to a branch")
@click.option("--draft", is_flag=True, help="the pull request is a draft")
@click.option("--completed", metavar="PIPELINE[@BRANCH]", help="a run of a pipeline succeeded")
@click.option("--at", metavar="TIME", help="a time in UTC: 2026-12-24T03:00, or now")
@click.option("--changed", multiple=True, metavar="PATH", help="a file that the event changes")
@click.option("--message", "messages", multiple=True, metavar="TEXT", help="a commit message")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="a tag of the completed run")
@click.option(
    "--local-repository",
    "repositories",
    multiple=True,
    metavar="NAME=DIR",
    help="a repository resource from a local folder",
)
@click.option("--no-implied-ci", is_flag=True, help="without `trigger` no push starts a pipeline")
@output_options("text")
def command(
    files: tuple[str, ...],
    folder: Path | None,
    push: str | None,
    pr: str | None,
    draft: bool,
    completed: str | None,
    at: str | None,
    changed: tuple[str, ...],
    messages: tuple[str, ...],
    tags: tuple[str, ...],
    repositories: tuple[str, ...],
    no_implied_ci: bool,
    form: str,
    query: str | None,
) -> int:
    """Show which pipelines would start, and why the others would not; nothing is started.

    Without an event it is a push of the present branch: the commits that its upstream does not
    have. FILES are the pipelines; without any, all of the repository that are pipelines by their
    names or have `trigger`, `pr` or `schedules`. The YAML is that of the working tree.
    """
    from penstock.cli.output import render_data
    from penstock.cli.trigger_events import Asked, decide
    from penstock.cli.trigger_views import triggers_json, triggers_text

    asked = Asked(
        folder=(folder or Path()).resolve(),
        files=files,
        push=push,
        pr=pr,
        is_draft=draft,
        completed=completed,
        at=at,
        changed=changed,
        messages=messages,
        tags=tags,
        repositories=repositories,
        implied_ci=not no_implied_ci,
    )
    if sum(event is not None for event in (push, pr, completed, at)) > 1:
        raise click.UsageError("one event at a time: --push, --pr, --completed or --at")
    if not asked.folder.is_dir():
        raise Failure(
            f'-C: there is no folder "{folder}"', "name one that is there", Exit.NOT_FOUND
        )
    answer = decide(asked)
    if form == "text" and not query:
        color = wants_color(sys.stdout)
        click.echo(triggers_text(answer, color=color), color=color)
    else:
        click.echo(render_data(triggers_json(answer), form, query))
    return Exit.OK

"""`penstock triggers`: which pipelines an event would start, and why the others would not."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from penstock.cli.exits import Exit
from penstock.cli.options import (
    folder_option,
    output_options,
    repository_option,
    wants_color,
    working_folder,
)

if TYPE_CHECKING:
    from penstock.cli.pipelines.trigger_events import Asked


@click.command(short_help="which pipelines a push, a pull request or a time would start, and why")
@click.argument("files", nargs=-1)
@folder_option
@click.option("--push", "push", metavar="BRANCH", help="a push to a branch, or to refs/tags/TAG")
@click.option("--to", metavar="REPOSITORY", help="the push is to this repository resource")
@click.option("--pr", "pr", metavar="BRANCH", help="a pull request to a branch")
@click.option("--draft", is_flag=True, help="the pull request is a draft")
@click.option("--completed", metavar="PIPELINE[@BRANCH]", help="a run of a pipeline succeeded")
@click.option("--at", metavar="TIME", help="a time in UTC: 2026-12-24T03:00, or now")
@click.option("--image", metavar="IMAGE:TAG", help="a container image is published")
@click.option("--package", metavar="NAME", help="a version of a package is published")
@click.option("--build", metavar="SOURCE", help="a build of another system succeeded")
@click.option("--webhook", metavar="CONNECTION", help="a webhook is posted")
@click.option("--body", metavar="FILE", help="the JSON that the webhook posts")
@click.option("--changed", multiple=True, metavar="PATH", help="a file that the event changes")
@click.option("--message", "messages", multiple=True, metavar="TEXT", help="a commit message")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="a tag of the completed run")
@click.option("--stage", "stages", multiple=True, metavar="STAGE", help="only this one succeeded")
@repository_option
@click.option("--no-implied-ci", is_flag=True, help="without `trigger` no push starts a pipeline")
@output_options("text")
def command(
    files: tuple[str, ...],
    folder: Path | None,
    push: str | None,
    to: str | None,
    pr: str | None,
    draft: bool,
    completed: str | None,
    at: str | None,
    image: str | None,
    package: str | None,
    build: str | None,
    webhook: str | None,
    body: str | None,
    changed: tuple[str, ...],
    messages: tuple[str, ...],
    tags: tuple[str, ...],
    stages: tuple[str, ...],
    repositories: tuple[str, ...],
    no_implied_ci: bool,
    form: str,
    query: str | None,
) -> int:
    """Show which pipelines would start, and why the others would not; nothing is started.

    Without an event it is a push of the present branch: the commits that its upstream does not
    have. FILES are the pipelines; without any, all of the repository that are pipelines by their
    names or have `trigger`, `pr` or `schedules` (for events of resources, also `resources`). The
    YAML is that of the working tree.
    """
    from penstock.cli.output import print_data
    from penstock.cli.pipelines.trigger_events import Asked, decide
    from penstock.cli.pipelines.trigger_views import triggers_json, triggers_text

    asked = Asked(
        folder=working_folder(folder),
        files=files,
        push=push,
        to=to,
        pr=pr,
        is_draft=draft,
        completed=completed,
        at=at,
        image=image,
        package=package,
        build=build,
        webhook=webhook,
        body=body,
        changed=changed,
        messages=messages,
        tags=tags,
        stages=stages,
        repositories=repositories,
        implied_ci=not no_implied_ci,
    )
    _check_event(asked)
    answer = decide(asked)
    if form == "text" and not query:
        color = wants_color(sys.stdout)
        click.echo(triggers_text(answer, color=color), color=color)
    else:
        print_data(triggers_json(answer), form, query)
    return Exit.OK


def _check_event(asked: Asked) -> None:
    """Refuse several events, and what says nothing of the one that is asked about."""
    outside = (asked.image, asked.package, asked.build, asked.webhook)
    given = (asked.push, asked.pr, asked.completed, asked.at, *outside)
    if sum(event is not None for event in given) > 1:
        raise click.UsageError(
            "one event at a time: --push, --pr, --completed, --at, --image, --package, --build or "
            "--webhook"
        )
    has_no_files = any(event is not None for event in (asked.completed, asked.at, *outside))
    for option, is_given, of in (
        ("--to", asked.to is not None and asked.push is None, "a push (--push)"),
        ("--body", asked.body is not None and asked.webhook is None, "a webhook (--webhook)"),
        ("--draft", asked.is_draft and asked.pr is None, "a pull request (--pr)"),
        ("--tag", asked.tags and asked.completed is None, "a run that ended (--completed)"),
        ("--stage", asked.stages and asked.completed is None, "a run that ended (--completed)"),
        ("--changed", asked.changed and has_no_files, "a push or a pull request"),
        ("--message", asked.messages and (has_no_files or asked.pr is not None), "a push"),
    ):
        if is_given:
            raise click.UsageError(f"{option} belongs to {of}, not to this event")

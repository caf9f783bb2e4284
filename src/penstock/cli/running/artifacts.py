"""`penstock artifacts`: what the jobs of a run published, listed and copied."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from penstock.cli.exits import Exit
from penstock.cli.explaining.summary import shown_path
from penstock.cli.options import Failure, output_options
from penstock.cli.output import print_data
from penstock.cli.store import Store, find_run, open_store
from penstock.cli.terminal import one_line
from penstock.store.agents import Attachment, artifact_size, artifacts_in, attachments
from penstock.store.runs import Run


@click.group(name="artifacts", short_help="what the jobs of a run published")
def command() -> None:
    """The artifacts of runs in the local store."""


@command.command("list")
@click.argument("run", default="latest")
@output_options("table")
def list_artifacts(run: str, form: str, query: str | None) -> int:
    """The artifacts of RUN: an id, a number, or `latest`."""
    with open_store() as store:
        found_run = find_run(store, run)
        found = _artifacts(store, found_run)
    if not found and form in ("text", "table"):
        click.echo(f"run {found_run.id} published no artifact", err=True)
    rows = []
    for one in found:
        size, files = artifact_size(one)
        rows.append({"name": one.name, "job": shown_path(one.node), "files": files, "bytes": size})
    print_data(rows, form, query)
    return Exit.OK


@command.command("download")
@click.argument("name")
@click.option("--run", default="latest", show_default=True, help="its id or its number")
@click.option(
    "--to",
    "target",
    type=click.Path(path_type=Path),
    help="the folder that it becomes, new or empty; NAME in this folder where not given",
)
def download(name: str, run: str, target: Path | None) -> int:
    """Copy the artifact NAME of a run, a folder of files."""
    from penstock.store.copying import copy_into

    with open_store() as store:
        found_run = find_run(store, run)
        artifact = _named(_artifacts(store, found_run), name, found_run)
    place = target or Path(artifact.name)
    if _is_taken(place):
        help = "name another place with --to PATH; nothing is overwritten"
        raise Failure(f'"{place}" is there already', help, Exit.USAGE)
    place.parent.mkdir(parents=True, exist_ok=True)
    copy_into(artifact.path, place)
    size, files = artifact_size(artifact)
    click.echo(f"{one_line(str(place))}: {files} file{'s' if files != 1 else ''}, {size} bytes")
    return Exit.OK


def _artifacts(store: Store, run: Run) -> list[Attachment]:
    return artifacts_in(attachments(store.home, str(run.id)))


def _named(found: Sequence[Attachment], name: str, run: Run) -> Attachment:
    for one in found:
        if one.name.casefold() == name.casefold():
            return one
    known = ", ".join(one.name for one in found)
    help = f"it has {known}" if known else "it published none"
    raise Failure(f'run {run.id} has no artifact "{name}"', help, Exit.NOT_FOUND)


def _is_taken(place: Path) -> bool:
    """Whether something there would be overwritten, or mixed with what is copied."""
    if place.is_dir() and not place.is_symlink():
        return any(place.iterdir())
    return place.exists() or place.is_symlink()

"""`penstock run`: a pipeline on this machine, from the working tree as it is, with no server."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import click

from penstock.cli.exits import Exit
from penstock.cli.givensecrets import read_secrets, secret_option
from penstock.cli.options import Failure, Request, pipeline_options, print_diagnostics
from penstock.cli.reading.loading import Loaded, load
from penstock.cli.reading.planning import plan_loaded
from penstock.devops.plans.planner import Planned
from penstock.devops.plans.stages import StageRefused, find_stages, stage_keys, with_stages
from penstock.language.pipeline import UNNAMED_STAGE, Stage
from penstock.language.source import has_errors
from penstock.store.home import Home


@click.command(short_help="run a pipeline here, from the working tree as it is")
@pipeline_options
@click.option("--stage", "stages", multiple=True, help="run only this stage; can be repeated")
@click.option("--skip-stage", "skipped", multiple=True, help="leave this stage out")
@secret_option
@click.option(
    "--approve",
    "approved",
    multiple=True,
    metavar="NAME|all",
    help="approve an environment, or start a manual stage; a terminal asks otherwise",
)
@click.option(
    "--ml-jobs",
    type=click.Choice(["wait", "detach"]),
    default="wait",
    show_default=True,
    help="wait for the Azure ML jobs that steps start, or leave them to the background service",
)
@click.option("--json", "as_json", is_flag=True, help="one event a line on stdout")
@click.option("-q", "--quiet", is_flag=True, help="only the summary")
@click.option("-v", "--verbose", is_flag=True, help="print every line, also on a terminal")
def command(
    request: Request,
    stages: tuple[str, ...],
    skipped: tuple[str, ...],
    secrets: tuple[str, ...],
    approved: tuple[str, ...],
    ml_jobs: str,
    as_json: bool,
    quiet: bool,
    verbose: bool,
) -> int:
    """Run FILE (azure-pipelines.yml where none is named) on this machine.

    The working tree is used as it is, uncommitted changes included. Exit code 1 when the run or an
    Azure ML job that it started failed, 4 when the pipeline is not valid.
    """
    from penstock.cli.running.session import Mode, run_plan

    if as_json + quiet + verbose > 1:
        raise click.UsageError("--json, --quiet and --verbose are three ways to print: choose one")
    loaded = load(request, wants_facts=True)
    planned = plan_loaded(loaded, read_secrets(secrets))
    if planned is not None:
        _check_names(loaded, planned, approved)
        planned = select_stages(planned, stages, skipped)
    diagnostics = [
        *loaded.library.diagnostics,
        *loaded.compiled.diagnostics,
        *(planned.diagnostics if planned else ()),
    ]
    print_diagnostics(diagnostics)
    if planned is None or has_errors(diagnostics):
        return Exit.INVALID
    _check_approvals(loaded, planned, approved)
    mode = Mode(json=as_json, quiet=quiet, verbose=verbose, detach=ml_jobs == "detach")
    return run_plan(loaded, planned, Home.default(os.environ), mode)


def select_stages(planned: Planned, wanted: tuple[str, ...], skipped: tuple[str, ...]) -> Planned:
    """The plan with only the wanted stages, or without the skipped ones and their problems.

    A dependency on a stage that was left out no longer counts, as when stages are unticked in the
    run dialog of the service.
    """
    if not wanted and not skipped:
        return planned
    keys = stage_keys(planned)
    kept = _resolve(wanted, keys, "--stage") if wanted else set(keys)
    kept -= _resolve(skipped, keys, "--skip-stage")
    selected = with_stages(planned, kept)
    if not selected.plan.nodes:
        raise Failure("no stage is left to run", f"stages are {', '.join(keys)}", Exit.USAGE)
    return selected


def _resolve(names: tuple[str, ...], keys: tuple[str, ...], option: str) -> set[str]:
    try:
        return find_stages(names, keys)
    except StageRefused as error:
        raise Failure(f"{option}: {error}", error.hint, Exit.USAGE) from error


def _check_approvals(loaded: Loaded, planned: Planned, approved: tuple[str, ...]) -> None:
    """Ask, on a terminal, for every approval that was not given; elsewhere the run is refused."""
    given = {name.casefold() for name in approved}
    if "all" in given:
        return
    for name, message in dict(_needed(loaded, planned)).items():
        if name.casefold() in given:
            continue
        if sys.stdin.isatty() and click.confirm(f"{message}. Go on?", err=True):
            continue
        raise Failure(message, f"penstock run --approve {name}", Exit.REFUSED)


def _check_names(loaded: Loaded, planned: Planned, approved: tuple[str, ...]) -> None:
    """Refuse to approve what the pipeline does not have: it is probably misspelt."""
    known = [one.environment for one in planned.deployments if one.environment]
    known += [key for key, _ in _keyed_stages(loaded) if key != UNNAMED_STAGE]
    folded = {name.casefold() for name in (*known, "all")}
    for name in approved:
        if name.casefold() not in folded:
            from penstock.language.diagnostics import nearest

            guess = nearest(name, known)
            names = ", ".join(dict.fromkeys(known)) or "none"
            help = f'did you mean "{guess}"?' if guess else f"it has {names}"
            message = f'--approve: the pipeline has no environment or stage "{name}"'
            raise Failure(message, help, Exit.USAGE)


def _keyed_stages(loaded: Loaded) -> Iterator[tuple[str, Stage]]:
    pipeline = loaded.compiled.pipeline
    for position, stage in enumerate(pipeline.stages if pipeline else (), 1):
        yield stage.id.value or f"Stage{position}", stage


def _needed(loaded: Loaded, planned: Planned) -> Iterator[tuple[str, str]]:
    """What a person must approve of the stages that are to run: its name, and why."""
    stages = {node.key for node in planned.plan.nodes if node.parent is None}
    for key, stage in _keyed_stages(loaded):
        trigger = stage.trigger.value.strip().casefold() if stage.trigger else ""
        if trigger == "manual" and key in stages:
            yield key, f'stage "{key}" is started by a person (`trigger: manual`)'
    for deployment in planned.deployments:
        environment = loaded.library.environment(deployment.environment)
        if environment is not None and environment.approvers:
            people = ", ".join(environment.approvers)
            message = f'environment "{environment.name}" needs the approval of {people}'
            yield environment.name, message

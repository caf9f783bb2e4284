"""What is wrong with tasks: names and inputs that are probably misspelt are warnings, since an
extension may bring any task; a published one that its job cannot run is an error."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from difflib import get_close_matches

from penstock.agent import tasks
from penstock.agent.tasks.contract import Task
from penstock.cli.reading.misplaced import misplaced, steps_and_places
from penstock.devops.plans.published_tasks import is_published, published_tasks
from penstock.language import pipeline as model
from penstock.language.chains import include_chains
from penstock.language.diagnostics import nearest
from penstock.language.source import Diagnostic, Severity, Span

_PLAIN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*@\d+(\.\d+)*")
_NEAR = 0.8


def doubtful_tasks(pipeline: model.Pipeline) -> list[Diagnostic]:
    """What is wrong with the tasks of a pipeline, surely or probably, each place once."""
    found: dict[tuple[str, Span | None], Diagnostic] = {}
    for stage in pipeline.stages:
        for job in stage.jobs:
            for step, on_server in steps_and_places(pipeline, stage, job):
                error = misplaced(step, on_server, job.id.value)
                doubts = _doubts(step) if step.keyword == "task" else ()
                for one in (error, *doubts) if error else doubts:
                    found.setdefault((one.message, one.span), one)
    if not found:
        return []
    chains = include_chains(pipeline)
    return [
        replace(one, related=tuple(reversed(chains.get(one.span.source.label, ()))))
        for one in found.values()
        if one.span
    ]


def _doubts(step: model.Step) -> Iterator[Diagnostic]:
    reference = step.task.value.strip()
    if not _PLAIN_NAME.fullmatch(reference):
        return  # of an extension by its full name, or by its id
    try:
        task = tasks.find(reference)
    except tasks.UnknownTask:
        if not is_published(reference):
            yield from _unpublished(step, reference)
        return
    yield from _unknown_inputs(step, task)


def _unpublished(step: model.Step, reference: str) -> Iterator[Diagnostic]:
    name = reference.partition("@")[0]
    known = published_tasks()
    versions = known.get(name.lower())
    if versions is not None:
        listed = ", ".join(f"{versions[0]}@{major}" for major in versions[1])
        yield _doubt(step, f'the service publishes no task "{reference}"', f"there is {listed}")
        return
    near = get_close_matches(name.lower(), known, n=1, cutoff=_NEAR)
    if near:
        title, majors = known[near[0]]
        yield _doubt(
            step,
            f'the service publishes no task "{reference}"',
            f'did you mean "{title}@{majors[-1]}"? An extension may bring the other',
        )


def _doubt(step: model.Step, message: str, help: str) -> Diagnostic:
    return Diagnostic(
        code="PS2127",
        severity=Severity.WARNING,
        message=message,
        span=step.task.span,
        help=help,
        service_text="A task is missing. The pipeline references a task called "
        f"'{step.task.value}'.",
    )


def _unknown_inputs(step: model.Step, task: Task) -> Iterator[Diagnostic]:
    spellings = [name for item in task.inputs for name in (item.name, *item.aliases)]
    known = {name.lower() for name in spellings}
    for name, value in step.inputs.items():
        if name.lower() in known:
            continue
        guess = nearest(name, spellings)
        yield Diagnostic(
            code="PS2128",
            severity=Severity.WARNING,
            message=f'{task.reference} has no input "{name}"; its value has no effect',
            span=value.span,
            help=f'did you mean "{guess}"?'
            if guess
            else f"`penstock explain {task.reference}` shows its inputs",
        )

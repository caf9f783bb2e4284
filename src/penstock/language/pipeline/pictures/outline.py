"""The graph of a pipeline for drawing: stages and their jobs, what each waits for, in layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from penstock.language.casing import fold_case
from penstock.language.expressions.reasons import one_line
from penstock.language.pipeline import DeploymentJob, Job, Parallel, Pipeline, Stage, Text
from penstock.records import record


@record(kw_only=False)
class Box:
    """A stage or job. `waits_for` are names of boxes beside it; `layer` is 0 for what waits for
    nothing, else one more than the latest of those. `detail` is an environment or a matrix."""

    name: str
    kind: str
    waits_for: tuple[str, ...]
    layer: int
    title: str = ""
    detail: str = ""
    condition: str = ""
    inside: tuple[Box, ...] = ()


def outline(pipeline: Pipeline) -> tuple[Box, ...]:
    """The stages of a valid pipeline, in the order they are written."""
    names = [s.id.value or f"Stage{n}" for n, s in enumerate(pipeline.stages, 1)]
    waits: dict[str, tuple[str, ...]] = {}
    for position, (name, stage) in enumerate(zip(names, pipeline.stages, strict=True)):
        if stage.depends_on is None:
            waits[name] = (names[position - 1],) if position else ()
        else:
            waits[name] = _canonical(stage.depends_on, names)
    layers = layers_of(waits)
    return tuple(
        Box(
            name=name,
            kind="stage",
            waits_for=waits[name],
            layer=layers[name],
            title=_title(stage, name),
            condition=_text(stage.condition),
            inside=_jobs(stage),
        )
        for name, stage in zip(names, pipeline.stages, strict=True)
    )


def layers_of(waits: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """The layer of each name; there are no cycles in a valid pipeline."""
    layers: dict[str, int] = {}
    places = {name: place for place, name in enumerate(waits)}
    missing = {name: set(needs) for name, needs in waits.items()}
    waiting: dict[str, list[str]] = {}
    for name, needs in missing.items():
        for other in needs:
            waiting.setdefault(other, []).append(name)
    ready = [name for name, needs in missing.items() if not needs]
    while ready:
        for name in ready:
            layers[name] = 1 + max((layers[d] for d in waits[name]), default=-1)
        freed = []
        for done in ready:
            for name in waiting.get(done, ()):
                missing[name].discard(done)
                if not missing[name]:
                    freed.append(name)
        ready = sorted(freed, key=places.__getitem__)
    if len(layers) < len(waits):
        left = ", ".join(name for name in waits if name not in layers)
        raise ValueError(f"these wait for each other: {left}")
    return layers


def _jobs(stage: Stage) -> tuple[Box, ...]:
    names = [j.id.value or f"Job{n}" for n, j in enumerate(stage.jobs, 1)]
    waits = {
        name: _canonical(job.depends_on or (), names)
        for name, job in zip(names, stage.jobs, strict=True)
    }
    layers = layers_of(waits)
    return tuple(
        Box(
            name=name,
            kind="deployment" if isinstance(job, DeploymentJob) else "job",
            waits_for=waits[name],
            layer=layers[name],
            title=_title(job, name),
            detail=_detail(job),
            condition=_text(job.condition),
        )
        for name, job in zip(names, stage.jobs, strict=True)
    )


def _canonical(depends_on: Sequence[Text], names: Sequence[str]) -> tuple[str, ...]:
    known = {fold_case(name): name for name in names}
    found = (known.get(fold_case(text.value)) for text in depends_on)
    return tuple(dict.fromkeys(name for name in found if name is not None))


def _title(item: Stage | Job | DeploymentJob, name: str) -> str:
    display = _text(item.display_name)
    return display if display != name else ""


def _text(text: Text | None) -> str:
    return one_line(text.value) if text is not None else ""


def _detail(job: Job | DeploymentJob) -> str:
    if isinstance(job, DeploymentJob):
        if job.environment is None:
            return ""
        resource = job.environment.resource_name
        name = job.environment.name.value
        return f"-> {name}.{resource.value}" if resource else f"-> {name}"
    if isinstance(job.strategy, Parallel):
        return f"x {job.strategy.count.value}"
    legs = job.strategy.legs if job.strategy else None
    if isinstance(legs, Text):
        return "x matrix at run time"
    return f"x {len(legs)}" if legs else ""

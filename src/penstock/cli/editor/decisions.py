"""What a condition comes to in the run as it would be queued now, for whoever hovers over it.

The engine decides, as for `penstock explain --stage`: everything before it is assumed to succeed.
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.cli.editor.projects import Project, Snapshot
from penstock.cli.explaining.evaluated import painter
from penstock.cli.explaining.explanations import Telling, explain_node, explain_step
from penstock.cli.explaining.foresight import Assumptions, Foreseen, foresee
from penstock.cli.explaining.summary import shown_path
from penstock.cli.reading.loading import Loaded
from penstock.cli.reading.planning import plan_loaded
from penstock.cli.testing.runs import AnyTask
from penstock.devops.plans.variables import RunFacts
from penstock.engine.explanations import reason_of
from penstock.language import pipeline as model
from penstock.language.casing import fold_case
from penstock.language.expressions.reasons import ways_to
from penstock.language.source import Source, Span

_MOST = 3
_PLAIN = painter(False)


def decisions_at(project: Project, source: Source, span: Span) -> list[str]:
    """Why each stage, job or step whose condition stands at a span would run or not.

    Nothing where the pipeline has errors. A condition in a template decides for several.
    """
    found: dict[str, None] = {}
    for snapshot in project.snapshots_of(source):
        pipeline = snapshot.compiled.pipeline
        if pipeline is None:
            continue
        nodes, steps = _decided(pipeline, span)
        if nodes or steps:
            foreseen = _foreseen(project, snapshot)
            if foreseen is not None:
                told = (*_nodes(foreseen, nodes), *_steps(foreseen, steps))
                found |= dict.fromkeys(told)
    return list(found)[:_MOST]


def _decided(pipeline: model.Pipeline, span: Span) -> tuple[list[str], set[str]]:
    """The ids of the stages and jobs with the condition at a span, and the places of such steps."""
    nodes: list[str] = []
    steps: set[str] = set()
    for position, stage in enumerate(pipeline.stages, 1):
        key = stage.id.value or f"Stage{position}"
        if _stands(stage.condition, span):
            nodes.append(key)
        for number, job in enumerate(stage.jobs, 1):
            if _stands(job.condition, span):
                nodes.append(f"{key}/{job.id.value or f'Job{number}'}")
            for several in model.step_lists(job):
                steps |= {str(step.span) for step in several if _stands(step.condition, span)}
    return nodes, steps


def _stands(condition: model.Text | None, span: Span) -> bool:
    if condition is None:
        return False
    return str(condition.span) == str(span)


def _foreseen(project: Project, snapshot: Snapshot) -> Foreseen | None:
    facts = RunFacts(repository=project.repository, definition="", path=snapshot.path)
    loaded = Loaded(
        compiled=snapshot.compiled,
        root=project.files.root,
        path=snapshot.path,
        definition="",
        read_library=project.library,
        read_facts=lambda: facts,
        queued={},
        repositories=project.files.repositories,
    )
    planned = plan_loaded(loaded, {}, AnyTask())
    return foresee(planned.plan, Assumptions()) if planned is not None else None


def _nodes(foreseen: Foreseen, ids: list[str]) -> Iterator[str]:
    by_id = {fold_case(id): node for id, node in foreseen.state.nodes.items()}
    for id in ids:
        node = by_id.get(fold_case(id))
        if node is not None:
            title = f"{node.node.kind} {shown_path(node.node.id)}"
            telling = Telling(paint=_PLAIN, is_past=False, title=title)
            yield explain_node(reason_of(foreseen.state, node.node.id), telling)


def _steps(foreseen: Foreseen, places: set[str]) -> Iterator[str]:
    for id, steps in foreseen.steps.items():
        for step in steps:
            if step.step.place in places:
                title = f"step {step.step.name or step.name} of {shown_path(id)}"
                yield explain_step(step, Telling(paint=_PLAIN, is_past=False, title=title), ways_to)

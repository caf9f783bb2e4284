"""What the portal's editor asks before a run: its plan under assumptions, and why parts of it are
skipped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from penstock.cli.explaining.evaluated import painter
from penstock.cli.explaining.foresight import foresee, read_assumptions, resolve
from penstock.cli.explaining.plan_views import MISSING, foreseen_json
from penstock.cli.explaining.summary import shown_path
from penstock.cli.explaining.why import why_node_before
from penstock.cli.options import Failure
from penstock.devops.queueing.preparing import Prepared
from penstock.engine.events import Result
from penstock.engine.plan import Plan
from penstock.engine.redaction import without_secrets
from penstock.engine.state import RunState
from penstock.server.devops.errors import bad_request


def foresee_prepared(prepared: Prepared, assumed: Mapping[str, str]) -> Mapping[str, Any]:
    """What would run and what would not, as `penstock plan` tells it; with the explanation of
    each stage and job that would be skipped, by path, and the assumed names that nothing has.

    Without the values of secrets: whoever may read the project may ask, with conditions of their
    own, and each answer would tell of the value that it depends on.
    """
    assert prepared.planned is not None
    planned = replace(prepared.planned, plan=without_secrets(prepared.planned.plan))
    unknown = [name for name in assumed if not _is_in(planned.plan, name)]
    texts = tuple(f"{name}={assumed[name]}" for name in assumed if name not in unknown)
    try:
        results = read_assumptions(planned.plan, texts, ())
    except Failure as error:
        raise bad_request(str(error)) from error
    missing = [one for one in planned.diagnostics if one.code in MISSING]
    foreseen = foresee(planned.plan, results)
    path, pipeline = prepared.request.definition.path.lstrip("/"), prepared.compiled.pipeline
    return {
        **foreseen_json(foreseen, path, prepared.library, planned, missing),
        "unknown": unknown,
        "explanations": {
            shown_path(id): why_node_before(foreseen, pipeline, id, painter(False))
            for id in _skipped(foreseen.state)
        },
    }


def _is_in(plan: Plan, name: str) -> bool:
    """Whether a stage, job or step of a plan has a name."""
    try:
        resolve(plan, name, "assume")
    except Failure:
        return False
    return True


def _skipped(state: RunState) -> list[str]:
    """The ids of the stages that are skipped, and of the jobs that are in the others."""
    stages = [stage for stage in state.children(None) if not stage.node.gate]
    jobs = [
        job
        for stage in stages
        if stage.result is not Result.SKIPPED
        for job in state.children(stage.node.id)
        if not job.node.gate
    ]
    return [one.node.id for one in (*stages, *jobs) if one.result is Result.SKIPPED]

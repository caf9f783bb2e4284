"""Finds the stage, job or step that is asked about, before a run or after it, and tells why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from penstock.agent.simulation import SimulatedStep, simulate_steps
from penstock.cli.explaining.evaluated import DIM, Paint, part_lines
from penstock.cli.explaining.explanations import (
    LEGS_ARE_LATE,
    OUTPUTS_ARE_LATE,
    Telling,
    explain_node,
    explain_step,
    has_note,
)
from penstock.cli.explaining.foresight import Foreseen, resolve
from penstock.cli.explaining.summary import shown_path
from penstock.engine.conditions import run_variables
from penstock.engine.events import Result
from penstock.engine.explanations import Reason, expansion_of, reason_of
from penstock.engine.requests import Step
from penstock.engine.state import NodeState, Phase, RunState
from penstock.engine.variables import make_request
from penstock.language import pipeline as model
from penstock.language.casing import fold_case
from penstock.language.expressions.reasons import visible, ways_to


def why_before(foreseen: Foreseen, pipeline: model.Pipeline | None, path: str, paint: Paint) -> str:
    """Why the thing at `path` would run or not. Raises Failure (exit 2) where there is none."""
    state = foreseen.state
    plan = replace(state.plan, nodes=tuple(n.node for n in state.nodes.values()))
    node, steps = resolve(plan, path, "--stage")
    if not steps:
        return why_node_before(foreseen, pipeline, node.id, paint)
    told = []
    for leaf, step in steps:
        known = {s.step.id: s for s in foreseen.steps.get(leaf.id, ())}
        told.append(_step_before(foreseen, state.nodes[leaf.id], step, known.get(step.id), paint))
    return "\n\n".join(told)


def why_node_before(
    foreseen: Foreseen, pipeline: model.Pipeline | None, id: str, paint: Paint
) -> str:
    """Why the stage or job with this id would run or not."""
    state = foreseen.state
    telling = Telling(
        paint=paint,
        is_past=False,
        title=_title(state.nodes[id]),
        place=_place(pipeline, id),
        assumed=foreseen.assumed.nodes.get(id) is Result.SKIPPED,
    )
    reason = reason_of(state, id)
    if reason.never_asked is not None:
        return _unreached(telling, state, state.nodes[id])
    return "\n".join([explain_node(reason, telling), *_of_itself(foreseen, reason, telling)])


def _of_itself(foreseen: Foreseen, reason: Reason, telling: Telling) -> Iterator[str]:
    """What is told of a node that would run, beside its condition: legs that are not known, and
    what would fail without being assumed to."""
    id, state = reason.node.node.id, foreseen.state
    if telling.assumed or reason.node.queued_at is None:
        return
    fails = reason.node.result is Result.FAILED
    if id in foreseen.unknown_legs or (fails and reason.node.message):
        yield ""
        yield f"  {reason.node.message if fails else LEGS_ARE_LATE}"
        part = expansion_of(state, id) if reason.node.node.expands else None
        if part is not None:
            yield "  where its matrix is"
            yield from (f"  {line}" for line in part_lines(part, telling.paint))
        if not fails:
            yield from ("", f"  {telling.paint(DIM, 'note')}: {OUTPUTS_ARE_LATE}")
    elif fails:
        inside = [n.node.id for n in state.children(id) if n.result is Result.FAILED]
        for failing in map(shown_path, inside[:1]):
            yield from (
                "",
                f"  {failing} would fail; `penstock explain --stage {failing}` tells why",
            )


def _step_before(
    foreseen: Foreseen, leaf: NodeState, step: Step, known: SimulatedStep | None, paint: Paint
) -> str:
    place = shown_path(leaf.node.id)
    telling = Telling(
        paint=paint, is_past=False, title=f"step {_step_name(step)} of {place}", place=step.place
    )
    if known is None and leaf.queued_at is None:
        return _unreached(telling, foreseen.state, leaf)
    if known is None:
        return (
            f"{telling.title}: not decided\n\n"
            f"  the result of {place} is assumed as a whole; assume that of a step instead:\n"
            f"  --assume '{place}/STEP=failed'"
        )
    remarks = []
    if not known.is_certain:
        remarks.append("it reads a variable that is known only in the run, or that a step may set")
    return explain_step(known, telling, ways_to, remarks)


def _unreached(telling: Telling, state: RunState, leaf: NodeState) -> str:
    """A part of what does not run: that is explained instead."""
    verb = "did not run" if telling.is_past else "would not run"
    above = _first_stopped(state, leaf)
    inner = Telling(paint=telling.paint, is_past=telling.is_past, title=_title(above))
    explained = explain_node(reason_of(state, above.node.id), inner)
    return f"{telling.title} {verb}, because\n\n{explained}"


def _first_stopped(state: RunState, leaf: NodeState) -> NodeState:
    around = [leaf, *state.ancestors(leaf.node.id)]
    return next((n for n in reversed(around) if n.queued_at is None), leaf)


# After a run


def why_in_run(state: RunState, run: str, path: str, paint: Paint) -> str:
    """Why the thing at `path` ran or did not in that run. Raises Failure (exit 2)."""
    plan = replace(state.plan, nodes=tuple(n.node for n in state.nodes.values()))
    node, steps = resolve(plan, path, f"in {run}")
    if steps:
        return "\n\n".join(
            _step_after(state, state.nodes[leaf.id], step, run, paint) for leaf, step in steps
        )
    found = state.nodes[node.id]
    telling = Telling(paint=paint, is_past=True, title=_title(found), place=run)
    reason = reason_of(state, node.id)
    if reason.never_asked is not None:
        return _unreached(telling, state, found)
    lines = [explain_node(_as_recorded(reason), telling)]
    if remark := _remark(reason) or _secret_remark(reason):
        lines += ["", f"  note: {remark}"]
    if found.result in (Result.FAILED, Result.CANCELED) and found.message:
        lines += ["", f"  it said: {found.message}"]
    return "\n".join(lines)


def _as_recorded(reason: Reason) -> Reason:
    """The reason without what would differ, where what is recorded does not lead to the outcome."""
    return replace(reason, ways=((),)) if _remark(reason) else reason


def _remark(reason: Reason) -> str:
    """That the recorded events do not lead to what happened, and why that can be."""
    node = reason.node
    if node.phase is not Phase.FINISHED or reason.holds is None:
        return ""
    ran = node.queued_at is not None
    if reason.holds is ran:
        return ""
    if node.message and not node.message.startswith("its condition does not hold"):
        return node.message
    return (
        "it was decided otherwise in the run; values of secrets are not recorded, "
        "so what they decided cannot be shown"
    )


def _secret_remark(reason: Reason) -> str:
    parts = [reason.part, *(derived.part for derived in reason.derived)]
    if any(has_note(part, "a secret") for part in parts if part is not None):
        return "it read a secret, whose value is not recorded: parts may have been otherwise"
    return ""


def _step_after(state: RunState, leaf: NodeState, step: Step, run: str, paint: Paint) -> str:
    place = shown_path(leaf.node.id)
    title = f"step {_step_name(step)} of {place}"
    telling = Telling(paint=paint, is_past=True, title=title, place=step.place or run)
    recorded = leaf.steps.get(step.id)
    if leaf.queued_at is None:
        return _unreached(telling, state, leaf)
    if recorded is None or recorded.result is None:
        return f"{title} has no recorded end in {run}: its job {leaf.result or leaf.phase}"

    def as_recorded(one: Step, name: str) -> Result | None:
        known = leaf.steps.get(one.id)
        return known.result if known is not None else None

    request = make_request("0", state, leaf.node.id, run_variables(state))
    outputs = {name: output.value for name, output in leaf.outputs.items()}
    _, steps = simulate_steps(request, as_recorded, outputs)
    found = next(s for s in steps if s.step.id == step.id)
    ran = recorded.result is not Result.SKIPPED
    remarks = list(_step_remarks(found, ran, recorded.message))
    return explain_step(replace(found, result=recorded.result), telling, ways_to, remarks)


def _step_remarks(found: SimulatedStep, ran: bool, message: str) -> Iterator[str]:
    if not found.is_certain:
        yield "variables that steps set in the run are not recorded, but for their outputs"
    if found.holds is not None and found.holds is not ran:
        yield (
            f"the step {'ran' if ran else 'was skipped'} all the same: "
            "it saw a value that is not recorded"
        )
    if message:
        yield f"it said: {message}"


# Names and places


def _title(node: NodeState) -> str:
    kind = "job" if node.node.id.count("/") == 1 and node.node.kind == "job" else node.node.kind
    if node.node.id.count("/") == 2 and node.node.kind == "job":
        kind = "leg"
    return f"{kind} {shown_path(node.node.id)}"


def _step_name(step: Step) -> str:
    return step.name or f'"{visible(step.display_name)}"'


def _place(pipeline: model.Pipeline | None, id: str) -> str:
    """Where a stage or job stands: its condition where it has one."""
    keys = [fold_case(key) for key in id.split("/")]
    if pipeline is None:
        return ""
    for stage in pipeline.stages:
        if fold_case(stage.id.value) != keys[0]:
            continue
        if len(keys) == 1:
            return _condition_place(stage)
        for job in stage.jobs:
            if fold_case(job.id.value) == keys[1]:
                return _condition_place(job)
    return ""


def _condition_place(item: model.Stage | model.Job | model.DeploymentJob) -> str:
    condition = item.condition
    return str(condition.span if condition is not None and condition.span else item.span)

"""A hypothetical run as a tree of text and as JSON. Pure: what was foreseen in, text out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from penstock.agent.simulation import SimulatedStep
from penstock.cli.explaining.evaluated import BAD, BOLD, DIM, painter, part_json
from penstock.cli.explaining.explanations import (
    LEGS_ARE_LATE,
    OUTPUTS_ARE_LATE,
    why_not,
    why_step_not,
)
from penstock.cli.explaining.foresight import Foreseen
from penstock.cli.explaining.summary import shown_path
from penstock.cli.explaining.tree import Branch, draw
from penstock.cli.reading.loading import Loaded
from penstock.cli.terminal import columns
from penstock.devops.library import Library
from penstock.devops.plans.planner import Planned
from penstock.engine.events import Result
from penstock.engine.explanations import NO_VARIABLE, Reason, reason_of
from penstock.engine.state import NodeState
from penstock.language.expressions.reasons import visible
from penstock.language.pipeline import UNNAMED_STAGE
from penstock.language.source import Diagnostic

MISSING = {
    "PS2111": "task",
    "PS2112": "unsupported",
    "PS2113": "unsupported",
    "PS2120": "connection",
    "PS2122": "repository",
    "PS2123": "variable group",
    "PS2124": "secret",
    "PS2126": "secure file",
}
"""What a diagnostic tells is missing, by its code."""

_NOT_HERE = "on the service; this version cannot run it"
_NO_GROUP = "PS2123"
_PERHAPS_IN_A_GROUP = "a variable that is not there may be in a group that is missing"
_WIDEST = 64
_LATE = {
    "set no output": OUTPUTS_ARE_LATE,
    LEGS_ARE_LATE: "a matrix that an output gives is known only in a run: "
    "--assume-output STAGE/JOB.STEP.VARIABLE=JSON gives the output",
}
"""What to say of details that speak of values which only a run has."""
_STATES = {
    Result.SUCCEEDED: ("running", "would run"),
    Result.SUCCEEDED_WITH_ISSUES: ("succeededWithIssues", "would have issues"),
    Result.FAILED: ("failed", "would fail"),
    Result.CANCELED: ("canceled", "would be canceled"),
    Result.SKIPPED: ("skipped", "skipped"),
    Result.ABANDONED: ("abandoned", "condition error"),
}


def plan_text(
    foreseen: Foreseen,
    loaded: Loaded,
    planned: Planned,
    missing: Sequence[Diagnostic],
    *,
    color: bool,
) -> str:
    """The tree of stages, jobs and steps, and what is missing below it."""
    told = dict.fromkeys(planned.refused, _NOT_HERE) | _approvals(loaded.library, planned)
    paint = painter(color)
    values = {v.name: v.value for v in planned.plan.variables}
    about = ", ".join(filter(None, (values["Build.SourceBranch"], values["Build.Reason"])))
    lines = [f"{paint(BOLD, loaded.path)}  ({about})", ""]
    branches = _top(foreseen, told)
    width = min(_WIDEST, max((w for b in branches for w in _widths(b, 0)), default=0))
    lines += [draw(branch, color=color, width=width, times=False) for branch in branches]
    for words, late in _LATE.items():
        if any(_is_told(branch, words) for branch in branches):
            lines += ["", f"{paint(DIM, 'note')}: {late}"]
    lacks_group = any(one.code == _NO_GROUP for one in missing)
    if lacks_group and any(_is_told(branch, NO_VARIABLE) for branch in branches):
        lines += ["", f"{paint(DIM, 'note')}: {_PERHAPS_IN_A_GROUP}"]
    if missing:
        lines += ["", paint(BAD, "missing")]
        lines += _missing(missing, paint(DIM, "= help:"))
    return "\n".join(lines)


def plan_json(
    foreseen: Foreseen, loaded: Loaded, planned: Planned, missing: Sequence[Diagnostic]
) -> dict[str, Any]:
    """`stages`, nested, each node with its outcome and why; `missing` as diagnostics."""
    return foreseen_json(foreseen, loaded.path, loaded.library, planned, missing)


def foreseen_json(
    foreseen: Foreseen,
    path: str,
    library: Library,
    planned: Planned,
    missing: Sequence[Diagnostic],
) -> dict[str, Any]:
    """`plan_json` of a pipeline at `path`, wherever its file was read from."""
    from penstock.language.diagnostics import to_json

    values = {v.name: v.value for v in planned.plan.variables}
    approvals = _approvals(library, planned)
    kinds = [{"kind": MISSING[d.code]} for d in missing]
    return {
        "file": path,
        "branch": values["Build.SourceBranch"],
        "reason": values["Build.Reason"],
        "result": str(foreseen.state.result),
        "stages": [_node_json(foreseen, n, approvals) for n in foreseen.state.children(None)],
        "missing": [k | d for k, d in zip(kinds, to_json(missing), strict=True)],
    }


def _approvals(library: Library, planned: Planned) -> dict[str, str]:
    """What a deployment waits for, by node id."""
    found = {}
    for deployment in planned.deployments:
        environment = library.environments.get(deployment.environment)
        if environment is not None and environment.approvers:
            found[deployment.node] = f"after approval by {', '.join(environment.approvers)}"
    return found


def _top(foreseen: Foreseen, told: dict[str, str]) -> tuple[Branch, ...]:
    branches = tuple(_branch(foreseen, n, told) for n in foreseen.state.children(None))
    if len(branches) == 1 and branches[0].name == UNNAMED_STAGE:
        return branches[0].children
    return branches


def _is_told(branch: Branch, words: str) -> bool:
    """Whether the detail of the branch, or of one below it, has these words."""
    return words in branch.detail or any(_is_told(child, words) for child in branch.children)


def _widths(branch: Branch, depth: int) -> Iterator[int]:
    yield 3 * depth + 2 + columns(branch.name)
    for child in branch.children:
        yield from _widths(child, depth + 1)


def _branch(foreseen: Foreseen, node: NodeState, told: dict[str, str]) -> Branch:
    """A node and what is below it; `told` is what to say of nodes that simply run, by id."""
    reason = reason_of(foreseen.state, node.node.id)
    result = node.result or Result.SUCCEEDED
    state, word = _STATES[result]
    if result is Result.ABANDONED and reason.holds is not None:
        word = "would be abandoned"
    detail = detail_of(foreseen, node, reason) or told.get(node.node.id, "")
    return Branch(
        name=_title(node),
        state=state,
        word=word,
        detail=detail,
        children=() if node.queued_at is None else _below(foreseen, node, told),
    )


def _below(foreseen: Foreseen, node: NodeState, told: dict[str, str]) -> tuple[Branch, ...]:
    children = [n for n in foreseen.state.children(node.node.id) if not n.node.gate]
    is_plain = len(children) == 1 and children[0].node.key == node.node.key  # of an empty matrix
    if is_plain or (node.node.kind == "deployment" and len(children) == 1):
        return _below(foreseen, children[0], told)
    branches = tuple(_branch(foreseen, child, told) for child in children)
    return (*branches, *(_step(step) for step in foreseen.steps.get(node.node.id, ())))


def detail_of(foreseen: Foreseen, node: NodeState, reason: Reason) -> str:
    """Why a node comes to its result, in one line; empty where it simply runs."""
    id = node.node.id
    assumed = foreseen.assumed.nodes.get(id)
    if assumed is not None:
        if assumed is node.result:
            return "assumed"
        why = why_not(reason)
        return f"assumed {assumed}, but {node.result}" + (f": {why}" if why else "")
    if node.result is Result.SKIPPED and node.queued_at is not None:
        return "nothing in it would run"
    if node.result is Result.FAILED and node.message:
        return node.message
    if id in foreseen.unknown_legs:
        return LEGS_ARE_LATE
    if reason.holds is None and reason.error:
        return first_line(reason)
    return why_not(reason)


def _is_leg(node: NodeState) -> bool:
    return node.node.id.count("/") > 1


def first_line(reason: Reason) -> str:
    """The error that a condition met, without where and links."""
    return why_not(reason).removeprefix("its condition cannot be evaluated: ")


def _step(step: SimulatedStep) -> Branch:
    state, word = _STATES[step.result]
    detail = why_step_not(step)
    if step.holds and step.result is not Result.SUCCEEDED:
        detail = "assumed"
    if not step.is_certain:
        detail = detail or "its condition reads what is known only in the run"
        word = "may run" if step.holds else "may be skipped"
    if step.holds is None:
        word = "would fail"
    name = f'{step.step.name} "{step.name}"' if step.step.name else step.name
    return Branch(name=visible(name), state=state, word=word, detail=detail)


def _title(node: NodeState) -> str:
    return visible(_named(node))


def _named(node: NodeState) -> str:
    name = node.node.key
    display = node.node.display_name
    if display not in ("", name) and node.node.kind != "hook" and not _is_leg(node):
        name = f'{name} "{node.node.display_name}"'
    if node.node.kind == "deployment":
        values = {v.name: v.value for v in node.node.variables}
        target = [values.get("Environment.Name"), values.get("Environment.ResourceName")]
        if target[0]:
            return f"{name} -> {'.'.join(filter(None, target))}"
    return name


def _missing(missing: Sequence[Diagnostic], help: str) -> Iterator[str]:
    """What is missing, those with the same next step together."""
    for told, group in groupby(missing, key=lambda one: one.help):
        for one in group:
            place = f" ({one.span})" if one.span else ""
            yield f"  {MISSING[one.code]}: {one.message}{place}"
        if told:
            yield f"    {help} {told}"


def _node_json(foreseen: Foreseen, node: NodeState, approvals: dict[str, str]) -> dict[str, Any]:
    reason = reason_of(foreseen.state, node.node.id)
    return {
        "path": shown_path(node.node.id),
        "kind": node.node.kind,
        "displayName": node.node.display_name,
        "dependsOn": [d.node.key for d in reason.dependencies],
        "condition": reason.condition,
        "result": str(node.result),
        "assumed": node.node.id in foreseen.assumed.nodes,
        "why": detail_of(foreseen, node, reason) or None,
        "waitsFor": approvals.get(node.node.id),
        "evaluated": part_json(reason.part) if reason.part is not None else None,
        "children": [
            _node_json(foreseen, child, approvals)
            for child in foreseen.state.children(node.node.id)
            if not child.node.gate
        ],
        "steps": [_step_json(step) for step in foreseen.steps.get(node.node.id, ())],
    }


def _step_json(step: SimulatedStep) -> dict[str, Any]:
    return {
        "id": step.step.id,
        "name": step.step.name,
        "displayName": step.name,
        "condition": step.step.condition,
        "result": str(step.result),
        "certain": step.is_certain,
        "why": why_step_not(step) or None,
        "evaluated": part_json(step.part) if step.part is not None else None,
        "place": step.step.place or None,
    }

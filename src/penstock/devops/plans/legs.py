"""Jobs that become several: a matrix, slices, and a matrix known only at run time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from penstock.devops.plans.planning import ALONE, Planning, facts_as_variables
from penstock.devops.plans.steps import whole
from penstock.engine.conditions import runtime_value, tells_a_secret
from penstock.engine.plan import Node
from penstock.engine.requests import StepsWork, Variable
from penstock.engine.state import RunState
from penstock.language import pipeline as model
from penstock.language.casing import fold_case
from penstock.language.expressions import to_json_text
from penstock.language.jobs import MOST_LEGS


def plan_legs(
    planning: Planning,
    node: Node,
    work: StepsWork,
    legs: Mapping[str, Mapping[str, str]],
    limit: model.Text | None,
    *,
    numbered: bool = False,
) -> None:
    """Add a job as a group of its legs; `limit` says how many may run at once."""
    at_once = whole(limit, 0, "maxParallel", planning.problems) or None
    planning.nodes.append(replace(node, max_parallel=at_once, timeout=None))
    planning.nodes.extend(
        matrix_leg(
            node,
            work,
            leg,
            values,
            display=f"{node.display_name} {position if numbered else leg}",
            place=_place(position, len(legs), "MultiMachine" if numbered else "MultiConfiguration"),
        )
        for position, (leg, values) in enumerate(legs.items(), 1)
    )


def _place(position: int, total: int, kind: str) -> dict[str, str]:
    """What an instance of a job knows of its place among the others (published DTPipelines library,
    ParallelExecutionOptions)."""
    return {
        "System.JobPositionInPhase": str(position),
        "System.TotalJobsInPhase": str(total),
        "System.ParallelExecutionType": kind,
    }


def matrix_leg(
    node: Node,
    work: StepsWork,
    leg: str,
    values: Mapping[str, str],
    *,
    display: str,
    place: Mapping[str, str],
    secret: bool = False,
) -> Node:
    """One instance of a job with a matrix; the leg's variables win over all others."""
    facts = {
        **place,
        "System.JobName": leg,
        "System.JobDisplayName": display,
        "System.JobIdentifier": f"{node.id.replace('/', '.')}.{leg}",
    }
    return Node(
        id=f"{node.id}/{leg}",
        key=leg,
        kind="job",
        display_name=display,
        parent=node.id,
        variables=(
            *facts_as_variables(facts),
            *(Variable(name=n, value=v, secret=secret) for n, v in values.items()),
        ),
        work=work,
        timeout=node.timeout,
        cancel_timeout=node.cancel_timeout,
    )


def plan_runtime_matrix(
    planning: Planning, node: Node, work: StepsWork, text: model.Text, limit: model.Text | None
) -> None:
    """Add a job whose legs are known when it starts."""
    at_once = whole(limit, 0, "maxParallel", planning.problems) or None
    planning.nodes.append(
        replace(node, work=work, expands=True, expansion=text.value, max_parallel=at_once)
    )


def expand_matrix(state: RunState, node: Node) -> tuple[Node, ...]:
    """The instances of a job whose matrix is a runtime expression: one leg a key.

    The expression gives an object of objects, or the JSON text of one (Azure Pipelines, "Multi-job
    configuration"); an empty one gives a single plain instance. Values that come of a secret are
    secrets. Raises ValueError saying what it gave instead.
    """
    legs = _legs(runtime_value(state, node.id, node.expansion))
    if len(legs) > MOST_LEGS:
        raise ValueError(
            f"The matrix expansion resulted in {len(legs)} jobs which exceeds the maximum "
            f"allowable job count of {MOST_LEGS}."
        )
    if not legs:
        return (plain_instance(node),)
    work = _repeated(node)
    secret = tells_a_secret(state, node.id, node.expansion)
    return tuple(
        matrix_leg(
            node,
            work,
            leg,
            values,
            display=f"{node.display_name} {leg}",
            place=_place(position, len(legs), "MultiConfiguration"),
            secret=secret,
        )
        for position, (leg, values) in enumerate(legs.items(), 1)
    )


def plain_instance(node: Node) -> Node:
    """The one instance of a job whose matrix is empty."""
    return matrix_leg(node, _repeated(node), node.key, {}, display=node.display_name, place=ALONE)


def _repeated(node: Node) -> StepsWork:
    if not isinstance(node.work, StepsWork):
        raise TypeError(f"{node.id} has no steps to repeat")
    return node.work


def _legs(value: object) -> dict[str, dict[str, str]]:
    text = value if isinstance(value, str) else to_json_text(value)  # type: ignore[arg-type]
    try:
        data = json.loads(text) if text.strip() else {}
    except ValueError:
        raise ValueError(f"the matrix expression gave no JSON object but: {text[:200]}") from None
    if not isinstance(data, dict) or not all(isinstance(v, dict) for v in data.values()):
        raise ValueError(f"the matrix expression gave no object of objects but: {text[:200]}")
    _check_names(list(data))
    return {
        leg: {name: _as_text(value) for name, value in values.items()}
        for leg, values in data.items()
    }


def _check_names(names: list[str]) -> None:
    """Legs are jobs, whose names differ in more than upper and lower case."""
    seen: set[str] = set()
    for name in names:
        if not name.strip():
            raise ValueError("the matrix expression gave a leg without a name")
        if fold_case(name) in seen:
            raise ValueError(f'the matrix expression gave more than one leg of the name "{name}"')
        seen.add(fold_case(name))


def _as_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "True" if value else "False"
    return value if isinstance(value, str) else json.dumps(value)

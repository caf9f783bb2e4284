"""Plans and events without the values of secrets: what may be written down or sent to a viewer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from penstock.engine.events import Event, NodeExpanded, NodeFinished, NodeQueued, Output
from penstock.engine.plan import Node, Plan
from penstock.engine.requests import Endpoint, StepsWork, Variable, Work
from penstock.engine.state import RunState

_MASK = "***"
_SHORTEST = 6
"""As in logs: shorter secrets are not masked, for they would blot out ordinary text."""


def without_secrets(plan: Plan) -> Plan:
    """The plan; secret variables and connection parameters keep their names only."""
    return replace(
        plan,
        nodes=tuple(_node(node) for node in plan.nodes),
        variables=_variables(plan.variables),
    )


def event_without_secrets(event: Event) -> Event:
    """The event; secret outputs and variables keep their names only."""
    match event:
        case NodeFinished() if _any_secret(event.outputs):
            return replace(event, outputs=_outputs(event.outputs))
        case NodeQueued() if _any_secret(event.variables):
            return replace(event, variables=_outputs(event.variables))
        case NodeExpanded():
            return replace(event, nodes=tuple(_node(node) for node in event.nodes))
    return event


def lacks_secrets(plan: Plan) -> bool:
    """Whether the plan names secrets whose values it does not have."""
    return _lacks(plan.variables) or any(
        _lacks(node.variables)
        or (isinstance(node.work, StepsWork) and any(e.secrets for e in node.work.endpoints))
        for node in plan.nodes
    )


def refilled(kept: Plan, fresh: Plan) -> Plan:
    """A plan that was kept without secrets, with the values that a plan of the same run has now.

    What `fresh` does not know stays empty. All else is as it was kept.
    """
    known = {node.id: node for node in fresh.nodes}
    nodes = tuple(_refilled_node(n, known[n.id]) if n.id in known else n for n in kept.nodes)
    return replace(kept, nodes=nodes, variables=_refilled(kept.variables, fresh.variables))


def event_refilled(event: Event, plan: Plan) -> Event:
    """An event that was kept without secrets: instances of a job get those of the job in `plan`."""
    if not isinstance(event, NodeExpanded):
        return event
    job = next((node for node in plan.nodes if node.id == event.node), None)
    if job is None:
        return event
    return replace(event, nodes=tuple(_refilled_node(node, job) for node in event.nodes))


def secret_values(state: RunState) -> tuple[str, ...]:
    """The values of all secrets that a run has come to know, the longest first."""
    found = {v.value for v in state.plan.variables if v.secret}
    for node in state.nodes.values():
        found.update(v.value for v in node.node.variables if v.secret)
        found.update(o.value for o in node.variables.values() if o.secret)
        found.update(o.value for o in node.outputs.values() if o.secret)
    return tuple(sorted((v for v in found if v), key=len, reverse=True))


def told(text: str, state: RunState) -> str:
    """A text of the engine's own, such as the service's "Value: '...'", without secrets in it."""
    for value in secret_values(state):
        if len(value) >= _SHORTEST:
            text = text.replace(value, _MASK)
    return text


def _node(node: Node) -> Node:
    variables, work = _variables(node.variables), _work(node.work)
    if variables is node.variables and work is node.work:
        return node
    return replace(node, variables=variables, work=work)


def _work(work: Work | None) -> Work | None:
    if not isinstance(work, StepsWork) or not any(e.secrets for e in work.endpoints):
        return work
    return replace(work, endpoints=tuple(_endpoint(e) for e in work.endpoints))


def _refilled_node(kept: Node, fresh: Node) -> Node:
    work = kept.work
    if isinstance(work, StepsWork) and isinstance(fresh.work, StepsWork):
        known = {endpoint.id: endpoint for endpoint in fresh.work.endpoints}
        endpoints = tuple(_refilled_endpoint(e, known.get(e.id)) for e in work.endpoints)
        work = replace(work, endpoints=endpoints)
    return replace(kept, variables=_refilled(kept.variables, fresh.variables), work=work)


def _refilled(kept: tuple[Variable, ...], fresh: tuple[Variable, ...]) -> tuple[Variable, ...]:
    values = {v.name.casefold(): v.value for v in fresh if v.secret}
    return tuple(
        replace(v, value=values.get(v.name.casefold(), "")) if v.secret and not v.value else v
        for v in kept
    )


def _refilled_endpoint(kept: Endpoint, fresh: Endpoint | None) -> Endpoint:
    if fresh is None:
        return kept
    hidden = {name.casefold() for name in kept.secrets}
    values = {n: v for n, v in fresh.parameters.items() if n.casefold() in hidden}
    return replace(kept, parameters={**kept.parameters, **values})


def _endpoint(endpoint: Endpoint) -> Endpoint:
    hidden = {name.casefold() for name in endpoint.secrets}
    parameters = {n: "" if n.casefold() in hidden else v for n, v in endpoint.parameters.items()}
    return replace(endpoint, parameters=parameters)


def _variables(variables: tuple[Variable, ...]) -> tuple[Variable, ...]:
    if not any(v.secret and v.value for v in variables):
        return variables
    return tuple(replace(v, value="") if v.secret else v for v in variables)


def _lacks(variables: tuple[Variable, ...]) -> bool:
    return any(v.secret and not v.value for v in variables)


def _any_secret(outputs: Mapping[str, Output]) -> bool:
    return any(output.secret for output in outputs.values())


def _outputs(outputs: Mapping[str, Output]) -> dict[str, Output]:
    return {n: Output(value="", secret=True) if o.secret else o for n, o in outputs.items()}

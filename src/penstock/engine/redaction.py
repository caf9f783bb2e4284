"""Plans and events without the values of secrets: what may be written down or sent to a viewer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from penstock.engine.events import Event, NodeExpanded, NodeFinished, NodeQueued, Output
from penstock.engine.plan import Node, Plan
from penstock.engine.requests import Endpoint, StepsWork, Variable, Work


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


def _node(node: Node) -> Node:
    variables, work = _variables(node.variables), _work(node.work)
    if variables is node.variables and work is node.work:
        return node
    return replace(node, variables=variables, work=work)


def _work(work: Work | None) -> Work | None:
    if not isinstance(work, StepsWork) or not any(e.secrets for e in work.endpoints):
        return work
    return replace(work, endpoints=tuple(_endpoint(e) for e in work.endpoints))


def _endpoint(endpoint: Endpoint) -> Endpoint:
    hidden = {name.casefold() for name in endpoint.secrets}
    parameters = {n: "" if n.casefold() in hidden else v for n, v in endpoint.parameters.items()}
    return replace(endpoint, parameters=parameters)


def _variables(variables: tuple[Variable, ...]) -> tuple[Variable, ...]:
    if not any(v.secret and v.value for v in variables):
        return variables
    return tuple(replace(v, value="") if v.secret else v for v in variables)


def _any_secret(outputs: Mapping[str, Output]) -> bool:
    return any(output.secret for output in outputs.values())


def _outputs(outputs: Mapping[str, Output]) -> dict[str, Output]:
    return {n: Output(value="", secret=True) if o.secret else o for n, o in outputs.items()}

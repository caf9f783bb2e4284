"""The variables a node has, those around it included, and the request made from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TypeAlias

from penstock.engine.requests import JobRequest, Variable
from penstock.engine.state import NodeState, RunState
from penstock.language.casing import fold_case

Variables: TypeAlias = dict[str, Variable]
"""Variables by their case-folded name; the name inside keeps its spelling."""


def merge(into: Variables, variables: Iterable[Variable]) -> None:
    """Lay variables over others. What was secret stays so, whoever gives it a new value
    (Azure DevOps SDK, PipelineContextBuilder.SetVariables)."""
    for variable in variables:
        key = fold_case(variable.name)
        below = into.get(key)
        if below is not None and below.secret and not variable.secret:
            variable = replace(variable, secret=True)
        into[key] = variable


def own_variables(state: NodeState) -> Iterator[Variable]:
    """A node's own variables with the values they got when it became ready."""
    for variable in state.node.variables:
        known = state.variables.get(variable.name)
        if known is None or (known.value, known.secret) == (variable.value, variable.secret):
            yield variable
        else:
            yield replace(variable, value=known.value, secret=known.secret)


def variables_around(state: RunState, id: str, run_variables: Iterable[Variable]) -> Variables:
    """What the node sees from the run and from the groups around it, the nearest winning.

    The answer is shared by the children of one group: copy it before changing it.
    """
    key = ("variables", state.nodes[id].node.parent)
    found: Variables | None = state.memo.get(key)
    if found is None:
        found = {}
        merge(found, run_variables)
        for group in reversed(list(state.ancestors(id))):
            merge(found, own_variables(group))
        state.memo[key] = found
    return found


def make_request(
    run: str, state: RunState, id: str, run_variables: Iterable[Variable]
) -> JobRequest:
    """What the executor of a queued leaf is asked to do."""
    node = state.nodes[id]
    if node.node.work is None:
        raise ValueError(f"{id} is a group")
    variables = dict(variables_around(state, id, run_variables))
    merge(variables, own_variables(node))
    return JobRequest(
        run=run,
        node=id,
        attempt=node.attempt,
        display_name=node.node.display_name or node.node.key,
        work=node.node.work,
        variables=tuple(variables.values()),
        secrets=tuple(dict.fromkeys(v.value for v in variables.values() if v.secret and v.value)),
        timeout=node.node.timeout,
        cancel_timeout=node.node.cancel_timeout,
    )

"""A hypothetical run: the engine's own decisions over assumed results, with nothing done."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import field, replace

import click

from penstock.agent.simulation import SimulatedStep, simulate_steps
from penstock.cli.exits import Exit
from penstock.cli.explaining.explanations import has_note
from penstock.cli.explaining.summary import shown_path
from penstock.cli.options import Failure
from penstock.devops.plans.counters import with_counters
from penstock.devops.plans.legs import expand_matrix, plain_instance
from penstock.engine.conditions import run_variables
from penstock.engine.events import Output, Result
from penstock.engine.explanations import expansion_of
from penstock.engine.plan import Node, Plan
from penstock.engine.requests import Step, StepsWork
from penstock.engine.simulation import Simulation
from penstock.engine.state import RunState
from penstock.engine.variables import make_request
from penstock.language.diagnostics import nearest
from penstock.language.pipeline import UNNAMED_STAGE
from penstock.records import record

RESULTS = {
    str(result).casefold(): result
    for result in (
        Result.SUCCEEDED,
        Result.SUCCEEDED_WITH_ISSUES,
        Result.FAILED,
        Result.SKIPPED,
        Result.CANCELED,
        Result.ABANDONED,
    )
}

_CUT_SHORT = (Result.FAILED, Result.CANCELED, Result.ABANDONED)


@record
class Assumptions:
    """What is assumed to happen: results of nodes by id, of steps by node id and step id, and
    outputs (`step.variable`) of jobs by node id. All else succeeds."""

    nodes: Mapping[str, Result] = field(default_factory=dict)
    steps: Mapping[tuple[str, str], Result] = field(default_factory=dict)
    outputs: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@record
class Foreseen:
    """How a hypothetical run ended: its state, and the steps of each job that would run (none
    for a job whose own result is assumed). `unknown_legs` are jobs that stand here as one, since an
    output that nobody assumed says what legs they have."""

    state: RunState
    steps: Mapping[str, tuple[SimulatedStep, ...]]
    assumed: Assumptions
    unknown_legs: frozenset[str] = frozenset()


def foresee(plan: Plan, assumed: Assumptions, *, outputs_are_known: bool = False) -> Foreseen:
    """The end of a run of the plan in which everything ends as assumed.

    With `outputs_are_known` an output that is not assumed was not set, and a job whose matrix reads
    it fails, as on the service; else its legs are unknown.
    """
    nodes = tuple(
        replace(node, condition="false") if assumed.nodes.get(node.id) is Result.SKIPPED else node
        for node in plan.nodes
    )
    started = replace(plan, nodes=nodes, start_time=time.time())
    steps: dict[str, tuple[SimulatedStep, ...]] = {}
    unknown: set[str] = set()

    def answer(state: RunState, id: str) -> tuple[Result, Mapping[str, Output]]:
        result, steps[id] = _job_end(state, id, assumed)
        outputs = _outputs(state, id, assumed) if result is not Result.SKIPPED else {}
        return result, {name: Output(value=value) for name, value in outputs.items()}

    def expand(state: RunState, node: Node) -> tuple[Node, ...]:
        try:
            return expand_matrix(state, node)
        except ValueError:
            if any(id in assumed.nodes for id in _around(state, node.id)):
                return (plain_instance(node),)  # what is assumed of the job counts, not its legs
            if outputs_are_known or not _lacks_output(state, node):
                raise
            unknown.add(node.id)
            return (plain_instance(node),)

    counted = with_counters(started, lambda prefix, seed: seed)
    state = Simulation(counted, expand=expand, answer=answer).run()
    return Foreseen(state=state, steps=steps, assumed=assumed, unknown_legs=frozenset(unknown))


def _lacks_output(state: RunState, node: Node) -> bool:
    """Whether the job's matrix reads an output that a job before it may set in a run."""
    part = expansion_of(state, node.id)
    return part is not None and has_note(part, "set no output")


def _job_end(
    state: RunState, id: str, assumed: Assumptions
) -> tuple[Result, tuple[SimulatedStep, ...]]:
    around = list(_around(state, id))
    request = make_request("0", state, id, run_variables(state))

    def assumed_step(step: Step, name: str) -> Result | None:
        return next((r for a in around if (r := assumed.steps.get((a, step.id)))), None)

    result, steps = simulate_steps(request, assumed_step, _outputs(state, id, assumed))
    whole = next((r for a in around if (r := assumed.nodes.get(a))), None)
    if whole is None or any((a, s.step.id) in assumed.steps for a in around for s in steps):
        return result, steps
    return whole, () if whole in _CUT_SHORT else steps


def _outputs(state: RunState, id: str, assumed: Assumptions) -> dict[str, str]:
    found: dict[str, str] = {}
    for around in reversed(list(_around(state, id))):
        found.update(assumed.outputs.get(around, {}))
    return found


def _around(state: RunState, id: str) -> Iterator[str]:
    """The node and the groups around it, innermost first."""
    yield id
    yield from (a.node.id for a in state.ancestors(id))


# What was typed


def read_assumptions(plan: Plan, results: tuple[str, ...], outputs: tuple[str, ...]) -> Assumptions:
    """`Stage/Job/Step=RESULT` and `Stage/Job.step.variable=VALUE` texts, resolved in the plan.

    Raises Failure or UsageError naming what is wrong and the nearest name.
    """
    nodes: dict[str, Result] = {}
    steps: dict[tuple[str, str], Result] = {}
    for text in results:
        path, separator, word = text.rpartition("=")
        if not separator or not path:
            raise click.UsageError(f'--assume takes NAME=RESULT, not "{text}"')
        result = _result(word)
        node, found = resolve(plan, path, "--assume")
        for leaf, step in found:
            steps[leaf.id, step.id] = result
        if not found:
            nodes[node.id] = result
    values: dict[str, dict[str, str]] = {}
    for text in outputs:
        node, name, value = _output(plan, text)
        values.setdefault(node.id, {})[name] = value
    return Assumptions(nodes=nodes, steps=steps, outputs=values)


def _result(word: str) -> Result:
    result = RESULTS.get(word.strip().casefold())
    if result is None:
        guess = nearest(word, map(str, RESULTS.values()))
        known = ", ".join(map(str, RESULTS.values()))
        hint = f'did you mean "{guess}"?' if guess else f"results are {known}"
        raise Failure(f'--assume: "{word}" is not a result', hint, Exit.USAGE)
    return result


def resolve(plan: Plan, path: str, option: str) -> tuple[Node, tuple[tuple[Node, Step], ...]]:
    """The node a path names, or a node and the steps in it that the last part names, each with the
    job, leg or hook that has it.

    A stage that the YAML does not name is left out of the path. Raises Failure (exit 2).
    """
    by_id = {node.id.casefold(): node for node in plan.nodes}
    parts = path.strip().strip("/").split("/")
    for lead in ([], [UNNAMED_STAGE]):
        whole = by_id.get("/".join((*lead, *parts)).casefold())
        if whole is not None:
            return whole, ()
        for count in range(len(parts) - 1, 0, -1):
            node = by_id.get("/".join((*lead, *parts[:count])).casefold())
            if node is not None and (steps := _steps(plan, node, "/".join(parts[count:]))):
                return node, steps
    help = _inside(plan, by_id, parts) or _anywhere(plan, path)
    raise Failure(f'{option}: there is no stage, job or step "{path}"', help, Exit.USAGE)


def _inside(plan: Plan, by_id: Mapping[str, Node], parts: list[str]) -> str:
    """What to say where the first parts of a path lead to a stage or job, and the rest nowhere."""
    for lead in ([], [UNNAMED_STAGE]):
        for count in range(len(parts) - 1, 0, -1):
            node = by_id.get("/".join((*lead, *parts[:count])).casefold())
            if node is None:
                continue
            names = [other.key for other in plan.nodes if other.parent == node.id]
            steps = [s.name or s.display_name for _, w in _leaves(plan, node) for s in w.steps]
            known = list(dict.fromkeys((*names, *steps)))
            guess = nearest("/".join(parts[count:]), known)
            place = shown_path(node.id)
            told = f"{place} has {', '.join(known[:8]) or 'nothing in it'}"
            return f'did you mean "{place}/{guess}"?' if guess else told
    return ""


def _anywhere(plan: Plan, path: str) -> str:
    nodes = (shown_path(node.id) for node in plan.nodes if node.id != UNNAMED_STAGE)
    known = [*nodes, *_step_paths(plan)]
    guess = nearest(path, known)
    return f'did you mean "{guess}"?' if guess else f"there is {', '.join(known[:8])}"


def _steps(plan: Plan, node: Node, name: str) -> tuple[tuple[Node, Step], ...]:
    wanted = name.casefold()
    return tuple(
        (leaf, step)
        for leaf, work in _leaves(plan, node)
        for step in work.steps
        if wanted in ((step.name or "").casefold(), step.id, step.display_name.casefold())
    )


def _step_paths(plan: Plan) -> Iterator[str]:
    for node in plan.nodes:
        if isinstance(node.work, StepsWork):
            for step in node.work.steps:
                yield f"{shown_path(node.id)}/{step.name or step.display_name}"


def _leaves(plan: Plan, node: Node) -> Iterator[tuple[Node, StepsWork]]:
    """A job and its work, or those of its legs or hooks."""
    for one in plan.nodes:
        inside = one.id == node.id or one.id.startswith(f"{node.id}/")
        if inside and node.parent is not None and isinstance(one.work, StepsWork):
            yield one, one.work


def _output(plan: Plan, text: str) -> tuple[Node, str, str]:
    name, separator, value = text.partition("=")
    path, dot, output = name.partition(".")
    if not separator or not dot:
        raise click.UsageError(f'--assume-output takes STAGE/JOB.STEP.VARIABLE=VALUE, not "{text}"')
    node, steps = resolve(plan, path, "--assume-output")
    if steps or node.parent is None:
        raise click.UsageError(f'--assume-output: "{path}" is no job; name it as STAGE/JOB')
    if "." not in output:
        raise click.UsageError(
            f'--assume-output: "{output}" needs the name of its step: STEP.{output}'
        )
    return node, output, value

"""A simulated run as tests look at it: what runs, what is skipped and why, and with which values.

The engine decides, as it does for `penstock plan`; nothing is started.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from typing import Any

from penstock.agent.simulation import known_variables
from penstock.cli.explaining.explanations import why_step_not
from penstock.cli.explaining.foresight import Assumptions, Foreseen, foresee, resolve
from penstock.cli.explaining.plan_views import detail_of
from penstock.cli.explaining.summary import shown_path
from penstock.cli.options import Failure
from penstock.cli.reading.loading import Loaded
from penstock.cli.reading.planning import plan_loaded
from penstock.cli.reading.tasks import AgentTasks
from penstock.devops.plans.catalog import TaskFacts
from penstock.devops.plans.planner import Planned
from penstock.engine.conditions import run_variables
from penstock.engine.events import Result
from penstock.engine.explanations import reason_of
from penstock.engine.plan import Node, Plan
from penstock.engine.requests import Step
from penstock.engine.state import NodeState
from penstock.engine.variables import Variables, merge, own_variables, variables_around
from penstock.language import pipeline as model
from penstock.language.casing import fold_case
from penstock.language.source import Span
from penstock.language.yaml import Mapping as Tree
from penstock.language.yaml import Node as YamlNode
from penstock.language.yaml import Scalar
from penstock.language.yaml import Sequence as Items
from penstock.records import record

UNKNOWN = "unknown"
_WHERE = "this run: "


class AnyTask:
    """The tasks of the agent, and a stand-in for every other: a test runs none of them."""

    def __init__(self) -> None:
        self._known = AgentTasks()

    def find(self, reference: str) -> TaskFacts:
        """The task of a reference; one that nobody knows is taken as it is written."""
        name = reference.partition("@")[0]
        return self._known.find(reference) or TaskFacts(name=name, friendly_name=name)

    def problems(self, step: Step) -> Sequence[str]:
        """What is wrong with the inputs of a step, where its task is known."""
        return self._known.problems(step) if self._known.find(step.task) else ()

    def names(self) -> Sequence[str]:
        """Every `Name@Major` that is known."""
        return self._known.names()


@record
class Part:
    """A stage, a job (or a leg or a hook of one) or a step of a simulated run.

    `result` is a word of the engine, or `unknown` for a step of a job whose own result is assumed.
    `because` says why it is skipped or fails; it is empty where it simply runs. `span` is where it
    stands in the YAML.
    """

    path: str
    kind: str
    result: str
    runs: bool
    because: str = ""
    span: Span | None = None
    read: Callable[[], dict[str, Any]] = field(default=dict, repr=False)

    @property
    def values(self) -> dict[str, Any]:
        """The keys of the expanded YAML, with variables and macros at the values they would have.

        Those of secrets are `***`.
        """
        return self.read()

    def __getitem__(self, key: str) -> Any:
        """One of `values`: `run["Build/Compile"]["pool"]`."""
        return self.values[key]


class Run:
    """A simulated run: which stages, jobs and steps run, which are skipped, and why."""

    def __init__(self, loaded: Loaded, planned: Planned, foreseen: Foreseen) -> None:
        self._loaded = loaded
        self._planned = planned
        self._foreseen = foreseen
        self._state = foreseen.state
        nodes = tuple(state.node for state in self._state.nodes.values())
        self._plan = replace(self._state.plan, nodes=nodes)
        self._trees = dict(_trees(loaded.compiled.tree))
        self._steps = dict(_model_steps(loaded.compiled.pipeline))

    @property
    def result(self) -> str:
        """How the run ends."""
        return str(self._state.result)

    @property
    def stages(self) -> list[str]:
        """The stages that run, in the order written."""
        return [part.path for part in self._nodes(0) if part.runs]

    @property
    def jobs(self) -> list[str]:
        """The jobs that run, as `Stage/Job`; without a stage that the YAML does not name."""
        return [part.path for part in self._nodes(1) if part.runs]

    @property
    def skipped(self) -> list[str]:
        """The stages and jobs that are skipped."""
        nodes = (*self._nodes(0), *self._nodes(1))
        return [part.path for part in nodes if part.result == Result.SKIPPED]

    def steps(self, job: str) -> list[str]:
        """What runs of the steps of a job, a leg or a hook: names, else display names."""
        node, _ = self._resolved(job)
        return [
            name
            for leaf in self._leaves(node)
            for step in self._foreseen.steps.get(leaf.node.id, ())
            if step.result is not Result.SKIPPED
            for name in [step.step.name or step.name]
        ]

    def __contains__(self, path: str) -> bool:
        """Whether the expanded pipeline has such a stage, job or step."""
        try:
            self.parts(path)
        except Failure:
            return False
        return True

    def __getitem__(self, path: str) -> Part:
        """The stage, job or step at a path. Raises LookupError with the nearest one."""
        __tracebackhide__ = True
        try:
            return self.parts(path)[0]
        except Failure as failure:
            message = failure.message.removeprefix(_WHERE)
            raise LookupError(f"{message}; {failure.help}") from None

    def parts(self, path: str) -> list[Part]:
        """What a path names: a step of a matrix is one of each leg. Raises Failure."""
        node, steps = self._resolved(path)
        if not steps:
            return [self._node_part(self._state.nodes[node.id])]
        return [self._step_part(self._state.nodes[leaf.id], step) for leaf, step in steps]

    def _resolved(self, path: str) -> tuple[Node, tuple[tuple[Node, Step], ...]]:
        return resolve(self._plan, path, _WHERE.rstrip(": "))

    def _nodes(self, depth: int) -> list[Part]:
        return [
            self._node_part(state)
            for id, state in self._state.nodes.items()
            if id.count("/") == depth and (depth or id != model.UNNAMED_STAGE)
        ]

    def _leaves(self, node: Node) -> Iterator[NodeState]:
        for id, state in self._state.nodes.items():
            if id == node.id or id.startswith(f"{node.id}/"):
                yield state

    def _node_part(self, node: NodeState) -> Part:
        id = node.node.id
        reason = reason_of(self._state, id)
        result = node.result or Result.SUCCEEDED
        was_reached = node.queued_at is not None
        tree = self._trees.get(fold_case(id))
        kind = node.node.kind if id.count("/") != 2 or node.node.kind != "job" else "leg"
        return Part(
            path=shown_path(id),
            kind=kind,
            result=str(result),
            runs=was_reached and result is not Result.SKIPPED,
            because=detail_of(self._foreseen, node, reason),
            span=tree.span if tree else None,
            read=lambda: self._node_values(node, tree),
        )

    def _node_values(self, node: NodeState, tree: Tree | None) -> dict[str, Any]:
        found = _plain(tree) if tree else {}
        variables: Variables = dict(
            variables_around(self._state, node.node.id, run_variables(self._state))
        )
        merge(variables, own_variables(node))
        known = known_variables(variables.values())
        if node.node.display_name:
            found["displayName"] = node.node.display_name
        return found | {"condition": node.node.condition, "variables": _AnyCase(known)}

    def _step_part(self, leaf: NodeState, step: Step) -> Part:
        place = shown_path(leaf.node.id)
        model_step = self._steps.get(step.place)
        part = Part(
            path=f"{place}/{step.name or step.display_name}",
            kind="step",
            result=str(Result.SKIPPED),
            runs=False,
            because=f"{place} does not run",
            span=model_step.span if model_step else None,
            read=lambda: _step_values(step, step.display_name, step.inputs, step.env),
        )
        found = self._foreseen.steps.get(leaf.node.id, ())
        known = next((one for one in found if one.step.id == step.id), None)
        if known is not None:
            because = why_step_not(known)
            if not because and known.result is not Result.SUCCEEDED:
                because = "assumed"
            return replace(
                part,
                result=str(known.result),
                runs=known.result is not Result.SKIPPED,
                because=because,
                read=lambda: _step_values(step, known.name, known.inputs, known.env),
            )
        if leaf.queued_at is not None and leaf.result is not Result.SKIPPED:
            because = f"the result of {place} is assumed as a whole"
            return replace(part, result=UNKNOWN, because=because)
        return part


class _AnyCase(dict[str, str]):
    """Variables, found by their names in any case."""

    def __missing__(self, name: str) -> str:
        for known, value in self.items():
            if fold_case(known) == fold_case(name):
                return value
        raise KeyError(name)


def simulate(
    loaded: Loaded, secrets: Mapping[str, str], assume: Callable[[Plan], Assumptions]
) -> Run | None:
    """The run of a compiled pipeline, or None where it has errors.

    `assume` says what is assumed of the plan; what it raises is not caught.
    """
    planned = plan_loaded(loaded, secrets, AnyTask())
    if planned is None:
        return None
    return Run(loaded, planned, foresee(planned.plan, assume(planned.plan), outputs_are_known=True))


def _step_values(
    step: Step, name: str, inputs: Mapping[str, str], env: Mapping[str, str]
) -> dict[str, Any]:
    found: dict[str, Any] = {"task": step.task, "displayName": name, "condition": step.condition}
    if step.name:
        found["name"] = step.name
    found |= {"inputs": dict(inputs), "env": dict(env), "continueOnError": step.continue_on_error}
    if "script" in inputs:
        found["script"] = inputs["script"]
    return found


def _trees(tree: YamlNode | None) -> Iterator[tuple[str, Tree]]:
    """The mappings of the stages and jobs of a canonical tree, by node id in one case."""
    stages = tree.get("stages") if isinstance(tree, Tree) else None
    for position, stage in enumerate(_mappings(stages), 1):
        name = _text(stage, "stage") or f"Stage{position}"
        yield fold_case(name), stage
        for number, job in enumerate(_mappings(stage.get("jobs")), 1):
            key = _text(job, "job") or _text(job, "deployment") or f"Job{number}"
            yield fold_case(f"{name}/{key}"), job


def _mappings(node: YamlNode | None) -> list[Tree]:
    items = node.items if isinstance(node, Items) else ()
    return [item for item in items if isinstance(item, Tree)]


def _text(mapping: Tree, key: str) -> str:
    value = mapping.get(key)
    return value.value if isinstance(value, Scalar) else ""


def _plain(tree: Tree) -> dict[str, Any]:
    """The keys of a stage or job beside those that hold further parts; every leaf is a text."""
    return {
        entry.key.value: _texts(entry.value)
        for entry in tree.entries
        if entry.key.value not in ("jobs", "steps", "variables")
    }


def _texts(node: YamlNode) -> Any:
    match node:
        case Scalar():
            return "" if node.is_null else node.value
        case Items():
            return [_texts(item) for item in node.items]
        case Tree():
            return {entry.key.value: _texts(entry.value) for entry in node.entries}


def _model_steps(pipeline: model.Pipeline | None) -> Iterator[tuple[str, model.Step]]:
    for stage in pipeline.stages if pipeline else ():
        for job in stage.jobs:
            for steps in model.step_lists(job):
                for step in steps:
                    yield str(step.span), step

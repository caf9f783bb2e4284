"""What an expression can see of a run at plan time: variables, dependencies, their outputs.

Generic over the two services: a stage, a job and a matrix leg are nodes at different depths.
Rules: Azure Pipelines documentation, Expressions (Dependencies) and Deployment jobs (Outputs).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from penstock.engine.events import Output, Result
from penstock.engine.state import NodeState, RunState
from penstock.engine.variables import Variables
from penstock.language.expressions import Object, Value
from penstock.records import record

NAMES = ("variables", "dependencies", "stageDependencies", "pipeline", "resources")
"""The contexts there are at plan time, as the documentation spells them."""

HIDDEN = "\0"


@record(kw_only=False)
class View:
    """Where an expression stands: at a node, or at the run itself when `id` is None.

    With `hides_secrets` every secret shows as `HIDDEN`: an answer that changes by it is one.
    """

    state: RunState
    id: str | None
    variables: Variables
    hides_secrets: bool = False

    def contexts(self, names: Collection[str]) -> dict[str, Value]:
        """The named contexts; only these are built."""
        wanted = {name.casefold() for name in names}
        makers: dict[str, Callable[[], Value]] = {
            "variables": self._variables,
            "dependencies": self._dependencies,
            "stageDependencies": self._stage_dependencies,
            "pipeline": self._pipeline,
            "resources": self._resources,
        }
        return {name: make() for name, make in makers.items() if name.casefold() in wanted}

    def _text(self, value: str, secret: bool) -> str:
        return HIDDEN if secret and self.hides_secrets else value

    def _variables(self) -> Value:
        return _object((v.name, self._text(v.value, v.secret)) for v in self.variables.values())

    def _dependencies(self) -> Value:
        if self.id is None:
            return _object(())
        return self._results(visible_dependencies(self.state, self.id))

    def _stage_dependencies(self) -> Value:
        if self.id is None:
            return _object(())
        own = self.state.nodes[self.id]
        top = next(reversed([own, *self.state.ancestors(self.id)]))
        return _object(
            (stage.node.key, self._jobs(stage, is_for_stage=own is top))
            for stage in dependencies_of(self.state, top.node.id)
        )

    def _jobs(self, stage: NodeState, *, is_for_stage: bool) -> Value:
        """The jobs of a stage. A stage sees what `dependencies` shows of it as well: people use
        either word in its condition (MicrosoftDocs/azure-devops-docs#8366)."""
        jobs = self.state.children(stage.node.id)
        of_stage = self._members(stage) if is_for_stage else ()
        return _object([*of_stage, *((job.node.key, self._dependency(job)) for job in jobs)])

    def _results(self, nodes: Iterable[NodeState]) -> Value:
        return _object((node.node.key, self._dependency(node)) for node in nodes)

    def _dependency(self, node: NodeState) -> Value:
        return _object(self._members(node))

    def _members(self, node: NodeState) -> tuple[tuple[str, Value], ...]:
        outputs = outputs_of(self.state, node.node.id)
        texts = ((name, self._text(o.value, o.secret)) for name, o in outputs.items())
        return (("result", azure_word(node.result)), ("outputs", _object(texts)))

    def _pipeline(self) -> Value:
        from datetime import UTC, datetime

        start = self.state.plan.start_time
        time = None if start is None else datetime.fromtimestamp(int(start), UTC)
        return _object((("startTime", time),))

    def _resources(self) -> Value:
        """From the predefined variables `resources.repositories.alias.member`. On the service the
        facts of pipeline resources are variables only, and no members of this context."""
        tree: dict[str, object] = {}
        for key, variable in self.variables.items():
            if key.startswith("RESOURCES.REPOSITORIES."):
                _plant(tree, variable.name.split(".")[1:], variable.value)
        return _tree_object(tree)


def azure_word(result: Result | None) -> str:
    """The word for a result in `dependencies.x.result`: `SucceededWithIssues`, `Abandoned` ..."""
    return result.value[0].upper() + result.value[1:] if result else ""


def dependencies_of(state: RunState, id: str) -> Iterator[NodeState]:
    """The nodes that `dependencies` shows to this one: its direct dependencies."""
    return (state.nodes[d] for d in dict.fromkeys(state.nodes[id].node.depends_on))


def all_dependencies_of(state: RunState, id: str) -> tuple[NodeState, ...]:
    """The nodes that the status functions of this node know: its dependencies, theirs, and so on,
    in the order of the plan.

    Azure Pipelines, Conditions: the requirement "applies to direct dependencies and to their
    indirect dependencies, computed recursively".
    """
    found: set[str] = set()
    waiting = list(state.nodes[id].node.depends_on)
    while waiting:
        current = waiting.pop()
        if current not in found:
            found.add(current)
            waiting += state.nodes[current].node.depends_on
    return tuple(node for id, node in state.nodes.items() if id in found) if found else ()


def results_before(state: RunState, id: str) -> frozenset[Result | None]:
    """The results of all dependencies of a node, direct and indirect; None where one has not ended.

    Kept for nodes before which all has ended, so that a long chain costs a look at each link.
    """
    kept: dict[str, frozenset[Result | None]] = state.memo.setdefault("results before", {})
    found: dict[str, frozenset[Result | None]] = {}
    waiting = [id]
    while waiting:
        before = state.nodes[waiting[-1]].node.depends_on
        unknown = [d for d in before if d not in found and d not in kept]
        if unknown:
            waiting += unknown
            continue
        further = (found[d] if d in found else kept[d] for d in before)
        results = frozenset(state.nodes[d].result for d in before).union(*further)
        found[waiting[-1]] = results
        if None not in results:
            kept[waiting[-1]] = results
        waiting.pop()
    return found[id]


def visible_dependencies(state: RunState, id: str) -> Iterator[NodeState]:
    """A leg or a hook also sees what the job around it depends on; no job sees the stage's."""
    yield from dependencies_of(state, id)
    for ancestor in state.ancestors(id):
        if ancestor.node.parent is not None:
            yield from dependencies_of(state, ancestor.node.id)


def outputs_of(state: RunState, id: str) -> Mapping[str, Output]:
    """The outputs of a node by the names its dependents use.

    A leaf's are `step.variable`; a group's are its children's, each after the child's key: so
    `leg.step.variable` for a matrix, `job.step.variable` for a stage.
    """
    key = ("outputs", id)
    found: dict[str, Output] | None = state.memo.get(key)
    if found is None:
        found = _aliased(state.nodes[id].node.output_aliases, _plain_outputs(state, id))
        if state.nodes[id].result is not None:
            state.memo[key] = found
    return found


def _plain_outputs(state: RunState, id: str) -> dict[str, Output]:
    found = dict(state.nodes[id].outputs)
    for child in state.children(id):
        for name, output in outputs_of(state, child.node.id).items():
            found[f"{child.node.key}.{name}"] = output
    return found


def _aliased(aliases: tuple[tuple[str, str], ...], outputs: dict[str, Output]) -> dict[str, Output]:
    found = {} if any(not of for _, of in aliases) else dict(outputs)
    for alias, of in aliases:
        prefix = f"{of}.".casefold() if of else ""
        for name, output in outputs.items():
            if name.casefold().startswith(prefix):
                found[f"{alias}.{name[len(prefix) :]}"] = output
    return found


def _plant(tree: dict[str, object], path: list[str], value: str) -> None:
    for part in path[:-1]:
        below = tree.setdefault(part, {})
        if not isinstance(below, dict):
            return
        tree = below
    tree[path[-1]] = value


def _tree_object(tree: Mapping[str, object]) -> Value:
    return _object(
        (name, _tree_object(below) if isinstance(below, dict) else str(below))
        for name, below in tree.items()
    )


def _object(items: Iterable[tuple[str, Value]]) -> Object:
    return Object(items, ignore_case=True)

"""Why a node ran or did not, for people: its condition's parts with notes, and what would differ.

Reads a state, of a real run or of a simulated one, and decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from penstock.engine.conditions import (
    Explanation,
    VariableValue,
    explain,
    explain_expansion,
)
from penstock.engine.contexts import (
    all_dependencies_of,
    dependencies_of,
    outputs_of,
    visible_dependencies,
)
from penstock.engine.events import Result
from penstock.engine.requests import DEFAULT_CONDITION
from penstock.engine.state import NodeState, RunState
from penstock.engine.status import GOOD
from penstock.language.casing import fold_case
from penstock.language.expressions import Value
from penstock.language.expressions.nodes import Access, Call, ExpressionNode, Literal, Name
from penstock.language.expressions.reasons import Note, Part, Ways, account, ways_to
from penstock.records import record

NO_VARIABLE = "there is no such variable when this is decided"
"""The note on a variable that is Null."""
_MOST_NAMES = 3
_STATUS = frozenset(("SUCCEEDED", "FAILED", "SUCCEEDEDORFAILED"))


@record
class Derived:
    """A variable that the condition reads and that is an expression itself."""

    name: str
    text: str
    part: Part | None
    error: str = ""


@record
class Reason:
    """Why a node came to what it did.

    `never_asked` is the node around it that did not run, in which case the condition was not
    looked at. `part` is None where the condition cannot be parsed; `holds` is None on an error.
    `earlier` are indirect dependencies, where the condition asks about them; `ways` lead to the
    other outcome.
    """

    node: NodeState
    condition: str
    holds: bool | None
    error: str = ""
    help: str = ""
    part: Part | None = None
    never_asked: NodeState | None = None
    derived: tuple[Derived, ...] = ()
    dependencies: tuple[NodeState, ...] = ()
    earlier: tuple[NodeState, ...] = ()
    ways: Ways = ()


def reason_of(state: RunState, id: str) -> Reason:
    """Why the node ran, was skipped or was abandoned."""
    node = state.nodes[id]
    dependencies = tuple(dependencies_of(state, id))
    condition = node.node.condition or DEFAULT_CONDITION
    around = next((a for a in state.ancestors(id) if _did_not_run(a)), None)
    if around is not None:
        return Reason(
            node=node,
            condition=condition,
            holds=None,
            never_asked=around,
            dependencies=dependencies,
        )
    told = explain(state, id)
    derived = tuple(_derived(state, id, v) for v in told.variables)
    part = _account(state, id, told, derived)
    return Reason(
        node=node,
        condition=condition,
        holds=told.value,
        error=told.error,
        help=told.help,
        part=part,
        derived=derived,
        dependencies=dependencies,
        earlier=_earlier(state, id, told),
        ways=_ways(told, part),
    )


def expansion_of(state: RunState, id: str) -> Part | None:
    """How the matrix of a job that expands came to its value; None where it cannot be parsed."""
    told = explain_expansion(state, id)
    if told.expression is None:
        return None
    return account(told.expression, told.trace, _Notes(state, id).of)


def _earlier(state: RunState, id: str, told: Explanation) -> tuple[NodeState, ...]:
    """The indirect dependencies, where the condition has a function that looks at them."""
    if told.expression is None or not _asks_about_all(told.expression.root):
        return ()
    direct = state.nodes[id].node.depends_on
    return tuple(d for d in all_dependencies_of(state, id) if d.node.id not in direct)


def _asks_about_all(node: ExpressionNode) -> bool:
    """Whether there is a status function without names in an expression."""
    match node:
        case Call(arguments=arguments):
            is_status = fold_case(node.name) in _STATUS
            return (is_status and not arguments) or any(map(_asks_about_all, arguments))
        case Access(base=base, steps=steps):
            return any(_asks_about_all(part) for part in (base, *steps) if part is not None)
    return False


def _did_not_run(node: NodeState) -> bool:
    return node.result is not None and node.queued_at is None


def _account(
    state: RunState, id: str, told: Explanation, derived: tuple[Derived, ...]
) -> Part | None:
    if told.expression is None:
        return None
    notes = _Notes(state, id, derived)
    return account(told.expression, told.trace, notes.of)


def _derived(state: RunState, id: str, variable: VariableValue) -> Derived:
    part = None
    if variable.expression is not None:
        part = account(variable.expression, variable.trace, _Notes(state, id).of)
    return Derived(name=variable.name, text=variable.text, part=part, error=variable.error)


def _ways(told: Explanation, part: Part | None) -> Ways:
    if part is None or told.value is None:
        return ()
    return ways_to(part, not told.value)


class _Notes:
    """What the state knows of the parts of one node's expressions."""

    def __init__(self, state: RunState, id: str, derived: tuple[Derived, ...] = ()) -> None:
        self._state = state
        self._id = id
        self._derived = {fold_case(one.name): one for one in derived}
        self._key = state.nodes[id].node.key

    def of(self, node: ExpressionNode, value: Value) -> Note:
        """The note on a part: whose results a status function saw, why an output is Null."""
        match node:
            case Call(name=name):
                return self._status(name.casefold(), node, value)
            case Access(base=Name(name=name), steps=steps):
                path = [str(s.value) if isinstance(s, Literal) else None for s in steps]
                return self._access(name.casefold(), path, value)
        return Note()

    def _status(self, name: str, call: Call, value: Value) -> Note:
        if fold_case(name) not in _STATUS:
            return Note(remedy="the run were canceled") if name == "canceled" else Note()
        dependencies = list(all_dependencies_of(self._state, self._id))
        named = [str(a.value) for a in call.arguments if isinstance(a, Literal)]
        if named:
            return self._named_status(name, named, dependencies, value)
        if not dependencies:
            other = value is True and name != "failed"
            remedy = "the run were canceled" if other else "it depended on something"
            return Note("it depends on nothing", remedy)
        if self._canceling():
            return Note("the run is being canceled", "the run were not canceled")
        return _of_results(name, dependencies, value)

    def _named_status(
        self, name: str, named: Sequence[str], dependencies: list[NodeState], value: Value
    ) -> Note:
        by_key = {fold_case(d.node.key): d for d in dependencies}
        for word in named:
            if fold_case(word) not in by_key:
                return self._not_a_dependency(word)
        return _of_results(name, [by_key[fold_case(word)] for word in named], value)

    def _canceling(self) -> bool:
        return self._state.nodes[self._id].left_under_cancel

    def _access(self, context: str, path: Sequence[str | None], value: Value) -> Note:
        if not path or path[0] is None:
            return Note()
        if context == "variables":
            return self._variable(path[0], value)
        if context == "dependencies" and value in (None, ""):
            return self._dependency(path)
        if context == "stagedependencies" and value in (None, ""):
            return self._stage_dependency(path)
        return Note()

    def _variable(self, name: str, value: Value) -> Note:
        if value is None:
            return Note(NO_VARIABLE)
        derived = self._derived.get(fold_case(name))
        if derived is not None:
            inner = derived.part.note if derived.part is not None else Note()
            remedy = inner.remedy or f"variables['{name}'] had another value"
            return Note(inner.text or f"it is $[ {derived.text} ]", remedy)
        if self._is_secret(name):
            return Note("a secret" if value else "a secret, its value is not known here")
        return Note()

    def _is_secret(self, name: str) -> bool:
        around = [self._state.nodes[self._id], *self._state.ancestors(self._id)]
        known = (self._state.plan.variables, *(node.node.variables for node in around))
        folded = fold_case(name)
        return any(v.secret and fold_case(v.name) == folded for group in known for v in group)

    def _dependency(self, path: Sequence[str | None]) -> Note:
        name = path[0] or ""
        visible = {fold_case(d.node.key): d for d in visible_dependencies(self._state, self._id)}
        found = visible.get(fold_case(name))
        if found is None:
            return self._not_a_dependency(name)
        if len(path) == 3 and _is_outputs(path[1]):
            return _no_output(found, path[2], outputs_of(self._state, found.node.id))
        return Note()

    def _stage_dependency(self, path: Sequence[str | None]) -> Note:
        top = next(reversed([self._state.nodes[self._id], *self._state.ancestors(self._id)]))
        stages = {fold_case(d.node.key): d for d in dependencies_of(self._state, top.node.id)}
        name = path[0] or ""
        stage = stages.get(fold_case(name))
        if stage is None:
            if self._named(None, name) is None:
                return Note(f"there is no stage {name}", f"it named a stage, not {name}")
            return Note(
                f"stage {top.node.key} does not depend on {name}",
                f"stage {top.node.key} had {name} in its dependsOn",
            )
        if top.node.id == self._id and len(path) == 3 and _is_outputs(path[1]):
            return self._dependency(path)
        jobs = {fold_case(j.node.key): j for j in self._state.children(stage.node.id)}
        job = jobs.get(fold_case(path[1] or "")) if len(path) > 1 else None
        if job is None:
            word = path[1] if len(path) > 1 else ""
            return Note(f"stage {name} has no job {word}")
        if len(path) == 4 and _is_outputs(path[2]):
            return _no_output(job, path[3], outputs_of(self._state, job.node.id))
        return Note()

    def _not_a_dependency(self, name: str) -> Note:
        parent = self._state.nodes[self._id].node.parent
        if self._named(parent, name) is not None:
            return Note(
                f"{self._key} does not depend on {name}",
                f"{self._key} had {name} in its dependsOn",
            )
        if parent is not None and self._named(None, name) is not None:
            return Note(
                f"{name} is a stage: from a job it is stageDependencies.{name}.JOB",
                f"it read stageDependencies.{name}",
            )
        kind = "stage" if parent is None else "job"
        from penstock.language.diagnostics import nearest

        guess = nearest(name, [c.node.key for c in self._state.children(parent)])
        return Note(f"there is no {kind} {name}", f"it named {guess or f'a {kind} that there is'}")

    def _named(self, parent: str | None, name: str) -> NodeState | None:
        children = self._state.children(parent)
        return next((c for c in children if fold_case(c.node.key) == fold_case(name)), None)


def _is_outputs(word: str | None) -> bool:
    return fold_case(word or "") == "OUTPUTS"


def _of_results(name: str, dependencies: list[NodeState], value: Value) -> Note:
    if name == "succeeded":
        bad = [d for d in dependencies if d.result not in GOOD]
        if value is True:
            return Note(_told(dependencies), _listed(dependencies, "or") + " did not succeed")
        return Note(_told(bad), _listed(bad, "and") + " succeeded")
    if name == "failed":
        failed = [d for d in dependencies if d.result is Result.FAILED]
        if value is True:
            return Note(_told(failed), _listed(failed, "and") + " did not fail")
        return Note(_told(dependencies), _listed(dependencies, "or") + " failed")
    if value is True:
        ran = [d for d in dependencies if d.result in (*GOOD, Result.FAILED)]
        return Note(_told(ran), _listed(ran, "and") + " did not run")
    return Note(_told(dependencies), _listed(dependencies, "or") + " ran")


def _told(nodes: list[NodeState]) -> str:
    words: dict[Result | None, list[str]] = {}
    for node in nodes:
        words.setdefault(node.result, []).append(node.node.key)
    return "; ".join(
        f"{_names(keys, 'and')} {result_phrase(result, of_several=len(keys) > 1)}"
        for result, keys in words.items()
    )


def _listed(nodes: list[NodeState], word: str) -> str:
    return _names([node.node.key for node in nodes], word)


def _names(names: list[str], word: str) -> str:
    if len(names) > _MOST_NAMES:
        names = [*names[: _MOST_NAMES - 1], f"{len(names) - _MOST_NAMES + 1} others"]
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {word} {names[-1]}"


def result_phrase(result: Result | None, *, of_several: bool = False) -> str:
    """A result as a verb in the past."""
    was, has = ("were", "have") if of_several else ("was", "has")
    match result:
        case Result.SUCCEEDED:
            return "succeeded"
        case Result.SUCCEEDED_WITH_ISSUES:
            return "succeeded with issues"
        case Result.FAILED:
            return "failed"
        case Result.CANCELED:
            return f"{was} canceled"
        case Result.SKIPPED:
            return f"{was} skipped"
        case Result.ABANDONED:
            return f"{was} abandoned"
        case None:
            return f"{has} not ended"


def _no_output(node: NodeState, name: str | None, outputs: Iterable[str]) -> Note:
    """Why an output is Null: it was not set, perhaps under another name."""
    if name is None or fold_case(name) in map(fold_case, outputs):
        return Note()
    if node.result is Result.SKIPPED:
        return Note(f"{node.node.key} was skipped, so it set nothing", f"{node.node.key} ran")
    from penstock.language.diagnostics import nearest

    guess = nearest(name, outputs)
    hint = f"; it set {guess}" if guess else ""
    return Note(
        f"{node.node.key} set no output {name}{hint}", f"{node.node.key} set the output {name}"
    )

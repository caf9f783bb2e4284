"""What the texts of a plan mean now: conditions, `$[ ]` variables, `continueOnError`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from penstock.engine.contexts import NAMES, View, all_dependencies_of, results_before
from penstock.engine.events import Output, Result
from penstock.engine.requests import DEFAULT_CONDITION, Variable
from penstock.engine.state import Phase, RunState
from penstock.engine.status import status_functions
from penstock.engine.variables import Variables, merge, own_variables, variables_around
from penstock.language.casing import fold_case
from penstock.language.expressions import (
    GENERAL,
    Expression,
    ExpressionError,
    Function,
    Trace,
    Value,
    evaluate,
    parse,
    to_boolean,
    to_json_text,
    to_text,
)
from penstock.records import record


@record(kw_only=False)
class Verdict:
    """What becomes of a ready node: `result` None means it runs, with these of its variables
    evaluated; else it has ended so, and `message` is why."""

    result: Result | None = None
    message: str = ""
    variables: Mapping[str, Output] = MappingProxyType({})


@record(kw_only=False)
class VariableValue:
    """A `$[ ]` variable that a condition reads: how its text came to its value, or the error."""

    name: str
    text: str
    error: str
    trace: Trace
    expression: Expression | None


@record(kw_only=False)
class Explanation:
    """Why a node ran or did not: its condition's value, step by step, or the error it met.

    `expression` is None where the condition cannot be parsed; `variables` are those of the node's
    own that the condition reads and that are expressions themselves.
    """

    condition: str
    value: bool | None
    error: str
    trace: Trace
    expression: Expression | None = None
    variables: tuple[VariableValue, ...] = ()
    help: str = ""


def judge(state: RunState, id: str) -> Verdict:
    """Whether a ready node runs.

    Its `$[ ]` variables come first, since its condition may read them; an error in one counts only
    if the condition holds without it.
    """
    try:
        evaluated, variables, fault = _evaluate_own(state, id)
        holds = to_boolean(_answer(state, id, _condition(state, id), variables))
    except ExpressionError as error:
        return Verdict(Result.ABANDONED, str(error))
    if not holds:
        return Verdict(Result.SKIPPED, f"its condition does not hold: {_condition(state, id)}")
    if fault:
        return Verdict(Result.ABANDONED, fault)
    return Verdict(variables=evaluated)


def explain(state: RunState, id: str) -> Explanation:
    """The evaluation of a node's condition as it was, or would be now."""
    trace, condition = Trace(), _condition(state, id)
    expression: Expression | None = None
    read: tuple[VariableValue, ...] = ()
    try:
        variables = dict(variables_around(state, id, run_variables(state)))
        if state.nodes[id].queued_at is None:
            _, variables, _ = _evaluate_own(state, id)
        else:
            merge(variables, own_variables(state.nodes[id]))
        expression = _parsed(state, condition, _functions(state, id))
        read = tuple(_explain_variables(state, id, expression, variables))
        value = to_boolean(_answer(state, id, condition, variables, trace))
    except ExpressionError as error:
        help = error.help or ""
        return Explanation(condition, None, str(error), trace, expression, read, help)
    return Explanation(condition, value, "", trace, expression, read)


def explain_expansion(state: RunState, id: str) -> VariableValue:
    """The evaluation of the text that says what a node becomes when it starts, its matrix."""
    text = state.nodes[id].node.expansion
    inner = runtime_expression(text)
    return _explained(state, id, "", text if inner is None else inner, _variables_of(state, id))


def continues_on_error(state: RunState, id: str) -> bool:
    """Whether a failure of the node counts as success with issues.

    An expression that cannot be evaluated does not forgive a failure.
    """
    text = state.nodes[id].node.continue_on_error.strip()
    if runtime_expression(text) is None:
        return text.casefold() == "true"
    try:
        value = runtime_value(state, id, text)
    except ExpressionError:
        return False
    return value.casefold() == "true" if isinstance(value, str) else to_boolean(value)


def run_variables(state: RunState) -> tuple[Variable, ...]:
    """The run's own variables, `$[ ]` ones evaluated. Raises `ExpressionError`."""
    found: tuple[Variable, ...] | None = state.memo.get("run variables")
    if found is None:
        variables: Variables = {}
        merge(variables, state.plan.variables)
        for variable in state.plan.variables:
            inner = runtime_expression(variable.value)
            if inner is not None:
                output = _evaluated(state, None, inner, variable, variables)
                merge(variables, [_as_variable(variable, output)])
        found = tuple(variables.values())
        state.memo["run variables"] = found
    return found


def runtime_value(state: RunState, id: str, text: str) -> Value:
    """The value of a `$[ ]` text (or of the expression itself) as the node sees it.

    Raises `ExpressionError`.
    """
    inner = runtime_expression(text)
    return _runtime(state, id, text if inner is None else inner, _variables_of(state, id))


def tells_a_secret(state: RunState, id: str, text: str) -> bool:
    """Whether the `$[ ]` text would have another value if every secret it can see were another.

    Raises `ExpressionError`.
    """
    value = to_json_text(runtime_value(state, id, text))
    inner = runtime_expression(text)
    expression = _parsed(state, text if inner is None else inner, GENERAL)
    hidden = View(state, id, _variables_of(state, id), hides_secrets=True)
    try:
        return to_json_text(evaluate(expression, hidden.contexts(expression.names))) != value
    except ExpressionError:
        return True


def _variables_of(state: RunState, id: str) -> Variables:
    variables = dict(variables_around(state, id, run_variables(state)))
    merge(variables, own_variables(state.nodes[id]))
    return variables


def runtime_expression(text: str) -> str | None:
    """What stands between `$[` and `]` when that is the whole of the text."""
    text = text.strip()
    return text[2:-1].strip() if text.startswith("$[") and text.endswith("]") else None


def _condition(state: RunState, id: str) -> str:
    return state.nodes[id].node.condition or DEFAULT_CONDITION


# Variables


def _evaluate_own(state: RunState, id: str) -> tuple[dict[str, Output], Variables, str]:
    """A node's `$[ ]` variables in order, all it sees, and the first error among them.

    One that has not been evaluated yet shows as its text, as on the service.
    """
    around = variables_around(state, id, run_variables(state))
    own = state.nodes[id].node.variables
    evaluated: dict[str, Output] = {}
    if not own:
        return evaluated, around, ""
    variables = dict(around)
    merge(variables, own)
    fault = ""
    for variable in own:
        inner = runtime_expression(variable.value)
        if inner is None:
            continue
        try:
            output = _evaluated(state, id, inner, variable, variables)
        except ExpressionError as error:
            fault = fault or f"variable {variable.name}: {error}"
            continue
        evaluated[variable.name] = output
        merge(variables, [_as_variable(variable, output)])
    return evaluated, variables, fault


def _as_variable(variable: Variable, output: Output) -> Variable:
    return Variable(
        name=variable.name, value=output.value, secret=output.secret, readonly=variable.readonly
    )


def _evaluated(
    state: RunState, id: str | None, inner: str, variable: Variable, variables: Variables
) -> Output:
    value = to_text(_runtime(state, id, inner, variables))
    secret = variable.secret or _tells_a_secret(state, id, inner, variables, value)
    return Output(value=value, secret=secret)


def _runtime(state: RunState, id: str | None, inner: str, variables: Variables) -> Value:
    expression = _parsed(state, inner, GENERAL)
    view = View(state, id, variables)
    return evaluate(expression, view.contexts(expression.names))


def _tells_a_secret(
    state: RunState, id: str | None, inner: str, variables: Variables, value: str
) -> bool:
    """Whether the value would be another if every secret it can see were another."""
    expression = _parsed(state, inner, GENERAL)
    hidden = View(state, id, variables, hides_secrets=True)
    try:
        return to_text(evaluate(expression, hidden.contexts(expression.names))) != value
    except ExpressionError:
        return True


# Conditions and their functions


def _answer(
    state: RunState, id: str, condition: str, variables: Variables, trace: Trace | None = None
) -> Value:
    expression = _parsed(state, condition, _functions(state, id))
    contexts = View(state, id, variables).contexts(expression.names)
    return evaluate(expression, contexts, trace=trace)


def _functions(state: RunState, id: str) -> Mapping[str, Function]:
    """The general and status functions, the latter answering for this node from now on."""
    asked: _Asked | None = state.memo.get("asked")
    if asked is None:
        asked = state.memo["asked"] = _Asked(state)
    asked.id = id
    return asked.functions


def _explain_variables(
    state: RunState, id: str, expression: Expression, variables: Variables
) -> Iterator[VariableValue]:
    folded = fold_case(expression.text)
    for variable in state.nodes[id].node.variables:
        inner = runtime_expression(variable.value)
        if inner is None or fold_case(variable.name) not in folded:
            continue
        yield _explained(state, id, variable.name, inner, variables)


def _explained(
    state: RunState, id: str, name: str, inner: str, variables: Variables
) -> VariableValue:
    trace, error, parsed = Trace(), "", None
    try:
        parsed = _parsed(state, inner, GENERAL)
        view = View(state, id, variables)
        evaluate(parsed, view.contexts(parsed.names), trace=trace)
    except ExpressionError as fault:
        error = str(fault)
    return VariableValue(name, inner, error, trace, parsed)


def _parsed(state: RunState, text: str, functions: Mapping[str, Function]) -> Expression:
    key = ("expression", text, functions is GENERAL)
    found: Expression | None = state.memo.get(key)
    if found is None:
        found = state.memo[key] = parse(text, names=NAMES, functions=functions)
    return found


class _Asked:
    """The status functions, and the node whose condition is being evaluated.

    Functions are bound when a text is parsed, and one text serves many nodes.
    """

    def __init__(self, state: RunState) -> None:
        self.state = state
        self.id = ""
        self.functions = {**GENERAL, **status_functions(self.results, self.is_canceled)}

    def is_canceled(self) -> bool:
        node = self.state.nodes[self.id]
        if node.phase is Phase.PENDING:
            return self.state.is_canceling(self.id)
        return node.left_under_cancel

    def results(self, names: Sequence[str] | None) -> list[Result | None]:
        if names is None:
            return list(results_before(self.state, self.id))
        known = {fold_case(d.node.key): d.result for d in all_dependencies_of(self.state, self.id)}
        return [known.get(fold_case(name)) for name in names]

"""What conditions and `$[ ]` ask of other stages and jobs: warns where the answer is always empty.

A stage or job sees the results and outputs of what it depends on (Azure Pipelines, Expressions,
Dependencies); of anything else they are empty, and a status function with its name is false. The
service says nothing of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from penstock.language.casing import fold_case
from penstock.language.expressions import Expression, ExpressionError, Function, parse
from penstock.language.expressions.nodes import Access, Call, ExpressionNode, Literal, Name
from penstock.language.outputs import no_such_output
from penstock.language.pipeline import (
    DeploymentJob,
    Job,
    Pipeline,
    Stage,
    Text,
    Variable,
    VariableValue,
    hooks_of,
)
from penstock.language.places import place_in
from penstock.language.runtime_expressions import job_values, places, pool_values, runtime_part
from penstock.language.source import Diagnostic, Severity
from penstock.records import record

_ASKS = r"dependencies\W|(succeeded|failed)\s*\(\s*[^)\s]"
_STATUS = ("SUCCEEDED", "FAILED", "SUCCEEDEDORFAILED")
_COMPARING = ("EQ", "NE", "IN", "NOTIN")
_RESULTS = ("Succeeded", "SucceededWithIssues", "Skipped", "Failed", "Canceled", "Abandoned")
_MEMBERS = ("RESULT", "OUTPUTS")


@record(kw_only=False)
class _Asker:
    """A stage or job whose expressions are looked at.

    `depends_on` are direct dependencies by name, `before` the folded names of all that comes
    before, `beside` what is in the same graph. `stage` is that of a job; `is_condition` is so in
    the condition of a stage.
    """

    kind: str
    name: str
    depends_on: tuple[str, ...]
    before: frozenset[str]
    beside: Mapping[str, Stage | Job | DeploymentJob]
    stages: Mapping[str, Stage]
    stage: _Asker | None = None
    is_condition: bool = False

    def __str__(self) -> str:
        return f'{self.kind} "{self.name}"'

    def misses(self, name: str) -> bool:
        """Whether it does not depend directly on what has this name; a name in its `dependsOn` that
        leads nowhere may have been meant for it."""
        known = [fold_case(one) for one in self.depends_on]
        return fold_case(name) not in known and all(one in self.beside for one in known)


@record(kw_only=False)
class _Said:
    """What is wrong with a part of an expression, at these offsets in it."""

    code: str
    start: int
    end: int
    message: str
    help: str


def check_dependencies(pipeline: Pipeline) -> Iterator[Diagnostic]:
    """What expressions ask about stages and jobs that are not there to be asked about."""
    stages = {_name(s, "Stage", n): s for n, s in enumerate(pipeline.stages, 1)}
    by_name = {fold_case(name): stage for name, stage in stages.items()}
    direct = _stage_dependencies(stages)
    checker = _Checker()
    for name, stage in stages.items():
        outer = _Asker("stage", name, direct[name], _before(name, direct), by_name, by_name)
        yield from checker.stage(stage, outer)
        jobs = {_name(j, "Job", n): j for n, j in enumerate(stage.jobs, 1)}
        waits = {n: tuple(d.value for d in j.depends_on or ()) for n, j in jobs.items()}
        beside = {fold_case(n): j for n, j in jobs.items()}
        for own, job in jobs.items():
            before = _before(own, waits)
            yield from checker.job(
                job, _Asker("job", own, waits[own], before, beside, by_name, outer)
            )


def _name(item: Stage | Job | DeploymentJob, kind: str, number: int) -> str:
    return item.id.value or f"{kind}{number}"


def _stage_dependencies(stages: Mapping[str, Stage]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    previous: tuple[str, ...] = ()
    for name, stage in stages.items():
        named = stage.depends_on
        found[name] = previous if named is None else tuple(d.value for d in named)
        previous = (name,)
    return found


def _before(name: str, direct: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    """The folded names of all that comes before."""
    folded = {fold_case(one): names for one, names in direct.items()}
    found: set[str] = set()
    waiting = [*direct[name]]
    while waiting:
        current = fold_case(waiting.pop())
        if current not in found:
            found.add(current)
            waiting += folded.get(current, ())
    return frozenset(found)


class _Checker:
    """Checks the expressions of one pipeline; those that ask about nothing are not parsed."""

    def __init__(self) -> None:
        self.names: frozenset[str] = frozenset()
        self.functions: Mapping[str, Function] = {}
        self.parsed: dict[str, Expression | None] = {}

    def stage(self, stage: Stage, asker: _Asker) -> Iterator[Diagnostic]:
        """The expressions of a stage, without those of its jobs."""
        yield from self._text(stage.condition, replace(asker, is_condition=True), is_whole=True)
        yield from self._variables(stage.variables, asker)

    def job(self, job: Job | DeploymentJob, asker: _Asker) -> Iterator[Diagnostic]:
        """The expressions of a job."""
        yield from self._text(job.condition, asker, is_whole=True)
        yield from self._variables(job.variables, asker)
        pools = [job.pool]
        if isinstance(job, DeploymentJob):
            pools += [hook.pool for hook in hooks_of(job)]
        for value in (*job_values(job), *(v for pool in pools for v in pool_values(pool))):
            yield from self._text(value, asker)

    def _variables(self, variables: tuple[Variable, ...], asker: _Asker) -> Iterator[Diagnostic]:
        for variable in variables:
            if isinstance(variable, VariableValue):
                yield from self._text(variable.value, asker)

    def _text(
        self, text: Text | None, asker: _Asker, *, is_whole: bool = False
    ) -> Iterator[Diagnostic]:
        if text is None or not re.search(_ASKS, text.value, re.IGNORECASE):
            return
        found = (text.value, 0) if is_whole else runtime_part(text.value)
        expression = self._expression(found[0]) if found else None
        if expression is None or found is None:
            return
        for said in _questions(expression.root, asker):
            yield Diagnostic(
                code=said.code,
                severity=Severity.WARNING,
                message=said.message,
                span=place_in(text.value, text.span, found[1] + said.start, said.end - said.start),
                help=said.help,
            )

    def _expression(self, text: str) -> Expression | None:
        """The tree; None for a text that has faults, which are told elsewhere."""
        if not self.functions:
            known = places()
            self.names = known["condition"].names
            self.functions = {**known["variable"].functions, **known["condition"].functions}
        if text not in self.parsed:
            try:
                self.parsed[text] = parse(text, names=self.names, functions=self.functions)
            except ExpressionError:
                self.parsed[text] = None
        return self.parsed[text]


def _questions(node: ExpressionNode, asker: _Asker) -> Iterator[_Said]:
    match node:
        case Call(name=name, arguments=arguments):
            if fold_case(name) in _STATUS:
                yield from _named_results(node, asker)
            elif fold_case(name) in _COMPARING:
                yield from _words_of_results(node)
            for argument in arguments:
                yield from _questions(argument, asker)
        case Access(base=Name(name=name), steps=steps) if _is(name, "dependencies"):
            yield from _dependency(steps, asker)
        case Access(base=Name(name=name), steps=steps) if _is(name, "stageDependencies"):
            yield from _stage_dependency(steps, asker)
        case Access(base=base, steps=steps):
            for part in (base, *steps):
                if part is not None:
                    yield from _questions(part, asker)


def _is(name: str, word: str) -> bool:
    return fold_case(name) == fold_case(word)


# --- status functions


def _named_results(call: Call, asker: _Asker) -> Iterator[_Said]:
    for argument in call.arguments:
        if not isinstance(argument, Literal) or not isinstance(argument.value, str):
            continue
        name = argument.value
        if not asker.misses(name):
            continue
        at = ("PS2020", argument.start, argument.end)
        if fold_case(name) in asker.before:
            yield _Said(
                *at,
                f'{asker} depends on "{name}" only by way of others: whether {call.name}() knows '
                "that name then is not documented",
                _added(asker, name),
            )
        else:
            yield _Said(
                *at,
                f'{call.name}() is always false here: {asker} does not depend on "{name}"',
                _way(asker, name),
            )


def _words_of_results(call: Call) -> Iterator[_Said]:
    if not any(_is_result(argument) for argument in call.arguments):
        return
    known = [fold_case(word) for word in _RESULTS]
    for argument in call.arguments:
        if not isinstance(argument, Literal) or not isinstance(argument.value, str):
            continue
        if argument.value and fold_case(argument.value) not in known:
            from penstock.language.diagnostics import nearest

            guess = nearest(argument.value, _RESULTS)
            yield _Said(
                "PS2021",
                argument.start,
                argument.end,
                f'no result is "{argument.value}"',
                f'did you mean "{guess}"?' if guess else f"results are {', '.join(_RESULTS)}",
            )


def _is_result(node: ExpressionNode) -> bool:
    match node:
        case Access(base=Name(name=name), steps=steps):
            last = steps[-1]
            is_graph = _is(name, "dependencies") or _is(name, "stageDependencies")
            return is_graph and isinstance(last, Literal) and _is(str(last.value), "result")
    return False


# --- dependencies, stageDependencies


def _dependency(steps: tuple[ExpressionNode | None, ...], asker: _Asker) -> Iterator[_Said]:
    words = _words(steps)
    if not words:
        return
    name = words[0].value
    found = asker.beside.get(fold_case(str(name)))
    if asker.misses(str(name)):
        yield _said(
            words[0],
            f"dependencies.{name} is {_never(asker, str(name))}",
            _way(asker, str(name)),
        )
    elif found is not None and len(words) > 1:
        yield from _members(words[1:], found, f"dependencies.{name}", len(steps) - 1)


def _stage_dependency(steps: tuple[ExpressionNode | None, ...], asker: _Asker) -> Iterator[_Said]:
    words = _words(steps)
    outer = asker.stage or asker
    if not words:
        return
    name = str(words[0].value)
    stage = asker.stages.get(fold_case(name))
    if outer.misses(name):
        yield _said(
            words[0],
            f"stageDependencies.{name} is {_never(outer, name)}",
            _way(outer, name),
        )
    elif asker.is_condition and len(words) > 1 and fold_case(str(words[1].value)) in _MEMBERS:
        if stage is not None:
            yield from _members(words[1:], stage, f"stageDependencies.{name}", len(steps) - 1)
    elif asker.is_condition:
        yield _of_a_stage(words)
    elif stage is not None and len(words) > 1:
        job = str(words[1].value)
        jobs = {fold_case(j.id.value): j for j in stage.jobs if j.id.value}
        path = f"stageDependencies.{name}"
        if fold_case(job) in jobs:
            yield from _members(words[2:], jobs[fold_case(job)], f"{path}.{job}", len(steps) - 2)
        elif len(jobs) == len(stage.jobs):
            from penstock.language.diagnostics import nearest

            listed = [j.id.value for j in stage.jobs]
            guess = nearest(job, listed)
            help = f'did you mean "{guess}"?' if guess else f"its jobs are {', '.join(listed)}"
            if fold_case(job) in _MEMBERS:
                help = f"name a job of it: {path}.{listed[0]}.{job}" if listed else help
            yield _said(
                words[1],
                f'{path}.{job} is always empty here: stage "{name}" has no job "{job}"',
                help,
            )


def _never(asker: _Asker, name: str) -> str:
    """Why it shows nothing of a name. Of indirect dependencies the documentation says that they
    must be added to `dependsOn`."""
    if fold_case(name) in asker.before:
        return f'empty here: {asker} depends on "{name}" only by way of others'
    return f'always empty here: {asker} does not depend on "{name}"'


def _of_a_stage(words: list[Literal]) -> _Said:
    """In the condition of a stage, a stage shows its outputs and not its jobs, as people find
    (MicrosoftDocs/azure-devops-docs#9050, #8366)."""
    name, job, _, output = [*(str(word.value) for word in words[:4]), "", "", "", ""][:4]
    return _said(
        words[min(1, len(words) - 1)],
        "stageDependencies shows jobs to jobs: in the condition of a stage the service may leave "
        "this empty",
        f"write dependencies.{name}.outputs['{job or 'JOB'}.{output or 'STEP.VARIABLE'}']",
        "PS2021",
    )


def _members(
    words: list[Literal], producer: Stage | Job | DeploymentJob, path: str, count: int
) -> Iterator[_Said]:
    """`result`, or `outputs` and the name of one."""
    if not words:
        return
    member = str(words[0].value)
    if fold_case(member) not in _MEMBERS:
        yield _said(
            words[0],
            f'{path} has result and outputs, and no "{member}"',
            _instead(member, producer, path),
            "PS2021",
        )
    elif _is(member, "outputs") and len(words) > 1 and count == 2:
        found = no_such_output(producer, str(words[1].value))
        if found is not None:
            yield _said(words[1], *found, "PS2021")


def _instead(member: str, producer: Stage | Job | DeploymentJob, path: str) -> str:
    if isinstance(producer, Stage) and any(_is(j.id.value, member) for j in producer.jobs):
        return f"outputs of a job are {path}.outputs['{member}.STEP.VARIABLE']"
    from penstock.language.diagnostics import nearest

    guess = nearest(member, ("result", "outputs"))
    return f'did you mean "{guess}"?' if guess else f"write {path}.result"


def _words(steps: tuple[ExpressionNode | None, ...]) -> list[Literal]:
    """The first steps of a path, as far as they are written as texts."""
    found: list[Literal] = []
    for step in steps:
        if not isinstance(step, Literal) or not isinstance(step.value, str):
            break
        found.append(step)
    return found


def _said(word: Literal, message: str, help: str, code: str = "PS2020") -> _Said:
    return _Said(code, word.start, word.end, message, help)


# --- what to do


def _way(asker: _Asker, name: str) -> str:
    """What to do about a name that is no dependency."""
    folded = fold_case(name)
    if folded == fold_case(asker.name):
        return f"a {asker.kind} has no result before it runs: name one that it depends on"
    if folded in asker.beside:
        return _added(asker, name)
    elsewhere = _elsewhere(asker, folded, name)
    if elsewhere:
        return elsewhere
    from penstock.language.diagnostics import nearest

    guess = nearest(name, asker.depends_on)
    if guess:
        return f'did you mean "{guess}"?'
    listed = ", ".join(asker.depends_on)
    return f"it depends on {listed}" if listed else "it depends on nothing: give it a dependsOn"


def _added(asker: _Asker, name: str) -> str:
    other = asker.beside[fold_case(name)]
    if fold_case(asker.name) in _all_before(other, asker):
        return f'"{name}" itself waits for "{asker.name}", so it has no result yet'
    names = ", ".join((*asker.depends_on, other.id.value or name))
    return f"add it: dependsOn: [{names}]" if asker.depends_on else f"add it: dependsOn: {names}"


def _all_before(item: Stage | Job | DeploymentJob, asker: _Asker) -> frozenset[str]:
    kind = asker.kind.capitalize()
    everything = {_name(one, kind, n): one for n, one in enumerate(asker.beside.values(), 1)}
    if isinstance(item, Stage):
        stages = {name: one for name, one in everything.items() if isinstance(one, Stage)}
        direct = _stage_dependencies(stages)
    else:
        direct = {n: tuple(d.value for d in j.depends_on or ()) for n, j in everything.items()}
    own = next(name for name, one in everything.items() if one is item)
    return _before(own, direct)


def _elsewhere(asker: _Asker, folded: str, name: str) -> str:
    """What has the name in another graph."""
    if asker.kind == "job" and folded in asker.stages:
        return f"it is a stage: from a job its jobs are stageDependencies.{name}.JOB"
    for stage in asker.stages.values():
        for job in stage.jobs:
            if job.id.value and fold_case(job.id.value) == folded:
                if asker.kind == "job":
                    return (
                        f'it is a job of stage "{stage.id.value}": from here it is '
                        f"stageDependencies.{stage.id.value}.{name}"
                    )
                return (
                    f'it is a job of stage "{stage.id.value}", and a stage asks about stages; '
                    f"its outputs are dependencies.{stage.id.value}.outputs['{name}.STEP.VARIABLE']"
                )
    return ""

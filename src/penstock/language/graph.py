"""Checks of an expanded pipeline: what depends on what, names, and the expressions of the run.

Order and texts are those of the service's graph validator; all faults are found, not the first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from penstock.language.casing import fold_case
from penstock.language.dependencies import check_dependencies
from penstock.language.pipeline import (
    DeploymentJob,
    Job,
    Pipeline,
    Stage,
    Text,
    Variable,
    VariableValue,
    step_lists,
)
from penstock.language.predefined import is_predefined, is_refused_in_yaml
from penstock.language.runtime_expressions import check_expressions
from penstock.language.source import Diagnostic, Related, Severity, Span, kept_lines
from penstock.records import record

_NAME = re.compile("[A-Za-z_][A-Za-z0-9_]*")
_RESERVED = "(?i:endpoint|input|secret|securefile)[._ ]"
_LONGEST_NAME = 100
_ITEMS = {"group": "variable group", "template": "template"}
_VALUES = {"group": "NAME", "template": "FILE"}
_VALID = (
    "Valid names may only contain alphanumeric characters and '_' and may not start with a number."
)


@record(kw_only=False)
class _Node:
    """A stage or job in its graph. `previous` is the stage it follows when it names none."""

    name: Text
    depends_on: tuple[Text, ...]
    previous: int | None = None


@record(kw_only=False)
class _Words:
    """How messages speak of a graph: of stages, or of the jobs of one stage.

    `elsewhere` maps the jobs of all stages, in folded case, to their stage.
    """

    kind: str
    owner: str
    service_owner: str
    elsewhere: Mapping[str, str] = MappingProxyType({})

    def service_name(self, name: str) -> str:
        """`Stage A` or `Stage A job A1`."""
        return f"{self.service_owner} job {name}" if self.kind == "job" else f"Stage {name}"


def check_pipeline(pipeline: Pipeline, *, is_complete: bool = True) -> list[Diagnostic]:
    """Everything that is wrong with a pipeline as a whole.

    With `is_complete` false parts are missing because of other errors: then names that lead
    nowhere are not reported.
    """
    words = _Words("stage", "the pipeline", "The pipeline")
    start = Span(pipeline.source, 1, 1, 1, 1)
    found = _check_graph(_stage_nodes(pipeline.stages), words, start, is_complete)
    stages = {fold_case(j.id.value): s.id.value for s in pipeline.stages for j in s.jobs}
    for stage in pipeline.stages:
        owner = f'stage "{stage.id.value}"' if stage.id.value else "this stage"
        words = _Words("job", owner, f"Stage {stage.id.value}", stages)
        nodes = [_Node(job.id, job.depends_on or ()) for job in stage.jobs]
        found += _check_graph(nodes, words, stage.span, is_complete)
        for job in stage.jobs:
            found += _check_steps(job)
            found += _check_variables(job.variables)
        found += _check_variables(stage.variables)
    found += _check_variables(pipeline.variables, of_pipeline=True)
    found += check_expressions(pipeline)
    return found + list(check_dependencies(pipeline)) if is_complete else found


def _stage_nodes(stages: Iterable[Stage]) -> list[_Node]:
    return [
        _Node(s.id, s.depends_on or (), i - 1 if s.depends_on is None and i else None)
        for i, s in enumerate(stages)
    ]


def _check_graph(
    nodes: list[_Node], words: _Words, span: Span, is_complete: bool
) -> list[Diagnostic]:
    known = {fold_case(node.name.value): i for i, node in enumerate(nodes) if node.name.value}
    has_root = any(not node.depends_on and node.previous is None for node in nodes)
    problems = list(_cycles(nodes, known, words))
    if is_complete:
        problems += _unknown(nodes, known, words)
        if not has_root and not problems:
            problems.append(_no_root(nodes, words, span))
    if problems and not has_root:
        # the service looks no further then, and says so once, as measured
        text = f"{words.service_owner} must contain at least one {words.kind} with no dependencies."
        problems = [replace(one, service_text=None) for one in problems]
        problems[0] = replace(problems[0], service_text=text)
    return problems + list(_bad_names(nodes, words))


def _no_root(nodes: list[_Node], words: _Words, span: Span) -> Diagnostic:
    return Diagnostic(
        code="PS2001",
        message=f"{words.owner} has no {words.kind} that can start first"
        if nodes
        else f"{words.owner} has no {words.kind}s",
        span=span,
        help=f'remove "dependsOn" from one {words.kind}'
        if nodes
        else f"add a {words.kind}, or look at the conditions that left all of them out",
    )


def _cycles(nodes: list[_Node], known: dict[str, int], words: _Words) -> Iterator[Diagnostic]:
    """Each cycle once, at the dependency that closes it, with the path around it."""
    done: set[int] = set()
    for start in range(len(nodes)):
        path: list[tuple[int, Text]] = []
        waiting = [(start, iter(_edges(nodes[start], nodes, known)))]
        if start in done:
            continue
        open_nodes = {start: 0}
        while waiting:
            current, edges = waiting[-1]
            edge = next(edges, None)
            if edge is None:
                waiting.pop()
                done.add(current)
                open_nodes.pop(current, None)
                if path:
                    path.pop()
                continue
            target, text = edge
            if target in open_nodes:
                around = [*path[open_nodes[target] :], (target, text)]
                yield _cycle(nodes, current, around, words)
            elif target not in done:
                path.append((target, text))
                open_nodes[target] = len(path)
                waiting.append((target, iter(_edges(nodes[target], nodes, known))))


def _edges(node: _Node, nodes: list[_Node], known: dict[str, int]) -> Iterator[tuple[int, Text]]:
    if node.previous is not None:
        yield node.previous, Text(nodes[node.previous].name.value, node.name.span)
    for text in node.depends_on:
        target = known.get(fold_case(text.value))
        if target is not None:
            yield target, text


def _cycle(
    nodes: list[_Node],
    current: int,
    around: list[tuple[int, Text]],
    words: _Words,
) -> Diagnostic:
    """A cycle; `around` are the dependencies on its way, the last of which closes it.

    The service says it of each of them, in the order of the stages or jobs, as measured.
    """
    names = [nodes[around[-1][0]].name.value] + [nodes[i].name.value for i, _ in around]
    closing = around[-1][1]
    name = nodes[current].name.value
    related = tuple(
        Related(text.span, f'here a {words.kind} depends on "{text.value}"')
        for _, text in around[:-1]
    )
    owners = [around[-1][0], *(index for index, _ in around[:-1])]
    texts = (
        f"{words.service_name(nodes[owner].name.value)} depends on {words.kind} {text.value} which "
        "creates a cycle in the dependency graph."
        for owner, (_, text) in sorted(zip(owners, around, strict=True), key=lambda pair: pair[0])
    )
    return Diagnostic(
        code="PS2002",
        message=f"{words.kind}s wait for each other: {' -> '.join(names)}"
        if len(around) > 1
        else f'{words.kind} "{name}" waits for itself',
        span=closing.span,
        label=f'"{name}" names no other, so it follows the one before it'
        if closing.span == nodes[current].name.span
        else "this closes the cycle",
        related=related,
        help="remove one of these dependencies",
        service_text="\n".join(texts),
    )


def _unknown(nodes: list[_Node], known: dict[str, int], words: _Words) -> Iterator[Diagnostic]:
    names = [node.name.value for node in nodes if node.name.value]
    for node in nodes:
        for text in node.depends_on:
            if fold_case(text.value) in known:
                continue
            from penstock.language.diagnostics import nearest

            others = [name for name in names if name != node.name.value]
            close = nearest(text.value, others)
            there = (
                f"the {words.kind}s are {', '.join(others)}" if others else "there are no others"
            )
            subject = words.service_name(node.name.value)
            if not close and (stage := words.elsewhere.get(fold_case(text.value))):
                there = (
                    f'it is a job of stage "{stage}": let the stage depend on it, dependsOn: '
                    f"{stage}; jobs wait for jobs of their own stage only"
                )
            yield Diagnostic(
                code="PS2003",
                message=f'there is no {words.kind} "{text.value}" in {words.owner}',
                span=text.span,
                label=f"no such {words.kind}",
                help=f'did you mean "{close}"?' if close else there,
                service_text=f"{subject} depends on unknown {words.kind} {text.value}.",
            )


def _bad_names(nodes: list[_Node], words: _Words) -> Iterator[Diagnostic]:
    firsts: dict[str, Text] = {}
    for node in nodes:
        name = node.name
        if not name.value:
            continue
        subject = words.service_name(name.value)
        if not _is_valid(name.value):
            yield _invalid(words.kind, name, f"{subject} has an invalid name. {_VALID}")
        first = firsts.setdefault(fold_case(name.value), name)
        if first is not name:
            scope = "a pipeline" if words.kind == "stage" else "a stage"
            title = f"The stage name {name.value}" if words.kind == "stage" else subject
            kind = words.kind.capitalize()
            text = f"{title} appears more than once. {kind} names must be unique within {scope}."
            yield _twice(words.kind, name, first, words.owner, text)


def _check_steps(job: Job | DeploymentJob) -> Iterator[Diagnostic]:
    for steps in step_lists(job):
        firsts: dict[str, Text] = {}
        for step in steps:
            name = step.name
            if name is None or not name.value:
                continue
            subject = f"Job {job.id.value}: The step name {name.value}"
            if not _is_valid(name.value):
                text = f"Job {job.id.value}: Step {name.value} has an invalid name. {_VALID}"
                yield _invalid("step", name, text)
            first = firsts.setdefault(fold_case(name.value), name)
            if first is not name:
                text = f"{subject} appears more than once. Step names must be unique within a job."
                yield _twice("step", name, first, "this job", text)


def _check_variables(
    variables: Iterable[Variable], *, of_pipeline: bool = False
) -> Iterator[Diagnostic]:
    """Names that the service keeps for itself, or that do not reach the scripts of a job."""
    for variable in variables:
        if not isinstance(variable, VariableValue):
            continue
        name = variable.name
        if of_pipeline and is_refused_in_yaml(name.value):
            yield Diagnostic(
                code="PS2013",
                message=f'"{name.value}" is a variable of the service: no pipeline may set it',
                span=name.span,
                help="give the variable a name of its own",
                service_text=f"Cannot override system variable '{name.value}'",
            )
        elif is_predefined(name.value):
            yield Diagnostic(
                code="PS2013",
                severity=Severity.WARNING,
                message=f'"{name.value}" is a predefined variable, and keeps the value that the '
                "service gives it",
                span=name.span,
                label="a run does not use this value",
                help="give the variable a name of its own",
            )
        elif re.match(_RESERVED, name.value):
            yield _reserved(name)
        elif name.value.lower() == "path":
            yield _search_path(name)
        elif name.value.lower() in ("group", "template") and _is_key(name):
            yield _no_item(name)


def _is_key(name: Text) -> bool:
    """Whether a name is written as a key: in a mapping of variables, which holds nothing else."""
    line = kept_lines(name.span.source.text)[name.span.line - 1]
    return line[name.span.end_column - 1 :].lstrip(" '\"").startswith(":")


def _no_item(name: Text) -> Diagnostic:
    word = name.value.lower()
    return Diagnostic(
        code="PS2017",
        severity=Severity.WARNING,
        message=f'this is a variable called "{name.value}", and no {_ITEMS[word]}',
        span=name.span,
        help=f'write variables as a list: "- {word}: {_VALUES[word]}", and "- name:" with "value:" '
        "for the others",
    )


def _reserved(name: Text) -> Diagnostic:
    """That the spelling of a name in the environment is taken away with inputs and secrets.

    The page of variables reserves all names that begin so, but others than these do reach a script.
    """
    return Diagnostic(
        code="PS2012",
        severity=Severity.WARNING,
        message=f'the name "{name.value}" begins with a reserved word: on the service it '
        "may be missing in the environment of scripts",
        span=name.span,
        help=f"write $({name.value}) in the script, or begin the name with another word "
        "than endpoint, input, secret or securefile",
    )


def _search_path(name: Text) -> Diagnostic:
    """That a public variable, which the agent puts into the environment in upper case, takes the
    place of the folders in which programs are found. The page of variables reserves this name."""
    return Diagnostic(
        code="PS2012",
        severity=Severity.WARNING,
        message=f'the variable "{name.value}" takes the place of PATH in every script, which then '
        "finds no programs",
        span=name.span,
        help="give the variable another name",
    )


def _is_valid(name: str) -> bool:
    return len(name) <= _LONGEST_NAME and _NAME.fullmatch(name) is not None


def _invalid(kind: str, name: Text, service_text: str) -> Diagnostic:
    suggestion = re.sub("[^A-Za-z0-9_]+", "_", name.value)[:_LONGEST_NAME]
    suggestion = f"_{suggestion}" if suggestion[:1].isdigit() else suggestion
    return Diagnostic(
        code="PS2004",
        message=f'"{name.value}" is not a valid name for a {kind}',
        span=name.span,
        label="letters, digits and _ only, not beginning with a digit, at most 100",
        help=f'name it "{suggestion}", and put the words for people into "displayName"',
        service_text=service_text,
    )


def _twice(kind: str, name: Text, first: Text, owner: str, service_text: str) -> Diagnostic:
    return Diagnostic(
        code="PS2005",
        message=f'the {kind} name "{name.value}" appears more than once in {owner}',
        span=name.span,
        related=(Related(first.span, "first used here"),),
        help=f"give each {kind} a name of its own; upper and lower case do not count",
        service_text=service_text,
    )

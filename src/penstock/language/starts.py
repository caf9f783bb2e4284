"""Checks of what starts a run: triggers, schedules and the resources that have triggers.

It judges texts; which pipelines an event starts is decided elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeAlias

from penstock.language.casing import fold_case
from penstock.language.pipeline import (
    CompletionTrigger,
    Filter,
    Pipeline,
    RepositoryResource,
    Text,
    Trigger,
    container_trigger,
)
from penstock.language.places import place_in
from penstock.language.source import Diagnostic, Related, Severity, Span

if TYPE_CHECKING:
    from penstock.language.cron import CronFault

_ALIAS = "[-._A-Za-z0-9]*"  # the schema allows no dots; the service takes them
_Filters: TypeAlias = Mapping[str, Filter | None]
_VARIABLE = r"\$\([^)]*\)|\$\["


def check_starts(pipeline: Pipeline, *, is_complete: bool = True) -> Iterator[Diagnostic]:
    """Everything that is wrong, or has no effect, in what starts a pipeline.

    With `is_complete` false parts are missing because of other errors: then nothing is said of
    filters that are empty.
    """
    for name, trigger in (("trigger", pipeline.trigger), ("pr", pipeline.pr)):
        if trigger is not None and trigger.enabled:
            yield from _check_patterns(name, trigger)
    if is_complete:
        for name, filters, span in _triggers(pipeline):
            yield from _check_emptiness(name, filters, span)
    for schedule in pipeline.schedules:
        yield from _check_schedule(schedule)
    for repository in pipeline.resources.repositories:
        yield from _check_repository(repository)
    for resource in pipeline.resources.pipelines:
        if resource.trigger is not None:
            yield from _check_completion(resource.alias, resource.trigger)
    yield from _check_aliases(pipeline)


def _triggers(pipeline: Pipeline) -> Iterator[tuple[str, _Filters, Span]]:
    """What lets branches, tags or paths through: what it is called, its filters, its place."""
    resources = pipeline.resources
    named: list[tuple[str, Trigger | None]] = [("trigger", pipeline.trigger), ("pr", pipeline.pr)]
    named += [("schedules", schedule) for schedule in pipeline.schedules]
    for repository in resources.repositories:
        named.append(
            (f"resources.repositories.{repository.alias.value}.trigger", repository.trigger)
        )
    for container in resources.containers:
        alias = container.alias.value if container.alias else ""
        named.append((f"resources.containers.{alias}.trigger", container_trigger(container)))
    for name, trigger in named:
        if trigger is not None:
            filters = {"branches": trigger.branches, "tags": trigger.tags, "paths": trigger.paths}
            yield name, filters, trigger.span
    for one in resources.pipelines:
        if one.trigger is not None:
            key = f"resources.pipelines.{one.alias.value}.trigger"
            yield key, {"branches": one.trigger.branches}, one.trigger.span


# --- triggers


def _check_patterns(name: str, trigger: Trigger) -> Iterator[Diagnostic]:
    filters = {"branches": trigger.branches, "paths": trigger.paths, "tags": trigger.tags}
    for key, names in filters.items():
        yield from _check_names(f"{name}.{key}", _patterns(names))


def _check_emptiness(name: str, filters: _Filters, span: Span) -> Iterator[Diagnostic]:
    """Filters, and names in them, that let nothing through."""
    for key, names in filters.items():
        patterns = _patterns(names)
        for pattern in patterns:
            if not pattern.value.strip():
                message = f'there is an empty name in "{name}.{key}"'
                yield _empty(message, pattern.span, "write a name, or remove the item")
        if names is not None and key != "paths" and not patterns:
            yield _empty(
                f'"{name}.{key}" names nothing, so it lets nothing through',
                span,
                f"name {key}, or turn it off: {name}: none"
                if name in ("trigger", "pr")
                else f"name {key}, or leave it out",
            )


def _check_names(place: str, names: Iterable[Text]) -> Iterator[Diagnostic]:
    """Names in which variables would be replaced, were there a run already."""
    for name in names:
        if re.search(_VARIABLE, name.value):
            yield Diagnostic(
                code="PS2209",
                severity=Severity.WARNING,
                message=f'"{name.value}" in "{place}" is taken as it is written',
                span=name.span,
                label="variables have no value yet",
                help="write the names out, or use a template expression: ${{ }}",
            )


def _empty(message: str, span: Span, help: str) -> Diagnostic:
    return Diagnostic(
        code="PS2213", severity=Severity.WARNING, message=message, span=span, help=help
    )


def _patterns(names: Filter | None) -> tuple[Text, ...]:
    return (*names.include, *names.exclude) if names else ()


# --- schedules


def _check_schedule(schedule: Trigger) -> Iterator[Diagnostic]:
    from penstock.language.cron import CronError, parse_cron

    yield from _check_patterns("schedules", schedule)
    cron = schedule.cron
    if cron is None:
        return
    try:
        parsed = parse_cron(cron.value)
    except CronError as error:
        yield _cron_diagnostic("PS2201", Severity.ERROR, cron, error.fault)
        return
    for fault in parsed.surprises:
        yield _cron_diagnostic("PS2202", Severity.WARNING, cron, fault)
    if parsed.never_comes:
        yield Diagnostic(
            code="PS2203",
            severity=Severity.WARNING,
            message=f'the schedule "{cron.value}" never comes: none of its months has such a day',
            span=cron.span,
            help="the third field is the day of the month, the fourth the month",
        )


def _cron_diagnostic(code: str, severity: Severity, cron: Text, fault: CronFault) -> Diagnostic:
    return Diagnostic(
        code=code,
        severity=severity,
        message=fault.message,
        span=place_in(cron.value, cron.span, fault.offset, fault.length),
        help=fault.help,
    )


# --- resources


def _check_repository(repository: RepositoryResource) -> Iterator[Diagnostic]:
    place = f"resources.repositories.{repository.alias.value}"
    facts = {"name": repository.name, "ref": repository.ref, "endpoint": repository.endpoint}
    for key, text in facts.items():
        yield from _check_names(f"{place}.{key}", [text] if text else [])
    trigger = repository.trigger
    if trigger is None or not trigger.enabled:
        return
    name = f"{place}.trigger"
    kind = repository.type.value if repository.type else "git"
    if kind.lower() != "git":
        yield Diagnostic(
            code="PS2207",
            severity=Severity.WARNING,
            message=f'"{name}" has no effect: the repository is of type "{kind}"',
            span=trigger.span,
            help='only repositories of "type: git" start pipelines of others',
        )
        return
    if trigger.batch:
        yield Diagnostic(
            code="PS2208",
            severity=Severity.WARNING,
            message=f'"batch" in "{name}" has no effect: each push starts a run of its own',
            span=trigger.span,
            help='remove "batch"; only the trigger of the pipeline\'s own repository can batch',
        )
    yield from _check_patterns(name, trigger)


def _check_completion(alias: Text, trigger: CompletionTrigger) -> Iterator[Diagnostic]:
    place = f"resources.pipelines.{alias.value}.trigger"
    yield from _check_names(f"{place}.branches", _patterns(trigger.branches))
    yield from _check_names(f"{place}.tags", trigger.tags)
    yield from _check_names(f"{place}.stages", trigger.stages)


def _check_aliases(pipeline: Pipeline) -> Iterator[Diagnostic]:
    resources = pipeline.resources
    for kind, aliases in (
        ("repository", [one.alias for one in resources.repositories]),
        ("pipeline", [one.alias for one in resources.pipelines]),
        ("container", [one.alias for one in resources.containers if one.alias]),
        ("build", [one.alias for one in resources.builds]),
        ("package", [one.alias for one in resources.packages]),
        ("webhook", [one.alias for one in resources.webhooks]),
    ):
        yield from _check_alias_list(kind, [alias for alias in aliases if alias])


def _check_alias_list(kind: str, aliases: Iterable[Text]) -> Iterator[Diagnostic]:
    firsts: dict[str, Text] = {}
    for alias in aliases:
        if not re.fullmatch(_ALIAS, alias.value):
            yield Diagnostic(
                code="PS2205",
                severity=Severity.WARNING,
                message=f'"{alias.value}" may not be a valid name for a {kind} resource',
                span=alias.span,
                label="letters, digits, - and _",
                help=f'name it "{re.sub("[^-_A-Za-z0-9]+", "-", alias.value).strip("-")}", '
                "and use that name where the resource is used",
                service_text=f"Unexpected value '{alias.value}'",
            )
        first = firsts.setdefault(fold_case(alias.value), alias)
        if first is not alias:
            yield Diagnostic(
                code="PS2206",
                severity=Severity.WARNING,
                message=f'the {kind} resource "{alias.value}" is declared twice',
                span=alias.span,
                related=(Related(first.span, "first declared here"),),
                help="give each resource a name of its own; upper and lower case do not count",
            )

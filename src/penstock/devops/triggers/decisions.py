"""Which pipelines an event starts, and why the others do not start: a pure decision."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from penstock.devops.triggers.completions import decide_completion
from penstock.devops.triggers.outcomes import nothing
from penstock.devops.triggers.publications import decide_published
from penstock.devops.triggers.pull_requests import decide_pull_request
from penstock.devops.triggers.pushes import decide_push
from penstock.devops.triggers.records import (
    Decision,
    Definition,
    Due,
    Event,
    Published,
    PullRequestChanged,
    Push,
    RunCompleted,
)
from penstock.devops.triggers.timers import decide_due
from penstock.language.casing import same_text


def decide_triggers(
    event: Event, definitions: Iterable[Definition], *, implied_ci: bool = True
) -> tuple[Decision, ...]:
    """What an event does to each pipeline, in the order given.

    A schedule concerns its own pipeline alone, so only that gets a decision. `implied_ci` false is
    the setting of an organization that a pipeline without `trigger` is started by no push.
    """
    return tuple(
        _decide(event, definition, implied_ci)
        for definition in definitions
        if not isinstance(event, Due) or same_text(event.definition, definition.name)
    )


def _decide(event: Event, definition: Definition, implied_ci: bool) -> Decision:
    if not definition.is_enabled:
        return nothing(definition, "the pipeline is disabled or paused")
    match event:
        case Push():
            return decide_push(event, definition, implied_ci=implied_ci)
        case PullRequestChanged():
            return decide_pull_request(event, definition)
        case RunCompleted():
            return decide_completion(event, definition)
        case Due():
            return decide_due(event, definition)
        case Published():
            return decide_published(event, definition)
        case _:
            assert_never(event)

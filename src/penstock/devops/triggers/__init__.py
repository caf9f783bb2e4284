"""Triggers as a pure decision: an event and the pipelines of a project give a reason for each."""

from penstock.devops.triggers.decisions import decide_triggers
from penstock.devops.triggers.records import (
    Decision,
    Definition,
    Due,
    Event,
    Going,
    Outcome,
    Published,
    PullRequestChanged,
    Push,
    Reason,
    RunCompleted,
)

__all__ = [
    "Decision",
    "Definition",
    "Due",
    "Event",
    "Going",
    "Outcome",
    "Published",
    "PullRequestChanged",
    "Push",
    "Reason",
    "RunCompleted",
    "decide_triggers",
]

"""A plan with only some of its stages, as when stages are unticked in the run dialog."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from penstock.devops.plans.planner import Planned
from penstock.language.diagnostics import nearest
from penstock.language.pipeline import Pipeline


class StageRefused(Exception):
    """a stage cannot be chosen or left out

    The message says which and why; `hint` is the next step.
    """

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def stage_keys(planned: Planned) -> tuple[str, ...]:
    """The stages of a plan, in order."""
    return tuple(node.key for node in planned.plan.nodes if node.parent is None)


def find_stages(names: Iterable[str], keys: Collection[str]) -> set[str]:
    """The stages that the names mean, case ignored. Raises StageRefused."""
    by_name = {key.casefold(): key for key in keys}
    found = set()
    for name in names:
        key = by_name.get(name.casefold())
        if key is None:
            guess = nearest(name, keys)
            hint = f'did you mean "{guess}"?' if guess else f"stages are {', '.join(keys)}"
            raise StageRefused(f'there is no stage "{name}"', hint)
        found.add(key)
    return found


def check_skippable(pipeline: Pipeline, skipped: Collection[str]) -> None:
    """That no stage is left out that says `isSkippable: false`. Raises StageRefused."""
    for stage in pipeline.stages:
        if stage.is_skippable is False and stage.id.value in skipped:
            message = f'the stage "{stage.id.value}" may not be left out'
            raise StageRefused(message, "it says `isSkippable: false`")


def with_stages(planned: Planned, kept: Collection[str]) -> Planned:
    """The plan with the kept stages only, and their problems.

    A dependency on a stage that was left out no longer counts.
    """
    nodes = tuple(
        replace(node, depends_on=tuple(d for d in node.depends_on if d.split("/")[0] in kept))
        for node in planned.plan.nodes
        if node.id.split("/")[0] in kept
    )
    return replace(
        planned,
        plan=replace(planned.plan, nodes=nodes),
        deployments=tuple(d for d in planned.deployments if d.node.split("/")[0] in kept),
        problems={
            stage: found for stage, found in planned.problems.items() if not stage or stage in kept
        },
    )

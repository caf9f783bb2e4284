"""A plan with only some of its stages, as when stages are unticked in the run dialog."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from penstock.devops.plans.planner import Planned
from penstock.language.diagnostics import nearest


class UnknownStage(Exception):
    """the pipeline has no stage of that name

    The message names it; `hint` is the nearest name, or all names.
    """

    def __init__(self, name: str, keys: Collection[str]) -> None:
        super().__init__(f'there is no stage "{name}"')
        self.name = name
        guess = nearest(name, keys)
        self.hint = f'did you mean "{guess}"?' if guess else f"stages are {', '.join(keys)}"


def stage_keys(planned: Planned) -> tuple[str, ...]:
    """The stages of a plan, in order."""
    return tuple(node.key for node in planned.plan.nodes if node.parent is None)


def find_stages(names: Iterable[str], keys: Collection[str]) -> set[str]:
    """The stages that the names mean, case ignored. Raises UnknownStage."""
    by_name = {key.casefold(): key for key in keys}
    found = set()
    for name in names:
        key = by_name.get(name.casefold())
        if key is None:
            raise UnknownStage(name, keys)
        found.add(key)
    return found


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

"""Whose run it is that must pass checks, and what protects what the library does not keep."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field

from penstock.devops.resources import Actor, Resource, ResourceType
from penstock.records import record


def _nothing(type: ResourceType, name: str) -> Resource | None:
    return None


@record
class Protection:
    """Whose run it is that must pass checks. With it in `Surroundings`, stages get checkpoints.

    `pipeline` is the number of the definition in the `project` (its id), `repository` and `branch`
    (a full ref) are of `self`. `chosen` are the refs of further repositories, by alias in lower
    case, where the run was given others than the YAML has. A commit that is not of the branch it
    is said to be of stands for itself, by its id. `find` knows the agent pools (`QUEUE`) and
    repositories (by alias) that are protected; all else is known by the library.
    """

    project: str
    pipeline: int
    requester: Actor
    repository: str = ""
    branch: str = ""
    chosen: Mapping[str, str] = field(default_factory=dict)
    find: Callable[[ResourceType, str], Resource | None] = _nothing

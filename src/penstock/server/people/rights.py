"""What roles allow, and what the scopes of a token leave of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from penstock.server.auth import EVERYTHING
from penstock.server.routes import IN_PROJECT, Permission
from penstock.store.people.members import Role
from penstock.store.people.people import FULL_ACCESS

_READER = frozenset(
    {
        Permission.PROJECT_READ,
        Permission.CODE_READ,
        Permission.RUN_READ,
        Permission.LIBRARY_READ,
    }
)
_CONTRIBUTOR = _READER | {
    Permission.CODE_WRITE,
    Permission.RUN_QUEUE,
    Permission.PIPELINE_EDIT,
    Permission.LIBRARY_MANAGE,
}
ROLES: Mapping[Role, frozenset[Permission]] = {
    Role.READER: _READER,
    Role.CONTRIBUTOR: _CONTRIBUTOR,
    Role.ADMINISTRATOR: _CONTRIBUTOR | {Permission.PROJECT_MANAGE},
}
"""What a member may do in the project."""

JOB = _READER | {Permission.SIGNED_IN, Permission.READ, Permission.WRITE}
"""What the steps of a run may do: read its project, and use Azure ML."""

_KNOWN = frozenset({Permission.SIGNED_IN})
_SEES = _KNOWN | {Permission.PROJECT_READ}
_LIBRARY = _SEES | {Permission.LIBRARY_READ}

SCOPES: Mapping[str, frozenset[Permission]] = {
    FULL_ACCESS: EVERYTHING,
    "vso.profile": _KNOWN,
    "vso.project": _SEES,
    "vso.project_write": _SEES | {Permission.PROJECT_MANAGE},
    "vso.project_manage": _SEES | {Permission.PROJECT_MANAGE},
    "vso.code": _SEES | {Permission.CODE_READ},
    "vso.code_write": _SEES | {Permission.CODE_READ, Permission.CODE_WRITE},
    "vso.code_manage": _SEES | {Permission.CODE_READ, Permission.CODE_WRITE},
    "vso.code_full": _SEES | {Permission.CODE_READ, Permission.CODE_WRITE},
    "vso.build": _SEES | {Permission.RUN_READ},
    "vso.build_execute": _SEES
    | {Permission.RUN_READ, Permission.RUN_QUEUE, Permission.PIPELINE_EDIT},
    "vso.variablegroups_read": _LIBRARY,
    "vso.serviceendpoint": _LIBRARY,
    "vso.serviceendpoint_query": _LIBRARY,
    "vso.securefiles_read": _LIBRARY,
    "vso.variablegroups_write": _LIBRARY | {Permission.LIBRARY_MANAGE},
    "vso.variablegroups_manage": _LIBRARY | {Permission.LIBRARY_MANAGE},
    "vso.serviceendpoint_manage": _LIBRARY | {Permission.LIBRARY_MANAGE},
    "vso.securefiles_write": _LIBRARY | {Permission.LIBRARY_MANAGE},
    "vso.securefiles_manage": _LIBRARY | {Permission.LIBRARY_MANAGE},
    "vso.environment_manage": _LIBRARY | {Permission.LIBRARY_MANAGE},
    "penstock.ml": _KNOWN | {Permission.READ},
    "penstock.ml_write": _KNOWN | {Permission.READ, Permission.WRITE},
}
"""What each scope leaves. Those of Azure DevOps have its names ("Authenticate with OAuth 2.0",
Scopes); Azure ML has none, so those two are ours."""


def unknown_scopes(scope: str) -> list[str]:
    """The words of a token's scope that mean nothing here; `[""]` for an empty one."""
    return [word for word in scope.split() or [""] if word not in SCOPES]


def rights(
    *, is_administrator: bool, roles: Mapping[str, Role], scope: str | None
) -> tuple[frozenset[Permission], dict[str, frozenset[Permission]]]:
    """What an account may do everywhere, and in single projects (by id).

    `scope` is that of the token shown; None leaves everything.
    """
    left = EVERYTHING if scope is None else _left(scope.split())
    everywhere = EVERYTHING if is_administrator else _everywhere(roles.values())
    return everywhere & left, {
        project: ROLES[role] & left & IN_PROJECT for project, role in roles.items()
    }


def _everywhere(roles: Iterable[Role]) -> frozenset[Permission]:
    """What members may do outside of projects. Azure ML knows none: who may queue runs in one may
    also use Azure ML, which those runs would do in their name."""
    held = {Permission.SIGNED_IN, Permission.ACCOUNT_MANAGE}
    for role in roles:
        held |= {Permission.READ}
        if Permission.RUN_QUEUE in ROLES[role]:
            held |= {Permission.WRITE}
    return frozenset(held)


def _left(scopes: Iterable[str]) -> frozenset[Permission]:
    none: frozenset[Permission] = frozenset()
    return none.union(*(SCOPES.get(scope, none) for scope in scopes))

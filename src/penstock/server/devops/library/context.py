"""What the handlers of libraries, checks and approvals share: stores, and who may do what.

A route without a project in its path (`_apis/distributedtask/variablegroups`) asks for the project
that its body or query names here: `project_for`. What is not there is a `Refused` (404), what the
caller may not do is one (403), and so is a body that says nothing of use (400).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from penstock.devops.protecting.checkpoints import Checkpoints
from penstock.devops.resources import NOUNS, Actor, Kept, Resource, ResourceType
from penstock.records import record
from penstock.server.actors import actor_of as audit_actor
from penstock.server.devops.errors import bad_request, not_found
from penstock.server.errors import Refused
from penstock.server.routes import Call, Permission
from penstock.store.library.checks import Checks
from penstock.store.library.resources import Resources
from penstock.store.people.audit import Audit
from penstock.store.projects import Project, Projects
from penstock.store.runs.deployments import Deployments

_LONGEST_NAME = 255


@record
class LibraryHttp:
    """The stores and services behind the routes.

    `account` finds an account by its id or sign-in name, None where there is none; `pipeline` the
    name of a definition of a project (its id) by its number, "" where there is none; `run_number`
    what people call a run (`20261122.3`) by its id; `repository` one of a project by its id or
    name.
    """

    organization: str
    projects: Projects
    resources: Resources
    checks: Checks
    checkpoints: Checkpoints
    deployments: Deployments
    audit: Audit
    account: Callable[[str], Actor | None]
    pipeline: Callable[[str, int], str]
    run_number: Callable[[str], str]
    repository: Callable[[str, str], Resource | None]


def caller(call: Call) -> Actor:
    """The account that calls; without an id for a token that no account has."""
    principal = call.principal
    if principal is None:
        return Actor(id="")
    name = principal.display_name or principal.name
    id = "" if principal.run else principal.id
    return Actor(id=id, name=principal.name, display_name=name)


def project_for(http: LibraryHttp, call: Call, named: str, wanted: Permission) -> Project:
    """The project of an id or name, in which the caller holds the permission.

    One that the caller may not see is not there, as where the path names it.
    """
    principal, found = call.principal, http.projects.find(named)
    if found is None or principal is None or not principal.may(Permission.PROJECT_READ, found.id):
        raise not_found("ProjectDoesNotExistException", f'there is no project "{named[:100]}"')
    if not principal.may(wanted, found.id):
        raise forbidden(f'"{principal.name}" may not {wanted} of "{found.name}"')
    return found


def administers(call: Call, project: str, kept: Kept | None) -> bool:
    """Whether the caller may manage the project, or has made the resource and may manage the
    library: as on the service, its maker is its administrator."""
    principal = call.principal
    if principal is None:
        return False
    if principal.may(Permission.PROJECT_MANAGE, project):
        return True
    is_maker = kept is not None and bool(kept.created_by.id)
    return (
        is_maker
        and kept is not None
        and kept.created_by.id == caller(call).id
        and principal.may(Permission.LIBRARY_MANAGE, project)
    )


def check_administers(call: Call, project: str, kept: Kept | None) -> None:
    """Refuse who does not administer the resource."""
    if administers(call, project, kept):
        return
    raise forbidden("only an administrator of the project, or who made the resource, may do that")


def forbidden(message: str) -> Refused:
    """A refusal with status 403."""
    return Refused(403, "AccessDeniedException", message)


def kept_of(http: LibraryHttp, project: str, type: ResourceType, id: str) -> Kept:
    """A resource of the project by its id."""
    found = http.resources.get(project, type, id)
    if found is None:
        message = f'there is no {NOUNS[type]} with the id "{id[:60]}" in the project'
        raise not_found(f"{EXCEPTIONS[type]}NotFoundException", message)
    return found


EXCEPTIONS: Mapping[ResourceType, str] = {
    ResourceType.ENDPOINT: "ServiceEndpoint",
    ResourceType.VARIABLE_GROUP: "VariableGroup",
    ResourceType.SECURE_FILE: "SecureFile",
    ResourceType.ENVIRONMENT: "Environment",
    ResourceType.QUEUE: "TaskAgentQueue",
    ResourceType.REPOSITORY: "GitRepository",
}
"""What the names of the service's exceptions begin with, by the type that they are about."""


def resource_of(http: LibraryHttp, call: Call, type: str, id: str) -> tuple[Resource, Kept | None]:
    """The resource that a path or body names. Repositories are kept elsewhere."""
    try:
        kind = ResourceType(type.lower())
    except ValueError:
        known = ", ".join(ResourceType)
        raise bad_request(f'"{type[:60]}" is not a type of resource; they are {known}') from None
    if kind is ResourceType.QUEUE:
        raise bad_request("every pipeline may use the agent pools of this server")
    if kind is ResourceType.REPOSITORY:
        # As on the service, by `project.repository` or its own id.
        found = http.repository(call.project, id.rpartition(".")[2])
        if found is None:
            message = f'there is no repository "{id[:80]}" in the project'
            raise not_found("GitRepositoryNotFoundException", message)
        return found, None
    kept = kept_of(http, call.project, kind, id)
    return kept.resource, kept


def note(
    http: LibraryHttp, call: Call, action: str, subject: str, project: str = "", **details: str
) -> None:
    """Write a change into the audit log. Names only, never a secret."""
    http.audit.note(
        action,
        audit_actor(call),
        project=project or call.project,
        subject=subject,
        details=details,
    )


def name_of(body: Mapping[str, Any], what: str) -> str:
    """The name that a body gives."""
    name = body.get("name")
    if not isinstance(name, str) or not name.strip():
        raise bad_request(f"a {what} needs a name")
    name = name.strip()
    if len(name) > _LONGEST_NAME or any(ord(character) < 32 for character in name):
        raise bad_request(f"the name of a {what} has at most {_LONGEST_NAME} plain characters")
    return name


def identity(actor: Actor) -> dict[str, object]:
    """An account as an `IdentityRef`."""
    return {
        "id": actor.id or None,
        "displayName": actor.display_name or actor.name,
        "uniqueName": actor.name,
        "descriptor": f"penstock.{actor.id}" if actor.id else None,
    }

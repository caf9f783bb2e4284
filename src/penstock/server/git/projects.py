"""The REST area `core`: projects. Teams and processes are not kept, and are refused by name."""

from __future__ import annotations

from penstock.server.devops.bodies import table_of, text_of
from penstock.server.devops.errors import bad_request
from penstock.server.devops.locations import Location
from penstock.server.devops.queries import whole_number
from penstock.server.devops.wire import listed, project_reference
from penstock.server.errors import Refused
from penstock.server.git.context import Address, GitHttp
from penstock.server.git.errors import git_error
from penstock.server.git.views import Json
from penstock.server.routes import Answer, Call, Handler, Permission, Reply, Route
from penstock.store.projects import NameTaken, Project

LOCATIONS = (
    Location(
        id="603fe2ac-9723-48b9-88ad-09305aa6c6e1",
        area="core",
        resource="projects",
        template="_apis/{resource}/{*projectId}",
        version=4,
    ),
    Location(
        id="9a1b74b4-2ca8-4a9f-8470-c2f2e6fdc949",
        area="operations",
        resource="operations",
        template="_apis/{resource}/{operationId}",
    ),
    Location(
        id="d30a3dd1-f8ba-442a-b86a-bd0c0c383e59",
        area="core",
        resource="teams",
        template="_apis/projects/{projectId}/{resource}/{*teamId}",
        version=3,
    ),
)
_PAGE = 1000


def project_routes(http: GitHttp) -> tuple[Route, ...]:
    """The routes of projects."""
    rest = _Projects(http)
    one = "/{organization}/_apis/projects/{project}"

    def route(method: str, path: str, permission: Permission, handler: Handler) -> Route:
        return Route(
            method=method, path=path, permission=permission, handler=handler, on_error=git_error
        )

    return (
        route("GET", "/{organization}/_apis/projects", Permission.SIGNED_IN, rest.all),
        route("POST", "/{organization}/_apis/projects", Permission.SERVER_MANAGE, rest.create),
        route("GET", one, Permission.PROJECT_READ, rest.one),
        route("PATCH", one, Permission.PROJECT_MANAGE, rest.change),
        route("DELETE", one, Permission.SERVER_MANAGE, rest.delete),
        route("GET", f"{one}/teams", Permission.PROJECT_READ, _no_teams),
        route("GET", "/{organization}/_apis/operations/{id}", Permission.SIGNED_IN, rest.operation),
    )


class _Projects:
    def __init__(self, http: GitHttp) -> None:
        self._http = http

    def all(self, call: Call) -> Reply:
        """The projects that the caller may see."""
        address = Address.of(call)
        skip, top = whole_number(call, "$skip", 0, 10**9), whole_number(call, "$top", 100, _PAGE)
        seen = [one for one in self._http.projects.list() if _may_see(call, one)]
        return listed([project_reference(address.root, one) for one in seen[skip : skip + top]])

    def one(self, call: Call) -> Reply:
        """One project, with what it can do where that is asked for."""
        project = self._http.projects.get(call.parameters["project"])
        view = project_reference(Address.of(call).root, project)
        if call.query("includeCapabilities").lower() == "true":
            view["capabilities"] = {
                "versioncontrol": {"sourceControlType": "Git", "gitEnabled": "True"},
                "processTemplate": {"templateName": "Basic"},
            }
        return view

    def create(self, call: Call) -> Reply:
        """Make a project, and its first repository of the same name."""
        body = call.json()
        name = text_of(body, "name")
        control = table_of(table_of(body, "capabilities"), "versioncontrol")
        if text_of(control, "sourceControlType", "Git").lower() != "git":
            raise bad_request("a project here has Git repositories; Tfvc is not supported")
        try:
            project = self._http.projects.create(name, text_of(body, "description"))
        except NameTaken as error:
            raise Refused(
                409,
                "ProjectAlreadyExistsException",
                "TF200019: The following project already exists on the Azure DevOps Server:"
                f" {name}. You cannot create a new project with the same name as an existing one.",
            ) from error
        try:
            self._http.repositories.create(project, name)
        except BaseException:
            self._http.projects.delete(project.id)
            raise
        return Answer(status=202, body=_operation(Address.of(call), project.id))

    def change(self, call: Call) -> Reply:
        """Rename a project, or describe it anew."""
        body = call.json()
        project = self._http.projects.get(call.parameters["project"])
        name = text_of(body, "name") or None
        description = text_of(body, "description") if "description" in body else None
        self._http.projects.change(project.id, name=name, description=description)
        return Answer(status=202, body=_operation(Address.of(call), project.id))

    def delete(self, call: Call) -> Reply:
        """Remove a project with its repositories, and its runs with their files."""
        project = self._http.projects.get(call.parameters["project"])
        runs = self._http.runs(project.id)
        if going := next((run for run in runs if run.state != "finished"), None):
            message = f"run {going.id} of the project is going on; cancel it first"
            raise Refused(409, "ProjectWorkPendingException", message)
        for repository in self._http.repositories.list(project.id):
            self._http.repositories.delete(repository)
        self._http.projects.delete(project.id)
        for run in runs:
            self._http.forget(str(run.id))
        return Answer(status=202, body=_operation(Address.of(call), project.id))

    def operation(self, call: Call) -> Reply:
        """What clients wait for: whatever was asked for was done before it was answered."""
        return _operation(Address.of(call), call.parameters["id"])


def _operation(address: Address, id: str) -> Json:
    url = f"{address.root}/_apis/operations/{id}"
    return {"id": id, "status": "succeeded", "url": url, "_links": {"self": {"href": url}}}


def _may_see(call: Call, project: Project) -> bool:
    return call.principal is not None and call.principal.may(Permission.PROJECT_READ, project.id)


def _no_teams(call: Call) -> Reply:
    raise Refused(501, "NotSupportedException", "this server keeps no teams; a project has members")

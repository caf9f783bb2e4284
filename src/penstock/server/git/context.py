"""What the handlers of projects and repositories share: stores, and what a call is about."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from penstock.records import record
from penstock.server.devops.errors import not_found
from penstock.server.errors import Refused
from penstock.server.routes import Call
from penstock.server.shares import Shares
from penstock.store.git.making import PACK_LIMIT
from penstock.store.git.repository import BareRepository
from penstock.store.hosting.pushes import Pusher, Pushes
from penstock.store.hosting.repositories import Repositories, Repository
from penstock.store.projects import Project, Projects
from penstock.store.runs import Run


@record
class GitHttp:
    """What the handlers need. `hooks` is the folder that `write_hooks` filled; `on_failure` is told
    of failures of ours that no answer shows; `shares` are what one person may have at once. `runs`
    are those of a project (its id), and `forget` removes the files of one."""

    projects: Projects
    repositories: Repositories
    pushes: Pushes
    hooks: Path
    on_failure: Callable[[str, Exception], None]
    shares: Shares
    runs: Callable[[str], Sequence[Run]] = lambda project: ()
    forget: Callable[[str], None] = lambda run: None
    pack_limit: int = PACK_LIMIT

    def found(self, call: Call) -> Found:
        """The repository that a path names by id or name. Raises Refused."""
        named = call.parameters.get("project", "")
        name = call.parameters.get("repository", named)
        project = self.projects.find(named) if named else None
        repository = None
        if project is not None or not named:
            repository = self.repositories.find(name, project.id if project else "")
        if repository is None:
            raise missing_repository(name)
        return Found(
            call=call,
            project=project or self.projects.get(repository.project),
            repository=repository,
            git=self.repositories.git(repository),
        )

    def project_of(self, parameters: Mapping[str, str]) -> str | None:
        """For paths without a project: the id of the one that the named repository belongs to."""
        repository = self.repositories.find(parameters.get("repository", ""))
        return None if repository is None else repository.project


@record
class Found:
    """The repository that a call is about, and what reads it."""

    call: Call
    project: Project
    repository: Repository
    git: BareRepository

    @property
    def address(self) -> Address:
        """The addresses that an answer gives."""
        return Address.of(self.call)

    @property
    def url(self) -> str:
        """The address of the repository in the API."""
        return self.address.repository(self.project, self.repository)


@record(kw_only=False)
class Address:
    """The addresses of things, as the caller reaches this server."""

    root: str

    @staticmethod
    def of(call: Call) -> Address:
        """Those of the organization that a call names."""
        return Address(f"{call.base_url}/{quote(call.parameters['organization'])}")

    def repository(self, project: Project, repository: Repository) -> str:
        """A repository in the API."""
        return f"{self.root}/{project.id}/_apis/git/repositories/{repository.id}"

    def web(self, project: Project, repository: Repository) -> str:
        """Where people see a repository, which is also what they clone."""
        return f"{self.root}/{quote(project.name)}/_git/{quote(repository.name)}"


def pusher_of(call: Call) -> Pusher:
    """Who calls, as a push remembers them."""
    principal = call.principal
    if principal is None:
        return Pusher()
    return Pusher(id=principal.id, name=principal.display_name or principal.name)


def missing_repository(name: str) -> Refused:
    """The refusal for a repository that is not there, or that the caller may not see."""
    return not_found(
        "GitRepositoryNotFoundException",
        f"TF401019: The Git repository with name or identifier {name} does not exist or you do not"
        " have permissions for the operation you are attempting.",
    )

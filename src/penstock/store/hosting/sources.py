"""The hosted repositories as runs use them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from penstock.devops.sources import CommitFacts, SourceMissing, SourceRepository
from penstock.language.templates.files import Files
from penstock.store.git.names import is_object_id
from penstock.store.git.program import TooMuch
from penstock.store.git.records import Commit
from penstock.store.git.repository import HEADS, BareRepository, LogQuery, NotFound
from penstock.store.hosting.commitfiles import CommitFiles, CommitOf
from penstock.store.hosting.repositories import Repositories, Repository
from penstock.store.projects import Project, Projects

_MOST_COMMITS = 100


class HostedSources:
    """Implements `devops.sources.Sources`. `address` gives the clone address of a repository."""

    def __init__(
        self,
        projects: Projects,
        repositories: Repositories,
        address: Callable[[Project, Repository], str],
    ) -> None:
        self._projects = projects
        self._repositories = repositories
        self._address = address

    def repository(self, name: str, project: str) -> SourceRepository:
        """By id or by `name` in the project (its id), also as `project/name`. Raises SourceMissing
        for others, those of other projects too: what a run may read is its project's."""
        found = self._repositories.find(name, project)
        owner = self._projects.find(project)
        if found is None and owner is not None and "/" in name:
            place, _, inner = name.partition("/")
            if self._projects.find(place) == owner:
                found = self._repositories.find(inner, project)
        if found is None or owner is None:
            raise SourceMissing(f'there is no repository "{name}" in the project')
        folder = self._repositories.folder(found.id)
        if not (folder / "HEAD").exists():
            raise SourceMissing(f'the repository "{found.name}" is gone from the disk')
        git = self._repositories.git(found)
        return SourceRepository(
            id=found.id,
            project=owner.id,
            project_name=owner.name,
            name=found.name,
            folder=folder,
            address=self._address(owner, found),
            default_branch=git.default_branch(),
        )

    def resolve(self, repository: SourceRepository, ref: str) -> str:
        """The commit of a full ref (empty: the default branch), or of a commit's own id. Raises
        SourceMissing."""
        git = self._git(repository)
        try:
            if is_object_id(ref):
                return git.resolve(ref, "commit")
            name = ref or repository.default_branch
            return git.resolve(name if name.startswith("refs/") else f"{HEADS}{name}")
        except NotFound as error:
            message = f'repository "{repository.name}": {error}'
            raise SourceMissing(message.replace("refs/heads/", "")) from error

    def commit(self, repository: SourceRepository, id: str) -> CommitFacts:
        """What the commit says of itself. Raises SourceMissing."""
        try:
            return _facts(self._git(repository).commit(id))
        except NotFound as error:
            raise SourceMissing(str(error)) from error

    def changes(self, repository: SourceRepository, old: str, new: str) -> list[CommitFacts]:
        """The commits that `new` has and `old` has not, newest first, a hundred at most; of a new
        branch (`old` empty) its last one."""
        top = _MOST_COMMITS if old else 1
        found = self._git(repository).log(LogQuery(start=new, exclude=old, top=top))
        return [_facts(commit) for commit in found]

    def changed_paths(
        self, repository: SourceRepository, old: str, new: str
    ) -> tuple[str, ...] | None:
        """The paths that differ between two commits; None where they are not known."""
        if not old:
            return None
        try:
            found = self._git(repository).changes(old, new)
        except TooMuch:
            return None
        return tuple(dict.fromkeys(p for one in found for p in (one.path, one.old_path) if p))

    def is_on(self, repository: SourceRepository, ref: str, commit: str) -> bool:
        """Whether the history of a full ref holds a commit."""
        git = self._git(repository)
        tip = git.ref(ref)
        return tip is not None and git.is_ancestor(commit, tip)

    def fork(self, repository: SourceRepository, commit: str) -> str:
        """Where the history of a commit left the default branch; empty where it never was on it."""
        git = self._git(repository)
        default = git.ref(repository.default_branch)
        return (git.merge_base(default, commit) or "") if default is not None else ""

    def branches(self, repository: SourceRepository) -> list[tuple[str, str]]:
        """Every branch with its commit."""
        return [(ref.name, ref.commit) for ref in self._git(repository).refs(HEADS)]

    def files(self, commits: Mapping[str, tuple[SourceRepository, str]]) -> Files:
        """The files of commits, by alias; `self` among them."""
        return CommitFiles(
            {
                alias: CommitOf(
                    git=self._git(repository),
                    commit=commit,
                    label=f"{repository.name} at {commit[:10]}",
                )
                for alias, (repository, commit) in commits.items()
            }
        )

    def _git(self, repository: SourceRepository) -> BareRepository:
        return self._repositories.git(self._repositories.get(repository.id))


def _facts(commit: Commit) -> CommitFacts:
    return CommitFacts(
        id=commit.id,
        author=commit.author.name,
        email=commit.author.email,
        message=commit.message,
        at=commit.author.at,
    )

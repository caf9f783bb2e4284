"""Makes a run of a pipeline definition: what commit, what YAML, what plan, what is missing.

`prepare` only reads, so the preview of the wizard and a real run take the same way. `queue` keeps
the run and starts it. Where the YAML cannot be read or something is missing the run is kept as one
that failed before it began, with its diagnostics: the service's "information run".
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Protocol

from penstock.devops.definitions import Definition, QueueStatus
from penstock.devops.library import Library
from penstock.devops.plans.catalog import TaskCatalog
from penstock.devops.plans.numbering import numbered
from penstock.devops.plans.planner import Planned, plan_pipeline
from penstock.devops.plans.planning import Surroundings
from penstock.devops.plans.stages import find_stages, stage_keys, with_stages
from penstock.devops.plans.variables import (
    RunFacts,
    queue_variables,
    stable_id,
    template_variables,
)
from penstock.devops.protecting.protection import Protection
from penstock.devops.repository import LocalRepository
from penstock.devops.resources import Actor, Resource, ResourceType
from penstock.devops.sources import CommitFacts, SourceMissing, SourceRepository, Sources
from penstock.engine.events import Event, IssueLogged, Result, RunFinished
from penstock.engine.plan import Plan
from penstock.engine.requests import Repository, Variable
from penstock.language import yaml
from penstock.language.compiler import Compiled, compile_pipeline
from penstock.language.diagnostics import render, to_json
from penstock.language.pipeline import Pipeline
from penstock.language.source import Diagnostic, Source, has_errors
from penstock.language.templates.files import Files

MANUAL = "Manual"
PULL_REQUEST = "System.PullRequest.PullRequestId"
_HEADS = "refs/heads/"
_LONGEST_TITLE = 200

LibraryOf = Callable[[str, Files], Library]
"""The library of a project (its id), with what the files of a commit add to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who asks for a run: an account's id, its display name and address."""

    id: str = ""
    name: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """What is asked for. `ref` is a full ref or empty for the pipeline's own branch; `commit` empty
    means the tip of it. `cause` names what happens once only (`push:7:3`): a second request of the
    same cause is the same run. `resources` are refs of further repositories by alias; `more` are
    predefined variables that come with the reason (of a pull request). `yaml` replaces the text of
    the pipeline's own file, for a preview.
    """

    definition: Definition
    ref: str = ""
    commit: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    skipped: Sequence[str] = ()
    resources: Mapping[str, str] = field(default_factory=dict)
    reason: str = MANUAL
    requested_by: Person = field(default_factory=Person)
    requested_for: Person | None = None
    cause: str = ""
    more: Mapping[str, str] = field(default_factory=dict)
    yaml: str | None = None
    diagnostics: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A run before it is kept. `planned` is None where the YAML has errors; `problem` says in one
    line why it cannot run, empty where it can."""

    request: RunRequest
    repository: SourceRepository
    ref: str
    commit: CommitFacts
    compiled: Compiled
    library: Library
    planned: Planned | None
    diagnostics: tuple[Diagnostic, ...]
    variables: tuple[Variable, ...] = ()
    resources: Mapping[str, tuple[SourceRepository, str]] = field(default_factory=dict)

    @property
    def is_sound(self) -> bool:
        """Whether it can run."""
        return self.planned is not None and not has_errors(self.diagnostics)


class NotQueued(Exception):
    """the run cannot be queued; the message says why"""


class RunBook(Protocol):
    """Where runs are numbered and kept."""

    def new_id(self) -> str:
        """A number that no run has or had."""

    def next_revision(self, definition: str, prefix: str) -> int:
        """What `$(Rev:r)` is for the next run."""

    def id_of_cause(self, cause: str) -> str | None:
        """The run that was started for this cause, if there is one."""

    def create(
        self, run: str, plan: Plan, header: Mapping[str, str], events: Sequence[Event] = ()
    ) -> None:
        """Keep a run with what happened in it already. `ValueError` for a known cause."""


class Start(Protocol):
    """Keeps a run and begins it, after events that are taken over from another one."""

    def __call__(
        self, run: str, plan: Plan, header: Mapping[str, str], events: Sequence[Event] = ()
    ) -> None:
        """As `Scheduler.start`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondTry:
    """What a run takes over from run `of`: events, and (by `copy(new run)`) logs and artifacts."""

    of: str
    events: Sequence[Event]
    copy: Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Queueing:
    """Prepares and queues runs. Every method may be called from any thread.

    `collection_uri` is the address of the organization, with a slash at the end.
    """

    sources: Sources
    library_of: LibraryOf
    catalog: TaskCatalog
    runs: RunBook
    start: Start
    collection_uri: str
    clock: Callable[[], float]

    def known(self, cause: str) -> int | None:
        """The run that was made for a cause already, by a server that died before it could say."""
        found = self.runs.id_of_cause(cause)
        return int(found) if found is not None else None

    def queue(self, request: RunRequest, second_try: SecondTry | None = None) -> str:
        """Make the run and start it; its id. Raises NotQueued, SourceMissing, UnknownStage."""
        if request.cause and (known := self.runs.id_of_cause(request.cause)):
            return known
        status = request.definition.settings.queue_status
        if status is not QueueStatus.ENABLED:
            raise NotQueued(f'the pipeline "{request.definition.name}" is {status}')
        prepared = self.prepare(request)
        run = self.runs.new_id()
        try:
            if prepared.is_sound and prepared.planned is not None:
                number, plan = self._numbered(run, prepared, prepared.planned.plan)
                header = self.header(prepared, number)
                if second_try is not None:
                    second_try.copy(run)
                    header["second_try_of"] = second_try.of
                self.start(run, plan, header, second_try.events if second_try else ())
            else:
                self._keep_failed(run, prepared)
        except ValueError:
            # Another thread was told of the same cause at the same time.
            known = self.runs.id_of_cause(request.cause)
            if known is None:
                raise
            return known
        return run

    def prepare(self, request: RunRequest) -> Prepared:
        """All that is known of the run before it begins. Raises SourceMissing, UnknownStage."""
        definition = request.definition
        repository = self.sources.repository(definition.repository, definition.project)
        ref = request.ref or definition.branch or repository.default_branch
        commit_id = self.sources.resolve(repository, request.commit or ref)
        commit = self.sources.commit(repository, commit_id)
        predefined = self._predefined(request, repository, ref, commit)
        queued = {v.name: v.value for v in definition.settings.variables}
        queued.update(request.variables)
        resources, files = self._files(request, repository, commit_id)
        compiled = compile_pipeline(
            definition.path.lstrip("/"),
            files,
            parameters=request.parameters,
            variables={**template_variables(predefined), **queued},
        )
        library = self.library_of(definition.project, files)
        variables = (*predefined, *(Variable(name=n, value=v) for n, v in queued.items()))
        prepared = Prepared(
            request=request,
            repository=repository,
            ref=ref,
            commit=commit,
            compiled=compiled,
            library=library,
            planned=None,
            diagnostics=(*library.diagnostics, *compiled.diagnostics),
            variables=variables,
            resources=resources,
        )
        return self._planned(prepared)

    def compiled(self, request: RunRequest) -> Compiled:
        """The YAML of the request's commit, compiled; nothing else is looked at. Raises
        SourceMissing."""
        definition = request.definition
        repository = self.sources.repository(definition.repository, definition.project)
        commit = self.sources.commit(repository, request.commit)
        predefined = self._predefined(request, repository, request.ref, commit)
        queued = {v.name: v.value for v in definition.settings.variables}
        _, files = self._files(request, repository, request.commit)
        return compile_pipeline(
            definition.path.lstrip("/"),
            files,
            variables={**template_variables(predefined), **queued},
        )

    def header(self, prepared: Prepared, number: str) -> dict[str, str]:
        """What lists and pages show of the run."""
        request, definition = prepared.request, prepared.request.definition
        for_whom = request.requested_for or request.requested_by
        pull_request = request.more.get(PULL_REQUEST)
        return {
            **({"pull_request": pull_request} if pull_request else {}),
            "kind": "pipeline",
            "name": definition.name,
            "number": number,
            "definition": definition.name,
            "branch": prepared.ref.removeprefix(_HEADS),
            "commit": prepared.commit.id,
            "reason": request.reason,
            "project": definition.project,
            "pipeline": str(definition.id),
            "requested_by": for_whom.id,
            "requested_for": for_whom.name,
            "title": prepared.commit.title[:_LONGEST_TITLE],
            "cause": request.cause,
            "message": prepared.commit.message,
            "author": prepared.commit.author,
            "ref": prepared.ref,
            "path": definition.path.lstrip("/"),
            "repository": prepared.repository.id,
            "repository_name": prepared.repository.name,
            "queued_by": request.requested_by.name,
            "queued_by_id": request.requested_by.id,
            "parameters": json.dumps(dict(request.parameters), ensure_ascii=False),
            "variables": json.dumps(dict(request.variables), ensure_ascii=False),
            "skipped": json.dumps(list(request.skipped), ensure_ascii=False),
            "resources": json.dumps(
                {
                    alias: {"repository": one.id, "name": one.name, "commit": commit}
                    for alias, (one, commit) in prepared.resources.items()
                },
                ensure_ascii=False,
            ),
        }

    def _planned(self, prepared: Prepared) -> Prepared:
        pipeline = prepared.compiled.pipeline
        if pipeline is None or has_errors(prepared.compiled.diagnostics):
            return prepared
        repositories = {"self": self._checkout("self", prepared.repository, prepared.commit.id)}
        problems: list[Diagnostic] = []
        resources = dict(prepared.resources)
        for alias, found in self._declared(prepared, pipeline, problems).items():
            resources[alias] = found
            repositories[alias.casefold()] = self._checkout(alias, *found)
        repositories["self"] = replace(repositories["self"], ref=prepared.ref)
        planned = plan_pipeline(
            pipeline,
            Surroundings(
                library=prepared.library,
                catalog=self.catalog,
                repositories=repositories,
                variables=prepared.variables,
                definition_key=f"pipeline:{prepared.request.definition.id}",
                protection=_protection(prepared, resources)
                if prepared.request.definition.id
                else None,
            ),
        )
        if prepared.request.skipped:
            keys = stage_keys(planned)
            kept = set(keys) - find_stages(prepared.request.skipped, keys)
            planned = with_stages(planned, kept)
        diagnostics = (*prepared.diagnostics, *problems, *planned.diagnostics)
        return replace(prepared, planned=planned, diagnostics=diagnostics, resources=resources)

    def _checkout(self, alias: str, repository: SourceRepository, commit: str) -> Repository:
        return Repository(
            alias=alias,
            name=repository.name,
            url=str(repository.folder),
            commit=commit,
            origin=repository.address,
        )

    def _declared(
        self, prepared: Prepared, pipeline: Pipeline, problems: list[Diagnostic]
    ) -> dict[str, tuple[SourceRepository, str]]:
        """The further repositories of this server that the expanded pipeline names."""
        found = {}
        for resource in pipeline.resources.repositories:
            alias = resource.alias.value
            kind = resource.type.value.casefold() if resource.type else "git"
            if kind != "git" or resource.name is None:
                continue
            ref = prepared.request.resources.get(alias) or (
                resource.ref.value if resource.ref else ""
            )
            try:
                found[alias] = self._resolved(prepared.request, resource.name.value, ref)
            except SourceMissing as error:
                problems.append(
                    Diagnostic(
                        code="PS2122",
                        message=f'repository "{alias}": {error}',
                        span=resource.name.span,
                        label="not on this server",
                        help="`penstock push` puts a local repository on the server",
                    )
                )
        return found

    def _resolved(self, request: RunRequest, name: str, ref: str) -> tuple[SourceRepository, str]:
        repository = self.sources.repository(name, request.definition.project)
        full = ref if not ref or ref.startswith("refs/") else f"{_HEADS}{ref}"
        return repository, self.sources.resolve(repository, full)

    def _files(
        self, request: RunRequest, repository: SourceRepository, commit: str
    ) -> tuple[dict[str, tuple[SourceRepository, str]], Files]:
        """The files of the commit and of the repositories that its YAML names as resources.

        The names are read before the YAML is expanded, for its templates may lie in them.
        """
        own = self.sources.files({"self": (repository, commit)})
        path = request.definition.path.lstrip("/")
        source = Source(path, request.yaml) if request.yaml is not None else _read(own, path)
        resources: dict[str, tuple[SourceRepository, str]] = {}
        for alias, name, ref in _written_resources(source):
            try:
                wanted = request.resources.get(alias) or ref
                resources[alias] = self._resolved(request, name, wanted)
            except SourceMissing:
                continue  # said with its place once the YAML is expanded
        files = self.sources.files({"self": (repository, commit), **resources})
        if request.yaml is not None:
            files = _Edited(files, path, request.yaml)
        return resources, files

    def _predefined(
        self, request: RunRequest, repository: SourceRepository, ref: str, commit: CommitFacts
    ) -> tuple[Variable, ...]:
        definition = request.definition
        by, whom = request.requested_by, request.requested_for or request.requested_by
        facts = RunFacts(
            repository=LocalRepository(
                root=repository.folder,
                name=repository.name,
                url=repository.address,
                branch=ref.removeprefix(_HEADS),
                commit=commit.id,
                author=commit.author,
                email=commit.email,
                message=commit.message,
                user=whom.name,
                user_email=whom.email,
            ),
            definition=definition.name,
            path=definition.path,
            reason=request.reason,
            branch=ref,
            collection_uri=self.collection_uri,
            project=repository.project_name,
            more={
                "Build.DefinitionFolderPath": definition.folder,
                "Build.DefinitionVersion": str(definition.revision),
                "Build.QueuedBy": by.name,
                "Build.QueuedById": by.id or stable_id("user", by.name),
                "Build.Repository.ID": repository.id,
                "Build.RequestedForId": whom.id or stable_id("user", whom.name),
                "System.DefinitionId": str(definition.id),
                "System.TeamProjectId": repository.project,
                **({"System.Debug": "true"} if request.diagnostics else {}),
                **request.more,
            },
        )
        return queue_variables(facts)

    def _numbered(self, run: str, prepared: Prepared, plan: Plan) -> tuple[str, Plan]:
        pipeline = prepared.compiled.pipeline
        return numbered(
            plan,
            pipeline.name.value if pipeline and pipeline.name else "",
            run=run,
            key=f"pipeline:{prepared.request.definition.id}",
            now=datetime.fromtimestamp(self.clock(), UTC),
            next_revision=self.runs.next_revision,
        )

    def _keep_failed(self, run: str, prepared: Prepared) -> None:
        now = self.clock()
        number, plan = self._numbered(run, prepared, Plan(nodes=(), variables=prepared.variables))
        header = self.header(prepared, number)
        errors = [d for d in prepared.diagnostics if d.severity == "error"]
        header["problem"] = render(prepared.diagnostics)
        diagnostics = [
            {**shown, "text": render([one])}
            for one, shown in zip(prepared.diagnostics, to_json(prepared.diagnostics), strict=True)
        ]
        header["diagnostics"] = json.dumps(diagnostics, ensure_ascii=False)
        issues = [
            IssueLogged(at=now, node="", step="", kind="error", message=_sentence(d))
            for d in errors
        ]
        events: list[Event] = [*issues, RunFinished(at=now, result=Result.FAILED)]
        self.runs.create(run, plan, header, events)


def _protection(
    prepared: Prepared, resources: Mapping[str, tuple[SourceRepository, str]]
) -> Protection:
    request = prepared.request
    known = {alias.casefold(): repository for alias, (repository, _) in resources.items()}

    def find(type: ResourceType, name: str) -> Resource | None:
        found = known.get(name.casefold()) if type is ResourceType.REPOSITORY else None
        if found is None or found.id == prepared.repository.id:
            return None
        return Resource(type=type, id=found.id, name=found.name)

    # Who really asks, for whomever: that is who may be barred from approving the run.
    asks = request.requested_by
    return Protection(
        project=request.definition.project,
        pipeline=request.definition.id,
        requester=Actor(id=asks.id, name=asks.name, display_name=asks.name),
        repository=prepared.repository.name,
        branch=prepared.ref,
        find=find,
    )


class _Edited:
    """Files of which one is replaced by a text that is not committed yet."""

    def __init__(self, files: Files, path: str, text: str) -> None:
        self._files, self._path, self._text = files, path, text

    def read(self, repository: str, path: str) -> Source | None:
        """The text of a file; see Files."""
        if repository.lower() == "self" and path == self._path:
            return Source(path, self._text)
        return self._files.read(repository, path)

    def describe(self, repository: str) -> str | None:
        """What messages call the repository."""
        return self._files.describe(repository)

    def names(self, repository: str, folder: str) -> tuple[str, ...]:
        """The names of the files in a folder."""
        return self._files.names(repository, folder)


def _read(files: Files, path: str) -> Source | None:
    from penstock.language.templates.files import UnreadableFile

    try:
        return files.read("self", path)
    except UnreadableFile:
        return None  # said by the compiler


def _written_resources(source: Source | None) -> list[tuple[str, str, str]]:
    """Alias, name and ref of each Git repository under `resources`, as they are written."""
    root = yaml.parse(source).root if source is not None else None
    resources = root.get("resources") if isinstance(root, yaml.Mapping) else None
    listed = resources.get("repositories") if isinstance(resources, yaml.Mapping) else None
    found = []
    for item in listed.items if isinstance(listed, yaml.Sequence) else ():
        if not isinstance(item, yaml.Mapping):
            continue
        texts = {
            key: node.value
            for key in ("repository", "type", "name", "ref")
            if isinstance(node := item.get(key), yaml.Scalar)
        }
        if texts.get("type", "git").casefold() == "git" and "name" in texts:
            found.append((texts.get("repository", ""), texts["name"], texts.get("ref", "")))
    return found


def _sentence(diagnostic: Diagnostic) -> str:
    place = f"{diagnostic.span.source.label}:{diagnostic.span.line}: " if diagnostic.span else ""
    return f"{place}{diagnostic.message}"

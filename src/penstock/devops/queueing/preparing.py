"""What is known of a run before it begins: its commit, its YAML, its plan, what is missing.

It only reads, so the preview of the wizard and a real run take the same way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field, replace

from penstock.devops.library import Library
from penstock.devops.plans.catalog import TaskCatalog
from penstock.devops.plans.gates import full_ref
from penstock.devops.plans.planner import Planned, plan_pipeline
from penstock.devops.plans.planning import Surroundings
from penstock.devops.plans.stages import (
    check_skippable,
    find_stages,
    stage_keys,
    with_stages,
)
from penstock.devops.plans.variables import RunFacts, queue_variables, stable_id, template_variables
from penstock.devops.protecting.protection import Protection
from penstock.devops.queueing.requests import RunRequest
from penstock.devops.queueing.runfiles import (
    Resources,
    is_commit,
    read_files,
    resolve_repository,
)
from penstock.devops.repository import LocalRepository
from penstock.devops.resources import Actor, Resource, ResourceType
from penstock.devops.sources import CommitFacts, SourceMissing, SourceRepository, Sources
from penstock.engine.requests import Repository, Variable
from penstock.language.compiler import Compiled, compile_pipeline
from penstock.language.pipeline import Pipeline, RepositoryResource
from penstock.language.source import Diagnostic, has_errors
from penstock.language.templates.files import Files
from penstock.records import record

_HEADS = "refs/heads/"

LibraryOf = Callable[[str, Files], Library]
"""The library of a project (its id), with what the files of a commit add to it."""


@record
class Prepared:
    """A run before it is kept. `ref` is a full one; `planned` is None where the YAML has errors."""

    request: RunRequest
    repository: SourceRepository
    ref: str
    commit: CommitFacts
    compiled: Compiled
    library: Library
    planned: Planned | None
    diagnostics: tuple[Diagnostic, ...]
    variables: tuple[Variable, ...] = ()
    resources: Resources = field(default_factory=dict)

    @property
    def is_sound(self) -> bool:
        """Whether it can run."""
        return self.planned is not None and not has_errors(self.diagnostics)


@record
class Preparing:
    """Prepares runs. Every method may be called from any thread.

    `collection_uri` is the address of the organization, with a slash at the end.
    """

    sources: Sources
    library_of: LibraryOf
    catalog: TaskCatalog
    collection_uri: str

    def prepare(self, request: RunRequest) -> Prepared:
        """All that is known of the run before it begins. Raises SourceMissing, StageRefused."""
        definition = request.definition
        repository = self.sources.repository(definition.repository, definition.project)
        ref = request.ref or definition.branch or repository.default_branch
        commit_id = self.sources.resolve(repository, request.commit or ref)
        commit = self.sources.commit(repository, commit_id)
        predefined = self._predefined(request, repository, ref, commit)
        queued = {v.name: v.value for v in definition.settings.variables}
        queued.update(request.variables)
        resources, files = read_files(self.sources, request, repository, commit_id)
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
        _, files = read_files(self.sources, request, repository, request.commit)
        return compile_pipeline(
            definition.path.lstrip("/"),
            files,
            variables={**template_variables(predefined), **queued},
        )

    def _planned(self, prepared: Prepared) -> Prepared:
        pipeline = prepared.compiled.pipeline
        if pipeline is None or has_errors(prepared.compiled.diagnostics):
            return prepared
        problems: list[Diagnostic] = []
        declared = self._declared(prepared, pipeline, problems)
        resources = {**prepared.resources, **declared}
        own = _checkout("self", prepared.repository, prepared.commit.id)
        others = {
            resource.alias.value.casefold(): replace(
                _checkout(resource.alias.value, *declared[resource.alias.value]),
                ref=_ref_of(resource, prepared.request, declared[resource.alias.value][0]),
            )
            for resource in pipeline.resources.repositories
            if resource.alias.value in declared
        }
        definition = prepared.request.definition.id
        planned = plan_pipeline(
            pipeline,
            Surroundings(
                library=prepared.library,
                catalog=self.catalog,
                repositories={**others, "self": replace(own, ref=prepared.ref)},
                repository_ids={
                    **{alias.casefold(): one.id for alias, (one, _) in declared.items()},
                    "self": prepared.repository.id,
                },
                variables=prepared.variables,
                definition_key=f"pipeline:{definition}",
                protection=self._protection(prepared, pipeline, resources) if definition else None,
            ),
        )
        if prepared.request.skipped:
            keys = stage_keys(planned)
            skipped = find_stages(prepared.request.skipped, keys)
            check_skippable(pipeline, skipped)
            planned = with_stages(planned, set(keys) - skipped)
        diagnostics = (*prepared.diagnostics, *problems, *planned.diagnostics)
        return replace(prepared, planned=planned, diagnostics=diagnostics, resources=resources)

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
                found[alias] = resolve_repository(
                    self.sources, prepared.request, resource.name.value, ref
                )
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

    def _protection(
        self, prepared: Prepared, pipeline: Pipeline, resources: Resources
    ) -> Protection:
        """What the gates of the plan are made of."""
        request = prepared.request
        known = {alias.casefold(): repository for alias, (repository, _) in resources.items()}

        def find(type: ResourceType, name: str) -> Resource | None:
            found = known.get(name.casefold()) if type is ResourceType.REPOSITORY else None
            if found is None or found.id == prepared.repository.id:
                return None
            return Resource(type=type, id=found.id, name=found.name)

        branch = prepared.ref
        if request.commit and not request.cause:
            # Who asks may name any commit, and any branch beside it.
            branch = self._true_ref(prepared.repository, branch, prepared.commit.id)
        chosen = {}
        for resource in pipeline.resources.repositories:
            alias = resource.alias.value
            given = request.resources.get(alias, "")
            if is_commit(given) and alias in resources:
                given = self._true_ref(resources[alias][0], full_ref(resource.ref), given)
            elif given and not given.startswith("refs/"):
                given = f"{_HEADS}{given}"
            chosen[alias.casefold()] = given
        # Who really asks, for whomever: that is who may be barred from approving the run.
        asks = request.requested_by
        return Protection(
            project=request.definition.project,
            pipeline=request.definition.id,
            requester=Actor(id=asks.id, name=asks.name, display_name=asks.name),
            repository=prepared.repository.name,
            branch=branch,
            chosen=chosen,
            find=find,
        )

    def _true_ref(self, repository: SourceRepository, ref: str, commit: str) -> str:
        """The ref, where the commit is of it; else the commit's id, which no check takes for a
        branch."""
        is_branch = ref.startswith(_HEADS)
        return ref if not is_branch or self.sources.is_on(repository, ref, commit) else commit

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


def _ref_of(resource: RepositoryResource, request: RunRequest, repository: SourceRepository) -> str:
    """The ref at which a run reads a repository: the one that it was given, the one that is
    written, or the default branch."""
    given = request.resources.get(resource.alias.value, "")
    written = resource.ref.value.strip() if resource.ref else ""
    ref = written if not given or is_commit(given) else given
    if not ref:
        return repository.default_branch
    return ref if ref.startswith("refs/") else f"{_HEADS}{ref}"


def _checkout(alias: str, repository: SourceRepository, commit: str) -> Repository:
    return Repository(
        alias=alias,
        name=repository.name,
        url=str(repository.folder),
        commit=commit,
        origin=repository.address,
    )

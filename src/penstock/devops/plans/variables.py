"""The predefined variables that are known before a job runs; the agent adds those of its folders.

Source: the predefined variables page of the Azure Pipelines documentation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from penstock.devops.repository import LocalRepository
from penstock.engine.variable import Variable
from penstock.language.predefined import is_known_in_templates
from penstock.records import record

_NAMESPACE = "5e0c1a3c-9d3b-4a55-8d3e-5f6f0e6a7b10"


@record
class RunFacts:
    """What is known of a run when it is queued: `definition` is the pipeline's name, `path` its
    file. A server knows ids as well; `more` are predefined variables of its own, over all others.
    """

    repository: LocalRepository
    definition: str
    path: str
    reason: str = "Manual"
    branch: str = ""
    collection_uri: str = "http://localhost/penstock/"
    project: str = ""
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def source_branch(self) -> str:
        """The full ref the run is of; a branch given by name is made full."""
        if not self.branch:
            return self.repository.ref
        return self.branch if self.branch.startswith("refs/") else f"refs/heads/{self.branch}"


def queue_variables(facts: RunFacts) -> tuple[Variable, ...]:
    """The predefined variables that do not depend on the run's own number."""
    repository = facts.repository
    branch = facts.source_branch
    project = facts.project or repository.root.name
    values = {
        "Build.DefinitionName": facts.definition,
        "Build.DefinitionVersion": "1",
        "Build.DefinitionFolderPath": "\\",
        "Build.QueuedBy": repository.user,
        "Build.QueuedById": stable_id("user", repository.user),
        "Build.Reason": facts.reason,
        "Build.Repository.ID": stable_id("repository", repository.name),
        "Build.Repository.Name": repository.name,
        "Build.Repository.Provider": "TfsGit",
        "Build.Repository.Uri": repository.url,
        "Build.Repository.Clean": "False",
        "Build.Repository.Git.SubmoduleCheckout": "False",
        "Build.RequestedFor": repository.user,
        "Build.RequestedForEmail": repository.user_email,
        "Build.RequestedForId": stable_id("user", repository.user),
        "Build.SourceBranch": branch,
        "Build.SourceBranchName": branch.rsplit("/", 1)[-1],
        "Build.SourceVersion": repository.commit,
        "Build.SourceVersionAuthor": repository.author,
        "Build.SourceVersionMessage": repository.message[:200],
        "System.CollectionId": stable_id("collection", facts.collection_uri),
        "System.CollectionUri": facts.collection_uri,
        "System.Culture": "en-US",
        "System.DefinitionId": str(definition_number(project, facts.path)),
        "System.DefinitionName": facts.definition,
        "System.HostType": "build",
        "System.IsTriggeringRepository": "True",
        "System.PullRequest.IsFork": "False",
        "System.ServerType": "OnPremises",
        "System.TeamFoundationCollectionUri": facts.collection_uri,
        "System.TeamProject": project,
        "System.TeamProjectId": stable_id("project", project),
        **facts.more,
    }
    return tuple(
        Variable(name=name, value=neutralised(value), readonly=True)
        for name, value in values.items()
    )


def template_variables(variables: tuple[Variable, ...]) -> dict[str, str]:
    """Those of the variables that `${{ variables.x }}` may read."""
    return {v.name: v.value for v in variables if is_known_in_templates(v.name)}


def run_variables(*, run: int, number: str, started: str) -> tuple[Variable, ...]:
    """The predefined variables of one run. `started` is an ISO-8601 time with offset."""
    values = {
        "Build.BuildId": str(run),
        "Build.BuildNumber": number,
        "Build.BuildUri": f"vstfs:///Build/Build/{run}",
        "Build.ContainerId": str(run),
        "System.PlanId": stable_id("plan", str(run)),
        "System.TimelineId": stable_id("timeline", str(run)),
        "System.PipelineStartTime": started,
    }
    return tuple(Variable(name=n, value=v, readonly=True) for n, v in values.items())


def neutralised(text: str) -> str:
    """Text from outside (a commit message, an author) that can no longer command the agent."""
    return text.replace("##vso", "**vso").replace("##VSO", "**vso")


def stable_id(kind: str, name: str) -> str:
    """A GUID that is the same for the same thing on every run."""
    import hashlib

    digest = hashlib.sha256(f"{_NAMESPACE}/{kind}/{name}".encode()).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}"


def definition_number(project: str, path: str) -> int:
    """A small number that stands for a pipeline that no server has numbered."""
    return int(stable_id("definition", f"{project}/{path}")[:6], 16) % 100_000 + 1

"""Which predefined variables templates can read: the column "Available in templates?" of
https://learn.microsoft.com/azure/devops/pipelines/build/variables, one test a name.
"""

from pathlib import Path

import pytest

from penstock.devops.plans.variables import (
    RunFacts,
    queue_variables,
    run_variables,
    template_variables,
)
from penstock.devops.repository import LocalRepository
from penstock.language.compiler import compile_pipeline
from penstock.language.predefined import is_predefined
from penstock.language.source import Source

IN_TEMPLATES = """
Build.DefinitionFolderPath Build.DefinitionName Build.DefinitionVersion Build.QueuedBy
Build.QueuedById Build.Reason Build.Repository.ID Build.Repository.Name Build.Repository.Uri
Build.RequestedFor Build.RequestedForEmail Build.RequestedForId Build.SourceBranch
Build.SourceBranchName Build.SourceVersion Build.SourceVersionAuthor
Build.CronSchedule.DisplayName System.CollectionId System.CollectionUri System.DefinitionId
System.HostType System.IsTriggeringRepository System.PullRequest.IsFork
System.TeamFoundationCollectionUri System.TeamProject System.TeamProjectId
"""
NOT_IN_TEMPLATES = """
Agent.BuildDirectory Agent.HomeDirectory Agent.Id Agent.JobName Agent.JobStatus Agent.MachineName
Agent.Name Agent.OS Agent.OSArchitecture Agent.RootDirectory Agent.TempDirectory
Agent.ToolsDirectory Agent.Version Agent.WorkFolder
Build.ArtifactStagingDirectory Build.BuildId Build.BuildNumber Build.BuildUri
Build.BinariesDirectory Build.ContainerId Build.Repository.LocalPath
Build.Repository.Provider Build.SourcesDirectory Build.SourceVersionMessage Build.StagingDirectory
Build.TriggeredBy.BuildId Build.TriggeredBy.BuildNumber Build.TriggeredBy.DefinitionId
Build.TriggeredBy.DefinitionName Build.TriggeredBy.ProjectID Common.TestResultsDirectory
Environment.Id Environment.Name Environment.ResourceId Environment.ResourceName Pipeline.Workspace
Resources.TriggeringAlias Resources.TriggeringCategory Strategy.CycleName Strategy.Name
System.ArtifactsDirectory System.Culture System.DefinitionName System.JobAttempt
System.JobDisplayName System.JobId System.JobIdentifier System.JobName
System.JobPositionInPhase System.ParallelExecutionType System.PhaseAttempt
System.PhaseDisplayName System.PhaseName System.PipelineStartTime System.PlanId
System.PullRequest.MergedAt System.PullRequest.PullRequestId
System.PullRequest.PullRequestIteration System.PullRequest.PullRequestNumber
System.PullRequest.SourceBranch System.PullRequest.SourceCommitId
System.PullRequest.SourceRepositoryURI System.PullRequest.TargetBranch
System.PullRequest.targetBranchName System.ServerType System.StageAttempt
System.StageDisplayName System.StageName System.TimelineId System.TotalJobsInPhase
System.WorkFolder resources.pipeline.up.runID resources.repositories.self.ref
"""
# In the column, but they come with a job; the first is a prefix of paths in real pipelines.
LISTED_AND_EMPTY = """
System.DefaultWorkingDirectory System.AccessToken System.AccessTokenRequestUri System.OidcRequestUri
"""
NEITHER = "Build.Repository.Clean Build.Repository.Git.SubmoduleCheckout System.Debug Build.Clean"


def in_templates():
    repository = LocalRepository(root=Path("/app"), name="app", branch="main", commit="c" * 40)
    facts = RunFacts(
        repository=repository,
        definition="p",
        path="p.yml",
        reason="Schedule",
        more={
            "Build.CronSchedule.DisplayName": "Nightly",
            "System.PullRequest.TargetBranch": "refs/heads/main",
            "Resources.TriggeringAlias": "up",
            "Build.TriggeredBy.BuildId": "7",
        },
    )
    found = (
        *queue_variables(facts),
        *run_variables(run=1, number="1", started="2026-01-01T00:00:00+00:00"),
    )
    return template_variables(found)


@pytest.mark.parametrize("name", IN_TEMPLATES.split())
def test_a_name_that_templates_can_read(name):
    assert name in in_templates()


@pytest.mark.parametrize("name", NOT_IN_TEMPLATES.split())
def test_a_name_that_only_the_run_knows(name):
    assert name not in in_templates()


@pytest.mark.parametrize("name", [*LISTED_AND_EMPTY.split(), *NEITHER.split()])
def test_a_name_that_is_empty_as_well(name):
    assert name not in in_templates()


class OneFile:
    """A repository with one file, which reads one variable."""

    def __init__(self, name):
        self.text = f"""variables: {{read: "<${{{{ variables['{name}'] }}}}>"}}\nsteps: []\n"""

    def read(self, repository, path):
        return Source(path, self.text, repository) if path == "p.yml" else None

    def describe(self, repository):
        return "one file"

    def names(self, repository, folder):
        return ("p.yml",)


def read_of(name):
    """What a template reads of a variable, and the codes of what is said about it."""
    compiled = compile_pipeline("p.yml", OneFile(name), variables=in_templates())
    (variable,) = compiled.pipeline.variables
    return variable.value.value, [one.code for one in compiled.diagnostics]


@pytest.mark.parametrize("name", IN_TEMPLATES.split())
def test_a_template_reads_it_in_any_case(name):
    value, codes = read_of(name.swapcase())
    assert (value, codes) == (f"<{in_templates()[name]}>", [])


@pytest.mark.parametrize("name", [*NOT_IN_TEMPLATES.split(), *LISTED_AND_EMPTY.split()[1:]])
def test_a_template_that_reads_it_is_warned(name):
    assert read_of(name) == ("<>", ["PS1318"])


@pytest.mark.parametrize("name", [*NEITHER.split(), LISTED_AND_EMPTY.split()[0], "my.own"])
def test_of_others_nothing_is_said(name):
    assert read_of(name) == ("<>", [])


@pytest.mark.parametrize("name", [*IN_TEMPLATES.split(), *NOT_IN_TEMPLATES.split()])
def test_the_service_alone_gives_it_a_value(name):
    assert is_predefined(name)


def test_the_name_of_a_schedule_is_known_in_runs_that_it_started():
    assert in_templates()["Build.CronSchedule.DisplayName"] == "Nightly"

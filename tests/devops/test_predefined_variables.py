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
Agent.BuildDirectory Agent.Id Agent.JobName Agent.JobStatus Agent.MachineName Agent.Name Agent.OS
Agent.OSArchitecture Agent.TempDirectory Agent.ToolsDirectory Agent.WorkFolder
Build.ArtifactStagingDirectory Build.BuildId Build.BuildNumber Build.BuildUri
Build.BinariesDirectory Build.ContainerId Build.Repository.Clean Build.Repository.LocalPath
Build.Repository.Provider Build.SourcesDirectory Build.SourceVersionMessage Build.StagingDirectory
Build.TriggeredBy.BuildId Common.TestResultsDirectory Environment.Name Pipeline.Workspace
System.DefaultWorkingDirectory System.JobAttempt System.JobDisplayName System.JobId System.JobName
System.PhaseAttempt System.PhaseName System.PlanId System.PullRequest.PullRequestId
System.PullRequest.PullRequestNumber System.PullRequest.SourceBranch
System.PullRequest.TargetBranch System.StageAttempt System.StageName System.TimelineId
"""


def in_templates():
    repository = LocalRepository(root=Path("/app"), name="app", branch="main", commit="c" * 40)
    facts = RunFacts(
        repository=repository,
        definition="p",
        path="p.yml",
        reason="Schedule",
        more={"Build.CronSchedule.DisplayName": "Nightly"},
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
    # System.DefaultWorkingDirectory is listed, but real pipelines need it empty
    assert name not in in_templates()


def test_the_name_of_a_schedule_is_known_in_runs_that_it_started():
    assert in_templates()["Build.CronSchedule.DisplayName"] == "Nightly"

"""Which task was meant by a name that there is not."""

from __future__ import annotations

import pytest

from penstock.devops.plans.published_tasks import likely_task

RUNNABLE = (
    "AzureCLI@1",
    "AzureCLI@2",
    "Bash@3",
    "CmdLine@2",
    "CopyFiles@2",
    "PowerShell@2",
    "PublishBuildArtifacts@1",
    "PythonScript@0",
    "UsePythonVersion@0",
)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Bsh@3", "Bash@3"),
        ("Bash", "Bash@3"),
        ("Bash@33", "Bash@3"),
        ("AzureCLl@2", "AzureCLI@2"),
        ("CmdLin@2", "CmdLine@2"),
        ("CopyFile@2", "CopyFiles@2"),
        ("PublishBuildArtefacts@1", "PublishBuildArtifacts@1"),
        ("Python@0", "PythonScript@0"),
        ("UsePython@0", "UsePythonVersion@0"),
        # What does not run here is nearer than what does.
        ("AzureKeyvault@1", "AzureKeyVault@2"),
        ("AzurePowershel@5", "AzurePowerShell@5"),
        ("DotNetCli@2", "DotNetCoreCLI@2"),
        ("UseNode@2", "UseNode@1"),
        ("InvokeRest@1", "InvokeRESTAPI@1"),
        # Nothing is near.
        ("PSScript@2", None),
        ("Terraform@1", None),
        ("B@1", None),
    ],
)
def test_names_are_compared_and_not_versions(written: str, meant: str | None) -> None:
    assert likely_task(written, RUNNABLE) == meant

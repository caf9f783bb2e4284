"""The tasks that are published with the service: names and major versions, nothing more.

After the pages of the task reference (https://learn.microsoft.com/azure/devops/pipelines/tasks/reference)
and github.com/microsoft/azure-pipelines-tasks, both of August 2026. Extensions bring others.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

_TABLE = """
AdvancedSecurity-Codeql-Analyze 1, AdvancedSecurity-Codeql-Init 1,
AdvancedSecurity-Dependency-Scanning 1, AdvancedSecurity-Publish 1, AndroidBuild 1, AndroidSigning
1 2 3, Ant 1, ApacheJMeterLoadTest 1, AppCenterDistribute 0 1 2 3, AppCenterTest 1, ArchiveFiles 1
2, AutomatedAnalysis 0, AzureAppConfigurationExport 10, AzureAppConfigurationImport 10,
AzureAppConfigurationSnapshot 1, AzureAppServiceManage 0, AzureAppServiceSettings 1, AzureCLI 0 1
2 3, AzureCloudPowerShellDeployment 1 2, AzureContainerApps 0 1, AzureFileCopy 1 2 3 4 5 6,
AzureFunction 0 1 2, AzureFunctionApp 1 2, AzureFunctionAppContainer 1, AzureFunctionOnKubernetes
0 1, AzureIoTEdge 2, AzureKeyVault 1 2, AzureLoadTest 1, AzureMonitor 0 1, AzureMonitorAlerts 0,
AzureMysqlDeployment 1 2, AzureNLBManagement 1, AzurePolicyCheckGate 0, AzurePowerShell 1 2 3 4 5,
AzureResourceGroupDeployment 1 2, AzureResourceManagerTemplateDeployment 3,
AzureRmWebAppDeployment 2 3 4 5, AzureSpringCloud 0, AzureStaticWebApp 0, AzureTestPlan 0,
AzureVmssDeployment 0 1, AzureWebApp 1, AzureWebAppContainer 1, AzureWebPowerShellDeployment 1,
Bash 3, BatchScript 1, BicepDeploy 0, Cache 2, CacheBeta 0 1, CargoAuthenticate 0, Chef 1,
ChefKnife 1, CloudLoadTest 1, CMake 1, CmdLine 1 2, CocoaPods 0, CondaAuthenticate 0,
CondaEnvironment 0 1, ContainerBuild 0, ContainerStructureTest 0, CopyFiles 1 2, CopyFilesOverSSH
0, CopyPublishBuildArtifacts 1, cURLUploader 1 2, DecryptFile 1, Delay 1, DeleteFiles 1,
DeployVisualStudioTestAgent 1 2, Docker 0 1 2, DockerCompose 0 1, DockerInstaller 0, DotNetCoreCLI
0 1 2, DotNetCoreInstaller 0 1, DownloadBuildArtifacts 0 1, DownloadFileshareArtifacts 1,
DownloadGithubNpmPackage 1, DownloadGitHubNugetPackage 1, DownloadGitHubRelease 0, DownloadPackage
0 1, DownloadPipelineArtifact 0 1 2, DownloadSecureFile 1, DuffleInstaller 0, ExtractFiles 1,
FileTransform 1 2, FtpUpload 1 2, FuncToolsInstaller 0, GitHubComment 0, GitHubRelease 0 1, Go 0,
GoTool 0, Gradle 1 2 3 4, GradleAuthenticate 0, Grunt 0, gulp 0 1, HelmDeploy 0 1, HelmInstaller 0
1, IISWebAppDeployment 1, IISWebAppDeploymentOnMachineGroup 0, IISWebAppManagementOnMachineGroup
0, InstallAppleCertificate 0 1 2, InstallAppleProvisioningProfile 0 1, InstallSSHKey 0,
InvokeRESTAPI 0 1, JavaToolInstaller 0 1, JenkinsDownloadArtifacts 1 2, JenkinsQueueJob 1 2,
KubectlInstaller 0, KubeloginInstaller 0, Kubernetes 0 1, KubernetesManifest 0 1,
ManualIntervention 8, ManualValidation 0 1, Maven 1 2 3 4, MavenAuthenticate 0, MSBuild 1,
MysqlDeploymentOnMachineGroup 1, NodeTaskRunnerInstaller 0, NodeTool 0, Notation 0, Npm 0 1,
npmAuthenticate 0, NuGet 0, NuGetAuthenticate 0 1, NuGetCommand 2, NuGetInstaller 0, NuGetPackager
0, NuGetPublisher 0, NuGetRestore 1, NuGetToolInstaller 0 1, OpenPolicyAgentInstaller 0,
PackerBuild 0 1, PipAuthenticate 0 1, PowerShell 1 2, PowerShellOnTargetMachines 1 2 3,
PublishBuildArtifacts 1, PublishCodeCoverageResults 1 2, PublishPipelineArtifact 0 1,
PublishPipelineMetadata 0, PublishSymbols 1 2, PublishTestResults 1 2, PublishToAzureServiceBus 0
1 2, PyPIPublisher 0, PythonScript 0, queryWorkItems 0, QuickPerfTest 1, ReviewApp 0,
RunVisualStudioTestsusingTestAgent 1, ServiceFabricComposeDeploy 0, ServiceFabricDeploy 1,
ServiceFabricPowerShell 1, ServiceFabricUpdateAppVersions 1, ServiceFabricUpdateManifests 2,
ShellScript 2, SonarQubeAnalyze 4 5 6 7 8, SonarQubePrepare 4 5 6 7 8, SonarQubePublish 4 5 6 7 8,
SqlAzureDacpacDeployment 1, SqlDacpacDeploymentOnMachineGroup 0, SqlServerDacpacDeployment 1, SSH
0, TwineAuthenticate 0 1, UniversalPackages 0 1, UseDotNet 2, UseNode 1, UsePythonVersion 0,
UseRubyVersion 0, VisualStudioTestPlatformInstaller 1, VSBuild 1, VSMobileCenterTest 0, VSTest 1 2
3, WindowsMachineFileCopy 1 2, XamarinAndroid 1, XamariniOS 2, XamarinTestCloud 1, Xcode 2 3 4 5,
XcodePackageiOS 0
"""


@cache
def published_tasks() -> dict[str, tuple[str, tuple[int, ...]]]:
    """Name and major versions of every published task, by the name in lower case."""
    found = {}
    for row in _TABLE.replace("\n", " ").split(","):
        name, *majors = row.split()
        found[name.lower()] = (name, tuple(map(int, majors)))
    return found


def is_published(reference: str) -> bool:
    """Whether the service has the task of a reference such as `AzurePowerShell@5`."""
    name, _, version = reference.strip().partition("@")
    known = published_tasks().get(name.lower())
    major = version.partition(".")[0]
    return known is not None and (major in ("", "*") or major in map(str, known[1]))


def likely_task(reference: str, runnable: Iterable[str]) -> str | None:
    """The `Name@Major` that a task of no known name was probably meant to be.

    Versions say nothing of what a task does, so names alone are compared: with what the service
    publishes too, since the nearest task that runs here (`runnable`) may be quite another one.
    """
    known = {
        name.lower(): f"{title}@{majors[-1]}" for name, (title, majors) in published_tasks().items()
    }
    known |= {task.partition("@")[0].lower(): task for task in runnable}
    name = reference.partition("@")[0].lower()
    from difflib import get_close_matches

    near: list[str] = [name] if name in known else get_close_matches(name, known, n=1, cutoff=0.75)
    near = near or sorted((n for n in known if n.startswith(name) and len(name) > 4), key=len)
    return known[near[0]] if near else None

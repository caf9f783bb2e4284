"""The names of variables that the service sets itself, and whose values a pipeline cannot change.

Names: https://learn.microsoft.com/azure/devops/pipelines/build/variables. That the service's value
wins over a pipeline's is in its SDK (`SetUserVariables`, first commit of actions/runner). Left out
are those that a pipeline sets for a purpose: System.Debug, Build.Clean, Agent.Source.* ...
"""

from __future__ import annotations

_NAMES = """
agent.builddirectory agent.homedirectory agent.id agent.jobname agent.jobstatus
agent.machinename agent.name agent.os agent.osarchitecture agent.rootdirectory
agent.tempdirectory agent.toolsdirectory agent.version agent.workfolder
build.artifactstagingdirectory build.binariesdirectory build.buildid build.buildnumber
build.builduri build.containerid build.cronschedule.displayname build.definitionfolderpath
build.definitionname build.definitionversion build.queuedby build.queuedbyid build.reason
build.repository.id build.repository.localpath build.repository.name build.repository.provider
build.repository.uri build.requestedfor build.requestedforemail build.requestedforid
build.sourcebranch build.sourcebranchname build.sourcesdirectory build.sourceversion
build.sourceversionauthor build.sourceversionmessage build.stagingdirectory
build.triggeredby.buildid build.triggeredby.buildnumber build.triggeredby.definitionid
build.triggeredby.definitionname build.triggeredby.projectid common.testresultsdirectory
environment.id environment.name environment.resourceid environment.resourcename
pipeline.workspace resources.triggeringalias resources.triggeringcategory strategy.cyclename
strategy.name system.accesstoken system.accesstokenrequesturi system.artifactsdirectory
system.collectionid system.collectionuri system.culture system.defaultworkingdirectory
system.definitionid system.definitionname system.hosttype system.istriggeringrepository
system.jobattempt system.jobdisplayname system.jobid system.jobidentifier system.jobname
system.jobpositioninphase system.oidcrequesturi system.parallelexecutiontype system.phaseattempt
system.phasedisplayname system.phasename system.pipelinestarttime system.planid
system.pullrequest.isfork system.pullrequest.mergedat system.pullrequest.pullrequestid
system.pullrequest.pullrequestiteration system.pullrequest.pullrequestnumber
system.pullrequest.sourcebranch system.pullrequest.sourcecommitid
system.pullrequest.sourcerepositoryuri system.pullrequest.targetbranch
system.pullrequest.targetbranchname system.servertype system.stageattempt
system.stagedisplayname system.stagename system.teamfoundationcollectionuri system.teamproject
system.teamprojectid system.timelineid system.totaljobsinphase system.workfolder
"""
_IN_TEMPLATES = """
build.cronschedule.displayname build.definitionfolderpath build.definitionname
build.definitionversion build.queuedby build.queuedbyid build.reason build.repository.id
build.repository.name build.repository.uri build.requestedfor build.requestedforemail
build.requestedforid build.sourcebranch build.sourcebranchname build.sourceversion
build.sourceversionauthor system.collectionid system.collectionuri system.definitionid
system.hosttype system.istriggeringrepository system.pullrequest.isfork
system.teamfoundationcollectionuri system.teamproject system.teamprojectid
"""
_REFUSED = """
system system.hosttype system.servertype system.culture system.collectionid system.collectionuri
system.teamfoundationcollectionuri system.taskdefinitionsuri system.pipelinestarttime
"""
_LATER = "system.defaultworkingdirectory"
_OF_RESOURCES = ("resources.pipeline.", "resources.repositories.")
_ROOMS = ("agent", "build", "common", "environment", "pipeline", "resources", "strategy", "system")


def is_predefined(name: str) -> bool:
    """Whether a variable of that name has its value from the service, whatever a pipeline says."""
    lowered = name.lower()
    if lowered.partition(".")[0] not in _ROOMS:
        return False
    return lowered in _NAMES.split() or lowered.startswith(_OF_RESOURCES)


def is_refused_in_yaml(name: str) -> bool:
    """Whether the service refuses a pipeline that has a variable of that name at its root: those
    that a context of variables held when it was queued (recorded on its preview API)."""
    return name.lower() in _REFUSED.split()


def is_known_in_templates(name: str) -> bool:
    """Whether `${{ variables.NAME }}` has the value of a predefined variable.

    Left out of the column "Available in templates?" are System.DefaultWorkingDirectory, a prefix
    of paths from the root in templates, which is empty on the service then, and System.AccessToken,
    AccessTokenRequestUri and OidcRequestUri, which come with a job.
    """
    return name.lower() in _IN_TEMPLATES.split()


def comes_too_late(name: str) -> bool:
    """Whether a variable is predefined and still empty when templates read it."""
    is_late = is_predefined(name) and not is_known_in_templates(name)
    return is_late and name.lower() != _LATER

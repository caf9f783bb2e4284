"""The shape grammar of Azure Pipelines YAML, after the service's schema (yamlschema 1.261.1)."""

from __future__ import annotations

from collections.abc import Mapping

from penstock.language.schema.shapes import Anything, Choice, ListOf, Record, Shape, Text

_BOOLEANS = ("true", "y", "yes", "on", "false", "n", "no", "off")

_STEP: dict[str, str] = {
    "displayName": "text",
    "name": "text",
    "condition": "text",
    "continueOnError": "text",
    "enabled": "text",
    "env": "texts by name",
    "target": "stepTarget",
    "timeoutInMinutes": "text",
    "retryCountOnTaskFailure": "text",
}
_SCRIPT = {"failOnStderr": "text", "workingDirectory": "text"}
_POWERSHELL = {**_SCRIPT, "errorActionPreference": "text", "ignoreLASTEXITCODE": "text"}
_CHECKOUT = dict.fromkeys(
    (
        "clean",
        "fetchDepth",
        "fetchFilter",
        "fetchTags",
        "lfs",
        "persistCredentials",
        "submodules",
        "path",
        "sparseCheckoutDirectories",
        "sparseCheckoutPatterns",
        "workspaceRepo",
    ),
    "text",
)
_INCLUDE = Record(
    {"template": "filled", "parameters": "arguments"}, lead="template", first="template"
)

_ROOT: dict[str, str] = {
    "name": "text",
    "appendCommitMessageToRunName": "boolean",
    "trigger": "trigger",
    "pr": "pr",
    "schedules": "schedules",
    "parameters": "declarations",
    "resources": "resources",
    "variables": "variables",
    "lockBehavior": "lockBehavior",
    "pool": "pool",
}
_JOB: dict[str, str] = {
    "displayName": "text",
    "dependsOn": "dependsOn",
    "condition": "text",
    "continueOnError": "text",
    "timeoutInMinutes": "filled",
    "cancelTimeoutInMinutes": "filled",
    "variables": "variables",
    "pool": "pool",
    "container": "jobContainer",
    "services": "jobServices",
    "workspace": "workspace",
    "uses": "uses",
    "templateContext": "anything",
}
_PHASE: dict[str, str] = {
    "phase": "text",
    "displayName": "text",
    "dependsOn": "dependsOn",
    "condition": "text",
    "continueOnError": "text",
    "queue": "queue",
    "server": "queue",
    "variables": "variables",
    "steps": "steps",
}
_CONTAINER: dict[str, str] = {
    "image": "text",
    "endpoint": "text",
    "env": "texts by name",
    "mapDockerSocket": "boolean",
    "options": "text",
    "ports": "texts",
    "volumes": "texts",
    "mountReadOnly": "readOnlyMounts",
}
_EXTENDED: dict[str, str] = {
    "trigger": "trigger",
    "resources": "resources",
    "parameters": "declarations",
    "variables": "variables",
}
_HOOKS = {
    "preDeploy": "hook",
    "deploy": "hook",
    "routeTraffic": "hook",
    "postRouteTraffic": "hook",
    "on": "outcomeHooks",
}
_EARLY = ("resources", "variables")


def _step(lead: str, own: Mapping[str, str] | None = None, takes: str = "text") -> Record:
    return Record({lead: takes, **(own or {}), **_STEP}, lead=lead, first=lead)


def _root(
    lead: str, own: Mapping[str, str] | None = None, rivals: tuple[tuple[str, ...], ...] = ()
) -> Record:
    return Record({lead: lead, **(own or {}), **_ROOT}, lead=lead, early=_EARLY, rivals=rivals)


def _template(body: str, own: Mapping[str, str] | None = None) -> Record:
    return Record({"parameters": "declarations", body: body, **(own or {})}, lead=body)


def _extended(body: str) -> Record:
    return Record({body: body, **_EXTENDED}, lead=body, early=_EARLY)


SHAPES: Mapping[str, Shape] = {
    "anything": Anything(),
    "declarations": Anything(),
    "arguments": Record({}, others="anything"),
    "text": Text(),
    "filled": Text(filled=True),
    "fixed": Text(),
    "fixed filled": Text(filled=True),
    "boolean": Text(_BOOLEANS),
    "texts": ListOf("text"),
    "filled texts": ListOf("filled"),
    "texts by name": Record({}, others="text"),
    # The pages of many tasks show `inputs:` above lines that are all commented out.
    "inputs": Record({}, others="text", may_be_blank=True),
    # the roots
    "pipeline": Choice(
        (
            _root("stages"),
            _root("extends"),
            _root("jobs"),
            # the phases name their queues: no pool stands beside them
            Record(
                {"phases": "phases", **{key: _ROOT[key] for key in _ROOT if key != "pool"}},
                lead="phases",
                early=_EARLY,
            ),
            _root(
                "steps",
                {
                    "strategy": "jobStrategy",
                    "continueOnError": "text",
                    "container": "jobContainer",
                    "services": "jobServices",
                    "workspace": "workspace",
                    "queue": "queue",
                    "server": "queue",
                },
                rivals=(("pool", "queue", "server"),),
            ),
        )
    ),
    "steps template": _template("steps"),
    "jobs template": Choice((_template("jobs"), _template("phases"))),
    "phases template": Choice((_template("phases"), _template("jobs"))),
    "stages template": _template("stages"),
    "variables template": _template("variables"),
    "extends template": Choice(
        (_extended("stages"), _extended("jobs"), _extended("steps"), _extended("extends"))
    ),
    "extends": Record({"template": "filled", "parameters": "arguments"}, required=("template",)),
    # what starts a run
    "trigger": Choice(
        (
            Text(("none",)),
            ListOf("text"),
            Record({"batch": "boolean", "branches": "filter", "paths": "filter", "tags": "filter"}),
        )
    ),
    "pr": Choice(
        (
            Text(("none",)),
            ListOf("text"),
            Record(
                {
                    "autoCancel": "boolean",
                    "branches": "filter",
                    "paths": "filter",
                    "drafts": "boolean",
                }
            ),
        )
    ),
    "filter": Record({"include": "texts", "exclude": "texts"}),
    "filter or list": Choice(
        (
            ListOf("filled"),
            Record({"include": "filled texts", "exclude": "filled texts"}, may_be_blank=True),
        )
    ),
    # The page of container triggers also writes `tags: none` and `tags: true`.
    "containerTags": Choice(
        (
            Text(("none", "true")),
            ListOf("filled"),
            Record({"include": "filled texts", "exclude": "filled texts"}),
        )
    ),
    "schedules": ListOf("schedule"),
    "schedule": Record(
        {
            "cron": "filled",
            "displayName": "text",
            "branches": "filter",
            "batch": "boolean",
            "always": "boolean",
        },
        first="cron",
        required=("cron",),
    ),
    # resources
    "resources": Choice(
        (
            ListOf("legacyResource"),
            Record(
                {
                    "builds": "buildResources",
                    "containers": "containerResources",
                    "pipelines": "pipelineResources",
                    "repositories": "repositoryResources",
                    "webhooks": "webhookResources",
                    "packages": "packageResources",
                    "repo": "self",
                    "clean": "text",
                    "fetchDepth": "text",
                    "lfs": "text",
                }
            ),
        )
    ),
    "self": Text(("self",)),
    "legacyResource": Record(
        {"repo": "self", "clean": "text", "fetchDepth": "text", "lfs": "text"},
        first="repo",
        required=("repo",),
    ),
    "repositoryResources": ListOf("repositoryResource"),
    "repositoryResource": Record(
        {
            "repository": "fixed",
            "endpoint": "fixed filled",
            "trigger": "trigger",
            "checkoutOptions": "checkoutOptions",
            "name": "fixed filled",
            "ref": "text",
            "type": "fixed",
        },
        first="repository",
        required=("repository",),
        others="anything",
    ),
    "checkoutOptions": Record(
        dict.fromkeys(
            ("clean", "fetchDepth", "fetchTags", "lfs", "submodules", "persistCredentials"), "text"
        )
    ),
    "pipelineResources": ListOf("pipelineResource"),
    "pipelineResource": Record(
        {
            "pipeline": "text",
            "project": "filled",
            "source": "filled",
            "version": "text",
            "branch": "text",
            "tags": "filled texts",
            "trigger": "pipelineResourceTrigger",
        },
        first="pipeline",
        required=("pipeline",),
    ),
    "pipelineResourceTrigger": Choice(
        (
            Text(("none", "true")),
            Record(
                {
                    "enabled": "boolean",
                    "branches": "filter or list",
                    "stages": "filled texts",
                    "tags": "filled texts",
                }
            ),
        )
    ),
    "containerResources": ListOf("containerResource"),
    "containerResource": Record(
        {
            "container": "text",
            "type": "text",
            "trigger": "containerResourceTrigger",
            "azureSubscription": "filled",
            "resourceGroup": "filled",
            "registry": "filled",
            "repository": "filled",
            "localImage": "boolean",
            **_CONTAINER,
        },
        first="container",
        required=("container",),
        others="anything",
    ),
    "containerResourceTrigger": Choice(
        (Text(("none", "true")), Record({"enabled": "boolean", "tags": "containerTags"}))
    ),
    "buildResources": ListOf("buildResource"),
    "buildResource": Record(
        {
            "build": "text",
            "type": "filled",
            "connection": "filled",
            "source": "filled",
            "version": "text",
            "branch": "text",
            "trigger": "none or true",
        },
        first="build",
        required=("build", "type", "connection", "source"),
    ),
    "packageResources": ListOf("packageResource"),
    "packageResource": Record(
        {
            "package": "text",
            "type": "filled",
            "connection": "filled",
            "name": "filled",
            "version": "text",
            "tag": "text",
            "trigger": "none or true",
        },
        first="package",
        required=("package", "type", "connection", "name"),
    ),
    "none or true": Text(("none", "true")),
    "webhookResources": ListOf("webhookResource"),
    "webhookResource": Record(
        {"webhook": "text", "connection": "filled", "type": "filled", "filters": "webhookFilters"},
        first="webhook",
        required=("webhook", "connection"),
    ),
    "webhookFilters": ListOf("webhookFilter"),
    "webhookFilter": Record(
        {"path": "filled", "value": "filled"}, first="path", required=("path", "value")
    ),
    # variables
    "variables": Choice((ListOf("variable", slot="variables"), Record({}, others="text"))),
    "variable": Choice(
        (
            Record(
                {"name": "filled", "value": "text", "readonly": "boolean"},
                lead="name",
                first="name",
            ),
            Record({"group": "filled"}, lead="group", first="group"),
            _INCLUDE,
        )
    ),
    # stages
    "stages": ListOf("stage", slot="stages"),
    "stage": Choice(
        (
            Record(
                {
                    "stage": "text",
                    "group": "text",
                    "displayName": "text",
                    "pool": "pool",
                    "dependsOn": "dependsOn",
                    "condition": "text",
                    "variables": "variables",
                    "jobs": "jobs",
                    "lockBehavior": "lockBehavior",
                    "trigger": "stageTrigger",
                    "isSkippable": "boolean",
                    "templateContext": "anything",
                    "checks": "stageChecks",
                },
                lead="stage",
                first="stage",
                early=("variables",),
            ),
            _INCLUDE,
        )
    ),
    "stageChecks": ListOf("stageCheck"),
    "stageCheck": Record({"type": "stageCheckType"}),
    "stageCheckType": Text(("productionReadinessPolicy",)),
    "lockBehavior": Text(("sequential", "runLatest")),
    "stageTrigger": Text(("manual", "automatic")),
    "dependsOn": Choice((Text(), ListOf("text"))),
    # jobs
    "jobs": ListOf("job", slot="jobs"),
    "job": Choice(
        (
            Record(
                {"job": "text", **_JOB, "strategy": "jobStrategy", "steps": "steps"},
                lead="job",
                first="job",
                early=("variables",),
            ),
            Record(
                {
                    "deployment": "text",
                    **_JOB,
                    "environment": "environment",
                    "strategy": "deploymentStrategy",
                },
                lead="deployment",
                first="deployment",
                early=("variables",),
            ),
            _INCLUDE,
        )
    ),
    "uses": Record({"repositories": "filled texts", "pools": "filled texts"}),
    "workspace": Record({"clean": "text"}),
    "pool": Choice(
        (
            Text(),
            Record(
                {"name": "filled", "demands": "demands", "vmImage": "filled"}, others="anything"
            ),
        )
    ),
    "demands": Choice((Text(), ListOf("filled"))),
    "jobContainer": Choice((Text(), Record({"alias": "text", **_CONTAINER}))),
    "jobServices": Record({}, others="jobContainer"),
    "readOnlyMounts": Record(dict.fromkeys(("work", "externals", "tools", "tasks"), "boolean")),
    "jobStrategy": Record(
        {"matrix": "matrix", "parallel": "filled", "maxParallel": "filled"},
        rivals=(("matrix", "parallel"), ("maxParallel", "parallel")),
    ),
    "matrix": Choice((Text(), Record({}, others="texts by name"))),
    "environment": Choice(
        (
            Text(),
            Record(
                dict.fromkeys(
                    ("name", "resourceName", "resourceId", "resourceType", "tags"), "filled"
                )
            ),
        )
    ),
    "deploymentStrategy": Choice(
        (
            Record({"runOnce": "runOnce"}, lead="runOnce"),
            Record({"rolling": "rolling"}, lead="rolling"),
            Record({"canary": "canary"}, lead="canary"),
        )
    ),
    "runOnce": Record(_HOOKS),
    "rolling": Record({"maxParallel": "filled", **_HOOKS}),
    "canary": Record({"increments": "filled texts", **_HOOKS}),
    "hook": Record({"steps": "steps", "pool": "pool"}),
    "outcomeHooks": Record({"failure": "hook", "success": "hook"}),
    # the jobs of old
    "phases": ListOf("phase", slot="phases"),
    "phase": Choice((Record(_PHASE, lead="phase", first="phase", early=("variables",)), _INCLUDE)),
    "queue": Choice(
        (
            Text(),
            Record(
                {
                    "name": "text",
                    "demands": "demands",
                    "container": "filled",
                    "matrix": "matrix",
                    "parallel": "filled",
                    "timeoutInMinutes": "filled",
                    "cancelTimeoutInMinutes": "filled",
                    "workspace": "workspace",
                }
            ),
        )
    ),
    # steps
    "steps": ListOf("step", slot="steps"),
    "step": Choice(
        (
            _step("task", {"inputs": "inputs"}, "filled"),
            _step("script", _SCRIPT),
            _step("bash", _SCRIPT),
            _step("pwsh", _POWERSHELL),
            _step("powershell", _POWERSHELL),
            _step("checkout", _CHECKOUT),
            _step("download", {"artifact": "filled", "patterns": "filled"}, "filled"),
            _step(
                "downloadBuild",
                {"artifact": "text", "path": "text", "patterns": "text", "inputs": "inputs"},
                "filled",
            ),
            _step("getPackage", {"path": "text"}, "filled"),
            _step("publish", {"artifact": "text"}),
            _step("upload", {"artifact": "text"}),
            _step("reviewApp"),
            _INCLUDE,
        )
    ),
    "stepTarget": Choice(
        (
            Text(),
            Record(
                {
                    "container": "filled",
                    "commands": "text",
                    "settableVariables": "settableVariables",
                }
            ),
        )
    ),
    "settableVariables": Choice((Text(("none",)), ListOf("filled"))),
}

TEMPLATE_BODIES: Mapping[str, tuple[str, ...]] = {
    "steps": ("steps",),
    "jobs": ("jobs", "phases"),
    "phases": ("phases", "jobs"),
    "stages": ("stages",),
    "variables": ("variables",),
    "extends": ("stages", "jobs", "steps", "extends"),
}
"""The key that holds the body of a template, for each slot it may be included in."""

WITHOUT_DIRECTIVES: Mapping[str, str] = {
    "trigger": "A mapping was not expected",
    "pr": "A mapping was not expected",
    "schedules": "A mapping was not expected",
    "repositoryResources": "A template expression is not allowed in this context",
}
"""The shapes in which directives are refused, with the service's words for it."""

WITHOUT_EXPRESSIONS = frozenset(("fixed", "fixed filled"))
"""The shapes of texts that may not be expressions: of a repository all but the ref, as the service
tells those who try (microsoft/azure-pipelines-yaml, issues 327 and 612)."""

PARAMETER_TYPES: Mapping[str, str | None] = {
    "string": None,
    "number": None,
    "boolean": None,
    "object": None,
    "stringList": None,
    "step": "step",
    "stepList": "steps",
    "job": "job",
    "jobList": "jobs",
    "deployment": "job",
    "deploymentList": "jobs",
    "stage": "stage",
    "stageList": "stages",
    "container": "containerResource",
    "containerList": "containerResources",
}
"""The types of any parameter; those that hold parts of a pipeline name the shape they must have."""

ROOT_PARAMETER_TYPES: tuple[str, ...] = (
    "environment",
    "filePath",
    "pool",
    "secureFile",
    "serviceConnection",
)
"""The further types of a pipeline's own parameters; all but `pool` are texts."""

TEMPLATE_PARAMETER_TYPES: tuple[str, ...] = ("legacyObject",)
"""The further types of a template's parameters."""

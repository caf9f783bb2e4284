"""Finds what a job names in its workspace (computes, data, code ...), or says what is missing.

Every problem is collected, so that a client learns of all of them at once; the message about a
missing entity has the `az ml` command that makes it.
"""

from __future__ import annotations

from dataclasses import field

from penstock.engine.requests import EnvironmentSpec
from penstock.ml.assets import Asset, AssetStore, resolve
from penstock.ml.components import Component, parse_component
from penstock.ml.datastores import artifacts_path, parse_uri
from penstock.ml.fields import field as read
from penstock.ml.fields import table
from penstock.ml.jobstore import JobStore
from penstock.ml.references import Problem, Reference, parse_reference
from penstock.ml.workspaces import Workspace, parse_arm_id
from penstock.records import record

LOCAL_COMPUTES = ("local", "serverless")
REMOTE = (
    "https://",
    "http://",
    "wasbs://",
    "wasb://",
    "abfss://",
    "abfs://",
    "adl://",
    "s3://",
    "gs://",
    "dbfs://",
    "hdfs://",
)
"""How addresses begin that lie outside of every datastore."""

_MODEL_TYPES = ("mlflow_model", "custom_model", "triton_model")
_CREATE = {
    "data": "az ml data create --name {name} --version {version} --type uri_folder --path PATH",
    "models": "az ml model create --name {name} --version {version} --path PATH",
    "environments": "az ml environment create --name {name} --version {version} --image IMAGE"
    " --conda-file FILE",
    "components": "az ml component create --file COMPONENT.yml",
    "datastores": "az ml datastore create --file DATASTORE.yml",
    "computes": (
        "az ml compute create --name {name} --type amlcompute --min-instances 0 --max-instances 4"
    ),
}
_NOUN = {
    "data": "data asset",
    "models": "model",
    "environments": "environment",
    "components": "component",
    "datastores": "datastore",
    "computes": "compute",
    "codes": "code snapshot",
}


@record
class Resolver:
    """Looks things up in one workspace and collects what is wrong, and what is only doubtful."""

    workspace: Workspace
    assets: AssetStore
    jobs: JobStore
    problems: list[Problem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def problem(self, code: str, message: str, target: str) -> None:
        """Remember one thing that is wrong; the same one is said once."""
        found = Problem(code=code, message=message, target=target)
        if found not in self.problems:
            self.problems.append(found)

    def warn(self, message: str) -> None:
        """Remember one thing that may be meant otherwise."""
        if message not in self.warnings:
            self.warnings.append(message)

    def compute(self, value: object, target: str) -> str:
        """The name of a compute that exists. Without one, jobs run on `serverless`."""
        name = self._own_name(value, "computes", target)
        if name is None:
            return "serverless"
        if name.lower() in LOCAL_COMPUTES:
            return name.lower()
        if self.assets.get(self.workspace.scope, "computes", name) is None:
            self._missing(Reference(kind="computes", name=name), target)
        return name

    def datastore(self, value: object, target: str, owner: Workspace | None = None) -> str:
        """The name of a datastore that exists, in this workspace or in another (`owner`)."""
        name = self._own_name(value, "datastores", target) or ""
        scope = (owner or self.workspace).scope
        if self.assets.get(scope, "datastores", name) is None:
            self._missing(Reference(kind="datastores", name=name, workspace=owner), target)
        return name

    def _own_name(self, value: object, kind: str, target: str) -> str | None:
        """The name of a compute or datastore; one of another workspace cannot be used."""
        arm = parse_arm_id(value) if isinstance(value, str) else None
        if arm is not None and arm[0].scope != self.workspace.scope:
            message = f'"{value}" is in another workspace than the job'
            self.problem("InvalidReference", message, target)
        elif not isinstance(value, str | None):
            self.problem("InvalidReference", f'"{value}" names no {_NOUN[kind]}', target)
        return short_name(value, kind)

    def component(self, value: object, target: str) -> Component | None:
        """The component a node runs."""
        asset = self._asset(value, "components", target)
        return parse_component(table(asset.properties, "component_spec")) if asset else None

    def environment(self, value: object, target: str) -> EnvironmentSpec:
        """The environment as the agent prepares it. Curated ones are known by their id alone."""
        unknown = EnvironmentSpec(id="")
        if not isinstance(value, str) or not value:
            self.problem("EnvironmentMissing", "an environment is required", target)
            return unknown
        reference = parse_reference(value, "environments")
        if reference is not None and reference.is_curated_environment:
            return EnvironmentSpec(id=value)
        asset = self._asset(value, "environments", target)
        if asset is None:
            return unknown
        properties, build = asset.properties, table(asset.properties, "build")
        context = read(build, "context_uri")
        place = parse_uri(context, self.workspace) if context else None
        return EnvironmentSpec(
            id=f"{self.workspace.path}/environments/{asset.name}/versions/{asset.version}",
            image=read(properties, "image"),
            conda_file=read(properties, "conda_file"),
            build=place.uri if place else context,
            dockerfile=read(build, "dockerfile_path"),
        )

    def code(self, value: object, target: str) -> str | None:
        """The full URI of a code snapshot's folder; None when the command needs no code."""
        if value is None or value == "":
            return None
        asset = self._asset(value, "codes", target)
        if asset is None:
            return None
        uri = str(asset.properties.get("codeUri", ""))
        place = parse_uri(uri, self.workspace)
        if place is None:
            message = f'code snapshot "{asset.name}:{asset.version}" lies elsewhere: "{uri}"'
            self.problem("InvalidPath", message, target)
            return None
        return place.uri

    def content(self, value: str, type: str, target: str) -> str:
        """The URI of what an input names: a path in a datastore, an asset, a job's output, a URL.

        Assets and labels are resolved now, so that a later version changes nothing for this job.
        """
        if (uri := self._address(value, target)) is not None:
            return uri
        asset = self._asset(value, "models" if type in _MODEL_TYPES else "data", target)
        if asset is None:
            return ""
        stored = str(asset.properties.get("dataUri") or asset.properties.get("modelUri") or "")
        if (uri := self._address(stored, target)) is None:
            message = f'"{asset.name}:{asset.version}" has a path that leads nowhere: "{stored}"'
            self.problem("InvalidPath", message, target)
        return uri or ""

    def _address(self, value: str, target: str) -> str | None:
        """The URI that `value` is, or None when it is the name of an asset."""
        if (place := parse_uri(value, self.workspace)) is not None:
            self.datastore(place.datastore, target, place.workspace)
            if ".." in place.path.split("/"):
                message = f'the path leads outside its datastore: "{value}"'
                self.problem("InvalidPath", message, target)
            return place.uri
        if value.startswith(REMOTE):
            return value
        if value.startswith("azureml://jobs/"):
            return self._output_of_job(value, target)
        if value.startswith("runs:/"):
            run, _, path = value.removeprefix("runs:/").partition("/")
            return self._address(_below(artifacts_path(self.workspace, run).uri, path), target)
        return None

    def _output_of_job(self, uri: str, target: str) -> str | None:
        """`azureml://jobs/JOB/outputs/NAME[/paths/PATH]`; NAME `artifacts` means its own files."""
        name, _, rest = uri.removeprefix("azureml://jobs/").partition("/outputs/")
        output, _, path = rest.partition("/paths/")
        job = self.jobs.get(self.workspace.scope, name)
        if job is None:
            self.problem("JobNotFound", f'job "{name}" is not in the workspace', target)
            return ""
        if output in ("artifacts", "default"):
            return self._address(_below(artifacts_path(self.workspace, name).uri, path), target)
        if output not in job.outputs:
            known = ", ".join(job.outputs) or "none"
            message = f'job "{name}" has no output "{output}" (it has: {known})'
            self.problem("OutputNotFound", message, target)
            return ""
        return self._address(_below(job.outputs[output].uri, path), target)

    def _asset(self, value: object, kind: str, target: str) -> Asset | None:
        reference = parse_reference(value, kind) if isinstance(value, str) else None
        if reference is None:
            noun = _NOUN[kind]
            message = f'"{value}" names no {noun}: use azureml:NAME:VERSION or a known path'
            if value is None or value == "":
                message = f"a {noun} is required"
            self.problem("InvalidReference", message, target)
            return None
        if reference.registry is not None:
            message = f'registry "{reference.registry}" is not supported: "{value}"'
            self.problem("RegistryNotSupported", message, target)
            return None
        asset = resolve(self.assets, self.workspace.scope, reference)
        if asset is None:
            self._missing(reference, target)
        return asset

    def _missing(self, reference: Reference, target: str) -> None:
        noun = _NOUN.get(reference.kind, reference.kind)
        owner = reference.workspace or self.workspace
        message = f'{noun} "{reference}" is not in workspace "{owner.name}"'
        command = _CREATE.get(reference.kind)
        if command is not None:
            made = command.format(name=reference.name, version=reference.version or "1")
            message += f"; create it: {made} --resource-group {owner.resource_group}"
            message += f" --workspace-name {owner.name}"
        code = noun.title().replace(" ", "").replace("Asset", "") + "NotFound"
        self.problem(code, message, target)


def _below(uri: str, path: str) -> str:
    return f"{uri.rstrip('/')}/{path}" if path else uri


def short_name(value: object, kind: str) -> str | None:
    """The last name of a resource id, `azureml:NAME` or NAME; None when there is none."""
    if not isinstance(value, str) or not value:
        return None
    arm = parse_arm_id(value)
    if arm is not None and len(arm[1]) == 2 and arm[1][0].lower() == kind:
        return arm[1][1]
    return value.removeprefix("azureml:")

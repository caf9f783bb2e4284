"""How YAML, the SDK and ARM point at an asset, and the problems found when nothing is there."""

from __future__ import annotations

import re

from penstock.ml.workspaces import Workspace, parse_arm_id
from penstock.records import record

CURATED_REGISTRY = "azureml"
_REGISTRY = re.compile(
    r"^azureml://registries/([^/]+)/([^/]+)/([^/]+)(?:/(versions|labels)/(.+))?\Z"
)
_LONG = re.compile(r"^azureml://locations/[^/]+/workspaces/[^/]+/([^/]+)/([^/]+)/versions/(.+)\Z")
_NAME = re.compile(r"^[\w][\w.\-]*\Z")


def is_name(text: str) -> bool:
    """Whether an asset, a version, a compute or a datastore can be called so, and pointed at."""
    return _NAME.match(text) is not None


@record
class Problem:
    """One thing wrong with what a client sent.

    `target` is a dotted path in the words of the YAML file (`jobs.train.inputs.data.path`), so that
    a client can point at its line; `code` is one word that programs may look at.
    """

    code: str
    message: str
    target: str = ""


class Refused(Exception):
    """the request is not valid"""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = problems


@record
class Reference:
    """A pointer at an asset: by version, by label, or by name alone (the newest).

    `kind` is the plural of the REST path: `data`, `environments`, `components`, `codes`, `models`.
    `workspace` is set when the pointer names one; `registry` when it points outside of workspaces.
    """

    kind: str
    name: str
    version: str | None = None
    label: str | None = None
    workspace: Workspace | None = None
    registry: str | None = None

    @property
    def is_curated_environment(self) -> bool:
        """Whether it names one of the environments that Azure ML itself offers everywhere."""
        if self.kind != "environments":
            return False
        return self.registry == CURATED_REGISTRY or (
            self.registry is None and self.name.startswith("AzureML-")
        )

    def __str__(self) -> str:
        if self.version is not None:
            return f"{self.name}:{self.version}"
        return f"{self.name}@{self.label}" if self.label else self.name


def parse_reference(text: str, kind: str) -> Reference | None:
    """Read every form an asset is pointed at by, or None when `text` is none of them.

    `azureml:NAME:VERSION`, `azureml:NAME@LABEL`, `azureml:NAME` (also without `azureml:`), a
    resource id, `azureml://registries/...` and `azureml://locations/...`. `kind` is what the short
    forms mean; the long ones say it themselves.
    """
    if (arm := parse_arm_id(text)) is not None:
        return _from_arm_id(*arm)
    if match := _REGISTRY.match(text):
        version = match[5] if match[4] == "versions" else None
        label = match[5] if match[4] == "labels" else None
        return Reference(
            kind=match[2], name=match[3], version=version, label=label, registry=match[1]
        )
    if match := _LONG.match(text):
        return Reference(kind=match[1], name=match[2], version=match[3])
    return _from_short_form(text.removeprefix("azureml:"), kind)


def _from_arm_id(workspace: Workspace, rest: tuple[str, ...]) -> Reference | None:
    """What a resource id points at; azure-ai-ml leaves `azureml:` before a name that a program
    gave as `azureml:NAME@latest`."""
    if len(rest) < 2:
        return None
    kind, name = rest[0], rest[1].removeprefix("azureml:")
    match rest[2:]:
        case ():
            return Reference(kind=kind, name=name, workspace=workspace)
        case ("versions", version):
            return Reference(kind=kind, name=name, version=version, workspace=workspace)
        case ("labels", label):
            return Reference(kind=kind, name=name, label=label, workspace=workspace)
    return None


def _from_short_form(text: str, kind: str) -> Reference | None:
    name, at, label = text.partition("@")
    if at:
        return Reference(kind=kind, name=name, label=label) if _NAME.match(name) else None
    name, colon, version = text.partition(":")
    if not _NAME.match(name) or (colon and not _NAME.match(version)):
        return None
    return Reference(kind=kind, name=name, version=version or None)

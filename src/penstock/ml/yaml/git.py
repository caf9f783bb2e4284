"""What git says of the folder a job is submitted from, as properties of the job."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

_NAMES = {
    "AZUREML_GIT_REPOSITORY_URI": "mlflow.source.git.repoURL",
    "AZUREML_GIT_BRANCH": "mlflow.source.git.branch",
    "AZUREML_GIT_COMMIT": "mlflow.source.git.commit",
    "AZUREML_GIT_DIRTY": "azureml.git.dirty",
    "AZUREML_GIT_BUILD_ID": "azureml.git.build_id",
    "AZUREML_GIT_BUILD_URI": "azureml.git.build_uri",
}
_TOKEN_IN_URL = re.compile(r"https://(?:[^/@]+/)?([^/@]+)@")


def git_properties(folder: str, environ: Mapping[str, str]) -> dict[str, str]:
    """`mlflow.source.git.*` and `azureml.git.*` of a folder; empty where it is in no work tree.

    Variables such as AZUREML_GIT_COMMIT win over what git says. Where the URL holds a token, only
    what names the build is kept, as in Azure's client.
    """
    found = _ask_git(folder)
    for variable, name in _NAMES.items():
        if environ.get(variable, "").strip():
            found[name] = environ[variable].strip()
    if _TOKEN_IN_URL.search(found.get("mlflow.source.git.repoURL", "")):
        return {name: value for name, value in found.items() if "build" in name}
    if "azureml.git.dirty" in found:
        found["azureml.git.dirty"] = str(found["azureml.git.dirty"].lower() in ("true", "1"))
    return found


def _ask_git(folder: str) -> dict[str, str]:
    status = _git(folder, "status", "--porcelain=v2", "--branch", ".")
    if status is None:
        return {}
    facts: dict[str, str] = {}
    dirty = False
    for line in status.splitlines():
        if line.startswith("# branch.oid ") and not line.endswith("(initial)"):
            facts["mlflow.source.git.commit"] = line.split()[-1]
        elif line.startswith("# branch.head ") and not line.endswith("(detached)"):
            facts["mlflow.source.git.branch"] = line.split()[-1]
        elif not line.startswith("#"):
            dirty = True
    url = (_git(folder, "ls-remote", "--get-url") or "").strip()
    if url:
        facts["mlflow.source.git.repoURL"] = url
    return {**facts, "azureml.git.dirty": str(dirty)}


def _git(folder: str, *arguments: str) -> str | None:
    """What a git command prints, or None where it fails or there is no git.

    Started without `subprocess`, whose import takes longer than git does.
    """
    reading, writing = os.pipe()
    nowhere = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in (0, 2)]
    actions = [*nowhere, (os.POSIX_SPAWN_DUP2, writing, 1)]
    command = ["git", "-C", folder, *arguments]
    try:
        process = os.posix_spawnp("git", command, os.environ, file_actions=actions)
    except OSError:
        os.close(reading)
        return None
    finally:
        os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        output = stream.read()
    status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    return output.decode("utf-8", "replace") if status == 0 else None

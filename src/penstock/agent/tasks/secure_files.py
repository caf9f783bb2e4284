"""DownloadSecureFile@1: a file of the library, in the job's temporary folder until it ends."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from penstock.agent.context import SUCCEEDED, Outcome, StepContext, failed
from penstock.agent.server import NotFound
from penstock.agent.tasks.contract import Input, Task
from penstock.engine.requests import SecureFileSource

_OUTPUT = "secureFilePath"


def download(step: StepContext) -> Outcome:
    """Put the file where only this user reads it, and tell its path as an output."""
    wanted = step.input("secureFile").casefold()
    found = next((f for f in step.job.work.secure_files if f.name.casefold() == wanted), None)
    if found is None:
        return failed(f'secure file "{step.input("secureFile")}" is not in the library')
    folder = step.workspace.temporary_file("")
    folder.mkdir(0o700)
    try:
        path = _put(step, found, folder / found.name)
    except (NotFound, OSError) as error:
        return failed(f'secure file "{found.name}" cannot be had: {error}')
    path.chmod(0o600)
    step.set_output(_OUTPUT, str(path))
    step.log.line(f"{found.name} is at {path}, until the job ends")
    return SUCCEEDED


def _put(step: StepContext, found: SecureFileSource, path: Path) -> Path:
    if found.path:
        own = step.job.repository("self")
        if own is None or own.commit is not None:
            raise NotFound(f'"{found.path}" is read from a working tree only')
        shutil.copyfile(os.path.join(own.url, found.path), path)  # noqa: PTH118
        return path
    return step.job.server.fetch(found.uri, path.parent)


DOWNLOAD_SECURE_FILE = Task(
    name="DownloadSecureFile",
    major=1,
    id="2a6ca863-f2ce-4f4d-8bcb-15e64608ec4b",
    friendly_name="Download secure file",
    description="Download a secure file to the agent machine",
    inputs=(
        Input(name="secureFile", type="secureFile", required=True),
        Input(name="retryCount", default="8"),
        Input(name="socketTimeout"),
    ),
    run=download,
    restricted=True,
    settable=(_OUTPUT,),
)

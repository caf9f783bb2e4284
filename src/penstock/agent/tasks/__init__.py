"""Built-in pipeline tasks in one table, and those that installed packages add. Loaded when used."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from penstock.engine.requests import Step
from penstock.records import record

if TYPE_CHECKING:
    from penstock.agent.tasks.contract import Task

GROUP = "penstock.tasks"

# Name, major, GUID, module, attribute.
_BUILT_IN = (
    ("ArchiveFiles", 2, "d8b84976-e99a-4b86-b885-4849694435b0", "archives", "ARCHIVE_FILES"),
    ("AzureCLI", 1, "46e4be58-730b-4389-8a2f-ea10b3e5e815", "azure_cli", "AZURE_CLI_1"),
    ("AzureCLI", 2, "46e4be58-730b-4389-8a2f-ea10b3e5e815", "azure_cli", "AZURE_CLI_2"),
    ("Bash", 3, "6c731c3c-3c68-459a-a5c9-bde6e6595b5b", "scripts", "BASH"),
    ("CmdLine", 2, "d9bafed4-0b18-4f58-968d-86655b4d2ce9", "scripts", "CMD_LINE"),
    ("CopyFiles", 2, "5bfb729a-a7c8-4a78-a7c3-8d717bb7c13c", "file_tasks", "COPY_FILES"),
    ("Delay", 1, "28782b92-5e8e-4458-9751-a71cd1492bae", "file_tasks", "DELAY"),
    ("DeleteFiles", 1, "b7e8b412-0437-4065-9371-edc5881de25b", "file_tasks", "DELETE_FILES"),
    (
        "DownloadBuildArtifacts",
        0,
        "a433f589-fce1-4460-9ee6-44a624aeb1fb",
        "artifact_tasks",
        "DBA_0",
    ),
    (
        "DownloadBuildArtifacts",
        1,
        "a433f589-fce1-4460-9ee6-44a624aeb1fb",
        "artifact_tasks",
        "DBA_1",
    ),
    (
        "DownloadPipelineArtifact",
        2,
        "61f2a582-95ae-4948-b34d-a1b3c4f6a737",
        "artifact_tasks",
        "DPA",
    ),
    (
        "DownloadSecureFile",
        1,
        "2a6ca863-f2ce-4f4d-8bcb-15e64608ec4b",
        "secure_files",
        "DOWNLOAD_SECURE_FILE",
    ),
    ("ExtractFiles", 1, "5e1e3830-fbfb-11e5-aab1-090c92bc4988", "archives", "EXTRACT_FILES"),
    ("PowerShell", 2, "e213ff0f-5d5c-4791-802d-52ea3e7be1f1", "powershell", "POWERSHELL"),
    ("PublishBuildArtifacts", 1, "2ff763a7-ce83-4e1f-bc89-0ae63477cebe", "artifact_tasks", "PBA"),
    ("PublishPipelineArtifact", 1, "ecdc45f6-832d-4ad9-b52b-ee49e94659be", "artifact_tasks", "PPA"),
    ("PublishTestResults", 2, "0b0f01ed-7dde-43ff-9cbb-e48954daf9b1", "test_results", "PUBLISH"),
    ("PythonScript", 0, "6392f95f-7e76-4a18-b3c7-7f078d2f7700", "python", "PYTHON_SCRIPT"),
    ("UsePythonVersion", 0, "33c63b11-352b-45a2-ba1b-54cb568a29ca", "python", "USE_PYTHON_VERSION"),
    ("checkout", 1, "6d15af64-176c-496d-b583-fd2ae21d4df4", "checkout", "CHECKOUT"),
    ("download", 1, "30f35852-3f7e-4c0c-9a88-e127b4f97211", "artifact_tasks", "DOWNLOAD"),
)


class UnknownTask(Exception):
    """no task of that name can run here"""


@record
class Problem:
    """A step that cannot run as it is written: where it stands, what is wrong, what to do."""

    step: str
    place: str
    message: str
    help: str = ""


def find(reference: str) -> Task:
    """The task of `Name@Major`, `Name@1.2.3` or `GUID@1`, ignoring case. Raises `UnknownTask`."""
    name, _, version = reference.strip().partition("@")
    wanted = name.lower()
    known = [row for row in _BUILT_IN if wanted in (row[0].lower(), row[2])]
    major = version.partition(".")[0]
    for _, number, _, module, attribute in reversed(known):
        if major in (str(number), "*", ""):
            return _load(module, attribute)
    added = _added_by_packages(reference)
    if added is not None:
        return added
    raise UnknownTask(_explain(reference, name, [(row[0], row[1]) for row in known]))


def names() -> tuple[str, ...]:
    """Every built-in `Name@Major` that YAML may name."""
    return tuple(f"{name}@{major}" for name, major, *_ in _BUILT_IN if name[0].isupper())


def check(steps: Iterable[Step]) -> tuple[Problem, ...]:
    """What can be said to be wrong with steps before they run."""
    from penstock.agent.tasks.contract import input_problems, resolve_inputs

    problems = []
    for step in steps:
        try:
            task = find(step.task)
        except UnknownTask as error:
            message, _, help = str(error).partition("; ")
            problems.append(Problem(step=step.id, place=step.place, message=message, help=help))
            continue
        values = resolve_inputs(task, step.inputs).values
        problems += (
            Problem(step=step.id, place=step.place, message=message)
            for message in input_problems(task, values)
        )
    return tuple(problems)


def _load(module: str, attribute: str) -> Task:
    from importlib import import_module

    task: Task = getattr(import_module(f"penstock.agent.tasks.{module}"), attribute)
    return task


def _added_by_packages(reference: str) -> Task | None:
    from importlib.metadata import entry_points

    for entry in entry_points(group=GROUP):
        if entry.name.lower() == reference.strip().lower():
            task: Task = entry.load()
            return task
    return None


def _explain(reference: str, name: str, known: list[tuple[str, int]]) -> str:
    if known:
        versions = ", ".join(f"{title}@{major}" for title, major in known)
        return f'there is no task "{reference}" on this machine; there is {versions}'
    from penstock.language.diagnostics import nearest

    guess = nearest(reference, names()) or nearest(name, [n.partition("@")[0] for n in names()])
    hint = (
        f'did you mean "{guess}"?'
        if guess
        else f"a package can add it through the entry-point group {GROUP}"
    )
    return f'there is no task "{reference}" on this machine; {hint}'

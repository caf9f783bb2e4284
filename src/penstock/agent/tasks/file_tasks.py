"""CopyFiles@2, DeleteFiles@1 and Delay@1."""

from __future__ import annotations

import math
import os
import stat
import time
from pathlib import Path

from penstock.agent import files
from penstock.agent.context import SUCCEEDED, Outcome, StepContext, failed
from penstock.agent.patterns import find_files, lines, select
from penstock.agent.tasks.contract import Input, Task

_LONGEST_DELAY = 10 * 365 * 24 * 3600.0


def copy_files(step: StepContext) -> Outcome:
    """Copy the files that patterns choose, with their folders unless `flattenFolders`."""
    source = step.path(step.input("SourceFolder"))
    target = step.workspace.default_directory / step.input("TargetFolder")
    if not source.is_dir():
        return failed(f'there is no source folder "{source}"')
    chosen = find_files(source, lines(step.input("Contents")))
    step.log.line(f"found {len(chosen)} files")
    if not chosen:  # then nothing is cleaned either
        return SUCCEEDED
    if step.flag("CleanTargetFolder"):
        files.empty(os.path.realpath(target))
    target.mkdir(parents=True, exist_ok=True)
    for path in chosen:
        inner = path.name if step.flag("flattenFolders") else os.path.relpath(path, source)
        problem = _copy(step, path, target / inner)
        if problem:
            return failed(problem)
    return SUCCEEDED


def _copy(step: StepContext, path: Path, place: Path) -> str:
    """Copy one file to its place; what keeps it from that, or nothing."""
    real = os.path.realpath(path)
    status = os.stat(real)  # noqa: PTH116
    is_folder = stat.S_ISDIR(status.st_mode)  # behind a link: task-lib follows it
    if place.is_dir() and not is_folder:
        return f'"{path}" cannot be copied to "{place}": that is a folder'
    if place.exists() and (not step.flag("OverWrite") or place.samefile(real)):
        step.log.line(f"File {place} already exists: it is left as it is")
        return ""
    place.parent.mkdir(parents=True, exist_ok=True)
    if is_folder:
        files.copy_tree(Path(real), place, warn=step.log.line)
    else:
        files.copy_file(real, str(place), status)
    if not step.flag("preserveTimestamp"):
        os.utime(place)
    step.log.line(f"Copying {path} to {place}")
    return ""


def delete_files(step: StepContext) -> Outcome:
    """Delete the files and folders that patterns choose, folders with all that is in them.

    Where a pattern takes something out (`!x`), the folders around it stay. Hidden files and folders
    are chosen by a pattern with a dot in that place, or with `RemoveDotFiles`.
    """
    source = step.path(step.input("SourceFolder"))
    if not source.is_dir():
        step.log.line(f"there is no folder {source}, so nothing is deleted")
        return SUCCEEDED
    patterns = [_below_source(pattern) for pattern in lines(step.input("Contents"))]
    everything = _files_and_folders(source)
    chosen = select(everything, patterns, hidden=step.flag("RemoveDotFiles"))
    kept: set[str] = set()
    if any(pattern.startswith("!") for pattern in patterns):
        for path in set(everything).difference(chosen):
            kept.update(map(str, Path(path).parents))
    for relative in chosen:
        if relative not in kept and os.path.lexists(source / relative):
            step.log.line(f"Deleting {source / relative}")
            files.remove(source / relative)
    if step.flag("RemoveSourceFolder") and not any(source.iterdir()):
        files.remove(source)
    return SUCCEEDED


def _below_source(pattern: str) -> str:
    """A pattern as it looks below the source folder, to which the task joins each."""
    mark = "!" if pattern.startswith("!") and not pattern.startswith("!(") else ""
    bare = pattern.removeprefix(mark).lstrip("/")
    return mark + os.path.normpath(f"/{bare}")[1:]


def _files_and_folders(root: Path) -> list[str]:
    folders = (os.path.relpath(base, root) for base, _, _ in os.walk(root))
    return [*(f for f in folders if f != "."), *(name for name, _ in files.walk(root))]


def delay(step: StepContext) -> Outcome:
    """Wait."""
    text = step.input("delayForMinutes")
    try:
        seconds = float(text) * 60
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < _LONGEST_DELAY:
        return failed(f'"delayForMinutes" must be a number from 0 up, not "{text}"')
    if step.deadline is not None:
        seconds = min(seconds, max(0.0, step.deadline - time.monotonic()))
    step.cancellation.wait(seconds)
    return SUCCEEDED


COPY_FILES = Task(
    name="CopyFiles",
    major=2,
    id="5bfb729a-a7c8-4a78-a7c3-8d717bb7c13c",
    friendly_name="Copy files",
    description="Copy files from a source folder to a target folder by patterns",
    inputs=(
        Input(name="SourceFolder", type="filePath"),
        Input(name="Contents", type="multiLine", default="**", required=True),
        Input(name="TargetFolder", required=True),
        Input(name="CleanTargetFolder", type="boolean", default="false"),
        Input(name="OverWrite", type="boolean", default="false"),
        Input(name="flattenFolders", type="boolean", default="false"),
        Input(name="preserveTimestamp", type="boolean", default="false"),
        Input(name="retryCount", default="0"),
        Input(name="delayBetweenRetries", default="1000"),
        Input(name="ignoreMakeDirErrors", type="boolean", default="false"),
    ),
    run=copy_files,
    restricted=True,
    settable=(),
)
DELETE_FILES = Task(
    name="DeleteFiles",
    major=1,
    id="b7e8b412-0437-4065-9371-edc5881de25b",
    friendly_name="Delete files",
    description="Delete files or folders by patterns",
    inputs=(
        Input(name="SourceFolder", type="filePath"),
        Input(name="Contents", type="multiLine", default="myFileShare", required=True),
        Input(name="RemoveSourceFolder", type="boolean", default="false"),
        Input(name="RemoveDotFiles", type="boolean", default="false"),
    ),
    run=delete_files,
    restricted=True,
    settable=(),
)
DELAY = Task(
    name="Delay",
    major=1,
    id="28782b92-5e8e-4458-9751-a71cd1492bae",
    friendly_name="Delay",
    description="Wait for some minutes",
    inputs=(Input(name="delayForMinutes", default="0", required=True),),
    run=delay,
)

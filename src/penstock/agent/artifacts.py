"""The artifacts of the current run, on this machine: published once, downloaded by later jobs.

They lie in a folder of the agent that jobs cannot name; the server is given a copy to keep.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

from penstock.agent import files
from penstock.agent.context import StepContext

_FOLDER = "_artifacts"
_OWNERS = ".owners:"
"""Not a name that an artifact can have."""
_RUNS_KEPT = 20
_FORBIDDEN = '":<>|*?/\\'


class ArtifactRefused(Exception):
    """the artifact cannot be published or found"""


def publish(
    step: StepContext, path: Path, name: str, *, once: bool = False, honor_ignore: bool = False
) -> int:
    """Publish a file, or the content of a folder, and return the number of files.

    With `once` a name that another job published is refused; without, files are added to it, as
    build artifacts do. With `honor_ignore` a `.artifactignore` in the folder leaves files out.
    Raises `ArtifactRefused`.
    """
    check_name(name)
    if step.job.masker.intervals(name):
        raise ArtifactRefused("the artifact's name holds a secret, and names are shown to everyone")
    if not path.is_dir() and not path.is_file():
        raise ArtifactRefused(f'"{path}" is neither a file nor a folder')
    folder = _run_folder(step)
    target = folder / name
    _claim(step, folder, name, once=once)
    if path.is_dir():
        count = files.copy_tree(
            path,
            target,
            keep=_ignored(path) if honor_ignore else _everything_but_git,
            warn=lambda text: step.issue("warning", text),
        )
    else:
        target.mkdir(parents=True, exist_ok=True)
        files.copy_file(os.path.realpath(path), str(target / path.name), path.stat())
        count = 1
    request = step.job.request
    step.job.server.attach(request.run, request.node, "artifact", name, target)
    return count


def published(step: StepContext) -> dict[str, Path]:
    """The artifacts of the run so far, by name."""
    folder = _run_folder(step)
    if not folder.is_dir():
        return {}
    return {path.name: path for path in sorted(folder.iterdir()) if path.name != _OWNERS}


def check_name(name: str) -> None:
    """Refuse a name that Azure refuses for artifacts. Raises `ArtifactRefused`."""
    bad = sorted({c for c in name if c in _FORBIDDEN or ord(c) < 0x20})
    if bad:
        shown = " ".join(repr(c)[1:-1] for c in bad)
        raise ArtifactRefused(f'artifact name "{name}" holds characters it must not: {shown}')
    if not name.strip(". "):
        raise ArtifactRefused(f'"{name}" is not a name for an artifact')


def _claim(step: StepContext, folder: Path, name: str, *, once: bool) -> None:
    """Note which job published a name; a second attempt of the same job starts it anew."""
    request = step.job.request
    owner = folder / _OWNERS / name
    mine = f"{request.node} {request.attempt}"
    _forget_old_runs(folder)
    owner.parent.mkdir(parents=True, exist_ok=True)
    with owner.open("a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # of jobs side by side, one is the first
        file.seek(0)
        node, _, attempt = file.read().rpartition(" ")
        if node == request.node and attempt != str(request.attempt):
            files.remove(folder / name)
        elif node and once:
            raise ArtifactRefused(f'artifact "{name}" was already published in this run')
        file.truncate(0)
        file.write(mine)


def _run_folder(step: StepContext) -> Path:
    run = step.job.request.run
    safe = "".join(c if c.isalnum() or c in "-_." else "_" for c in run).strip(".") or "run"
    return step.job.machine.work / _FOLDER / safe


def _forget_old_runs(folder: Path) -> None:
    """Before the first artifact of a run, remove those of runs long ago."""
    if folder.exists() or not folder.parent.is_dir():
        return
    runs = sorted(folder.parent.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in runs[_RUNS_KEPT:]:
        files.remove(path)


def _everything_but_git(relative: str) -> bool:
    return relative != ".git" and not relative.startswith(".git/")


def _ignored(folder: Path) -> Callable[[str], bool]:
    rules = folder / ".artifactignore"
    if not rules.is_file():
        return _everything_but_git
    from pathspec import GitIgnoreSpec

    spec = GitIgnoreSpec.from_lines(rules.read_text("utf-8", "replace").splitlines())
    return lambda relative: _everything_but_git(relative) and not spec.match_file(relative)


def download(source: Path, target: Path, keep: Callable[[str], bool]) -> int:
    """Copy files of an artifact into a folder; the number of files."""
    os.makedirs(target, exist_ok=True)  # noqa: PTH103
    return files.copy_tree(source, target, keep=keep)

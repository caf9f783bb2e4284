"""Makes bare repositories, with settings under which nothing that is pushed can run or linger.

git 2.38 is the oldest that will do: `cat-file -z` and `merge-tree --write-tree` came with it.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from penstock.store.git.names import checked_ref
from penstock.store.git.program import GitFailed, environment, run

PACK_LIMIT = 5 * 1024**3
_TIDY_SECONDS = 3600.0

_SETTINGS: Mapping[str, str] = {
    "core.logAllRefUpdates": "true",
    "core.hooksPath": "/dev/null",
    "core.protectHFS": "true",
    "core.protectNTFS": "true",
    "transfer.fsckObjects": "true",
    # Old faults that real histories have and that harm nobody; all others refuse the push.
    "receive.fsck.zeroPaddedFilemode": "ignore",
    "receive.fsck.badTimezone": "ignore",
    "receive.fsck.missingSpaceBeforeDate": "ignore",
    "receive.fsck.missingNameBeforeEmail": "ignore",
    "receive.fsck.missingSpaceBeforeEmail": "ignore",
    "receive.denyNonFastForwards": "false",
    "receive.denyDeleteCurrent": "refuse",
    "receive.hideRefs": "refs/pull",
    "receive.autogc": "false",
    "receive.shallowUpdate": "false",
    "uploadpack.allowFilter": "true",
    "uploadpack.allowReachableSHA1InWant": "true",
    "gc.autoDetach": "false",
    "pack.windowMemory": "128m",
    "pack.threads": "2",
    "protocol.allow": "never",
    "protocol.file.allow": "never",
}


def make_bare(folder: Path, default_branch: str) -> None:
    """Make an empty repository at `folder`, which is not there yet, whole or not at all.

    Raises GitFailed, and BadRef for a branch that cannot be.
    """
    branch = checked_ref(default_branch).removeprefix("refs/heads/")
    draft = folder.with_name(f".{folder.name}")
    shutil.rmtree(draft, ignore_errors=True)
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        done = subprocess.run(
            [
                "git",
                "init",
                "--quiet",
                "--bare",
                "--template=",
                f"--initial-branch={branch}",
                draft,
            ],
            env=environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
        )
    except FileNotFoundError as error:
        raise GitFailed("git is not installed") from error
    if done.returncode:
        raise GitFailed(done.stderr.decode("utf-8", "replace").strip())
    draft.chmod(0o700)
    with (draft / "config").open("a", encoding="utf-8") as config:
        config.write(_config_text())
    draft.rename(folder)


def remove_bare(folder: Path) -> None:
    """Remove a repository's folder; one that is half removed is swept at the next start."""
    gone = folder.with_name(f".{folder.name}")
    shutil.rmtree(gone, ignore_errors=True)
    try:
        folder.rename(gone)
    except FileNotFoundError:
        return
    shutil.rmtree(gone, ignore_errors=True)


def sweep_bare(folder: Path, before: float) -> None:
    """Remove what a process that was cut off left before that time: objects that were being taken,
    and locks, which would stand in the way for ever."""
    left = [*folder.glob("objects/tmp_objdir-*"), *folder.glob("*.lock")]
    left += folder.glob("refs/**/*.lock")
    for path in left:
        try:
            if path.stat().st_mtime < before:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        except OSError:
            continue


def tidy(folder: Path) -> None:
    """Pack what has gathered, when it is much (`git gc --auto`)."""
    run(folder, "-c", "gc.auto=2000", "gc", "--auto", "--quiet", seconds=_TIDY_SECONDS)


def _config_text() -> str:
    lines = []
    for name, value in _SETTINGS.items():
        head, _, key = name.rpartition(".")
        section, _, subsection = head.partition(".")
        title = f'[{section} "{subsection}"]' if subsection else f"[{section}]"
        lines.append(f"{title}\n\t{key} = {value}\n")
    return "".join(lines)

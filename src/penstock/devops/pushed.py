"""What a push of the present branch would bring: its commits and changed files, asked of Git."""

from __future__ import annotations

from pathlib import Path

from penstock.devops.git import git_output
from penstock.records import record

_DEFAULTS = ("refs/remotes/origin/HEAD", "refs/remotes/origin/main", "refs/remotes/origin/master")
_NONE = "0" * 40


@record
class Unpushed:
    """The commits that a push would bring. `old_commit` of zeros means that the branch is new;
    `paths` None that the changed files cannot be told. `is_last` where nothing is unpushed: then it
    is the last commit that is taken for the push."""

    ref: str
    old_commit: str
    new_commit: str
    messages: tuple[str, ...] = ()
    paths: tuple[str, ...] | None = None
    is_last: bool = False


def read_unpushed(root: Path) -> Unpushed | None:
    """What a push of the branch of `root` would bring; None without Git, a branch or a commit."""
    head = _git(root, "rev-parse", "--verify", "--quiet", "HEAD")
    ref = _git(root, "symbolic-ref", "--quiet", "HEAD")
    if not head or not ref:
        return None
    upstream = _git(root, "rev-parse", "--verify", "--quiet", "@{upstream}")
    if upstream == head:
        return _last(root, ref, head)
    base = upstream or _fork(root)
    return Unpushed(
        ref=ref,
        old_commit=upstream or _NONE,
        new_commit=head,
        messages=_messages(root, base, head),
        paths=_paths(root, base, head),
    )


def list_yaml_files(root: Path) -> tuple[str, ...]:
    """The YAML files of a repository as Git knows them, ignored ones left out; without Git, all."""
    asked = ("ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.yml", "*.yaml")
    found = _git(root, *asked)
    if found is None:
        paths = (path for ending in ("yml", "yaml") for path in root.rglob(f"*.{ending}"))
        return tuple(sorted(path.relative_to(root).as_posix() for path in paths))
    return tuple(sorted({name for name in found.split("\0") if name}))


def _last(root: Path, ref: str, head: str) -> Unpushed:
    """The last commit alone, for a branch that is pushed."""
    before = _git(root, "rev-parse", "--verify", "--quiet", "HEAD~1")
    return Unpushed(
        ref=ref,
        old_commit=before or _NONE,
        new_commit=head,
        messages=_messages(root, before, head),
        paths=_paths(root, before, head),
        is_last=True,
    )


def _fork(root: Path) -> str | None:
    """Where a branch that was never pushed left the default branch."""
    for name in _DEFAULTS:
        found = _git(root, "merge-base", "HEAD", name)
        if found:
            return found
    return None


def _messages(root: Path, base: str | None, head: str) -> tuple[str, ...]:
    commits = f"{base}..{head}" if base else head
    found = _git(root, "log", "-z", "--format=%B", commits) or ""
    return tuple(message.strip() for message in found.split("\0") if message.strip())


def _paths(root: Path, base: str | None, head: str) -> tuple[str, ...] | None:
    if base is None:
        return None
    found = _git(root, "diff", "--name-only", "-z", "--no-renames", "--relative", base, head)
    return None if found is None else tuple(name for name in found.split("\0") if name)


def _git(root: Path, *arguments: str) -> str | None:
    """What git printed without the last line end, or None where it failed or is missing."""
    try:
        found = git_output(root, *arguments)
    except FileNotFoundError:
        return None
    return None if found is None else found.removesuffix("\n")

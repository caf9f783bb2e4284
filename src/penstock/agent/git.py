"""Asks git about a local repository, and makes a folder a work tree that shares its objects.

Nothing here writes to the repository it asks about.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from penstock import gitsafety
from penstock.agent import files
from penstock.agent.programs import find_program
from penstock.agent.server import ToolMissing
from penstock.records import record

SAFE = (*gitsafety.SAFE, "-c", "advice.detachedHead=false")
"""Options for every call: nothing that a repository holds is run, and no advice is given."""

NO_PUSH = "this-is-a-local-run-so-nothing-is-pushed"
"""Where a push from the sources of a job would go: nowhere."""

_STATUS = ("status", "--porcelain=v2", "--branch", "-z", "--ignore-submodules=dirty", ".")
_ALL_REFS = (
    "for-each-ref",
    "--format=%(objectname) %(refname)",
    "refs/heads",
    "refs/tags",
    "refs/remotes/origin",
)
_PLACES = (
    "rev-parse",
    "--path-format=absolute",
    "--show-toplevel",
    "--git-common-dir",
    "--show-object-format",
)


class GitFailed(Exception):
    """git could not do what it was asked"""


@record
class LocalGit:
    """A repository on this machine. `head` is the commit, empty before the first; `common` is the
    real git folder, also of a linked work tree; `changes` counts paths that differ from HEAD."""

    top: Path
    common: Path
    object_format: str
    head: str
    branch: str
    changes: int
    refs: tuple[tuple[str, str], ...]


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """The environment for git: no prompts, no translated messages."""
    return {**given, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"}


def require(env: Mapping[str, str]) -> None:
    """Raises `ToolMissing` where there is no git."""
    if not find_program("git", env):
        raise ToolMissing('checkout needs git, but there is no "git" on PATH')


def is_inside(folder: Path) -> bool:
    """Whether the folder belongs to a git repository, as far as names tell."""
    return any(os.path.lexists(parent / ".git") for parent in (folder, *folder.parents))


def start(
    folder: Path, arguments: Sequence[str], env: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    """Start a short git command that is to be asked with `answer`."""
    return subprocess.Popen(
        ["git", *SAFE, *arguments],
        cwd=folder,
        env=environment(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def answer(process: subprocess.Popen[bytes]) -> bytes:
    """What a started command printed. Raises `GitFailed` with its complaint."""
    output, complaint = process.communicate()
    if process.returncode != 0:
        text = complaint.decode(errors="replace").strip() or f"exit code {process.returncode}"
        raise GitFailed(text.splitlines()[-1])
    return output


def list_files(folder: Path, env: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start listing what belongs to the work tree: tracked, and untracked but not ignored."""
    listing = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"]
    return start(folder, listing, env)


def names_of(output: bytes) -> list[str]:
    """The paths that git printed between NULs."""
    return [os.fsdecode(name) for name in output.split(b"\0") if name]


def is_bare(folder: Path) -> bool:
    """Whether the folder is itself a git folder, as a server keeps repositories."""
    return (folder / "HEAD").is_file() and (folder / "objects").is_dir()


def read_bare(folder: Path, env: Mapping[str, str]) -> LocalGit:
    """The facts of a bare repository; it has no branch that is checked out. Raises `GitFailed`."""
    refs, object_format = _ask(folder, [_ALL_REFS, ("rev-parse", "--show-object-format")], env)
    pairs = [line.partition(" ") for line in os.fsdecode(refs).splitlines()]
    return LocalGit(
        top=folder,
        common=folder,
        object_format=object_format.decode().strip(),
        head="",
        branch="",
        changes=0,
        refs=tuple((commit, name) for commit, _, name in pairs),
    )


def read_repository(folder: Path, env: Mapping[str, str]) -> LocalGit:
    """The facts of the repository around a folder. Raises `GitFailed`."""
    plain = _is_plain(folder)
    changed = (*_without_filters(folder, env), *_STATUS)
    questions = [changed, _ALL_REFS] if plain else [changed, _ALL_REFS, _PLACES]
    status, refs, *places = _ask(folder, questions, env)
    top, common, object_format = str(folder), str(folder / ".git"), "sha1"
    if places:
        top, common, object_format = os.fsdecode(places[0]).splitlines()[:3]
    head, branch, changes = _read_status(status)
    pairs = [line.partition(" ") for line in os.fsdecode(refs).splitlines()]
    return LocalGit(
        top=Path(top),
        common=Path(common),
        object_format=object_format,
        head=head,
        branch=branch,
        changes=changes,
        refs=tuple((commit, name) for commit, _, name in pairs),
    )


def _ask(folder: Path, questions: Sequence[Sequence[str]], env: Mapping[str, str]) -> list[bytes]:
    """The answers to several questions, asked at the same time. Raises `GitFailed`."""
    outputs = []
    problem: GitFailed | None = None
    for process in [start(folder, question, env) for question in questions]:
        try:
            outputs.append(answer(process))
        except GitFailed as error:
            problem = problem or error
    if problem is not None:
        raise problem
    return outputs


def _is_plain(folder: Path) -> bool:
    """Whether the folder is the top of an ordinary repository, so that git need not be asked."""
    try:
        settings = (folder / ".git" / "config").read_bytes().lower()
    except OSError:
        return False
    return b"objectformat" not in settings and b"worktree" not in settings


def _without_filters(folder: Path, env: Mapping[str, str]) -> list[str]:
    """Options that turn off the filters which a repository's own settings name, for `git status`
    runs them. Those of the user's own settings (LFS) stay."""
    if not _may_name_filters(folder):
        return []
    asking = ["config", "-z", "--show-scope", "--name-only", "--get-regexp", r"^filter\."]
    try:
        listed = os.fsdecode(answer(start(folder, asking, env))).split("\0")
    except GitFailed:  # there are none
        return []
    options = []
    for scope, name in zip(listed[::2], listed[1::2], strict=False):
        if scope in ("local", "worktree"):
            options += ["-c", f"{name}={'false' if name.endswith('.required') else ''}"]
    return options


def _may_name_filters(folder: Path) -> bool:
    top = next((p for p in (folder, *folder.parents) if os.path.lexists(p / ".git")), folder)
    try:
        settings = (top / ".git" / "config").read_bytes().lower()
    except OSError:  # a linked work tree, say
        return True
    return any(word in settings for word in (b"filter", b"include", b"worktreeconfig"))


def _read_status(output: bytes) -> tuple[str, str, int]:
    head = branch = ""
    changes = 0
    entries = iter(output.split(b"\0"))
    for entry in entries:
        kind = entry[:2]
        if entry.startswith(b"# branch.oid "):
            head = entry[13:].decode()
        elif entry.startswith(b"# branch.head "):
            branch = os.fsdecode(entry[14:])
        elif kind in (b"1 ", b"u ", b"? "):
            changes += 1
        elif kind == b"2 ":
            changes += 1
            next(entries, None)
    return ("" if head == "(initial)" else head), branch, changes


def link(
    repository: LocalGit, target: Path, *, head: str, origin: str, index: bytes | None = None
) -> None:
    """Make `target` a work tree of its own at `head`, reading objects from the repository.

    Branches of the repository are the remote branches of the new one, as after a clone. What is
    committed there stays there; a push goes nowhere. Whatever else its `.git` held is removed.
    """
    content = {
        "HEAD": f"{head}\n".encode(),
        "config": os.fsencode(_config(repository, origin)),
        "objects/info/alternates": os.fsencode(f"{repository.common / 'objects'}\n"),
        "packed-refs": os.fsencode(_packed_refs(repository.refs)),
        "refs/": b"",
    }
    if index is not None:
        content["index"] = index
    shallow = repository.common / "shallow"
    if shallow.is_file():
        content["shallow"] = shallow.read_bytes()
    files.hold(f"{target}/.git", content)


def _config(repository: LocalGit, origin: str) -> str:
    quoted = origin.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "")
    version, extensions = 0, ""
    if repository.object_format != "sha1":
        version, extensions = 1, f"[extensions]\n\tobjectFormat = {repository.object_format}\n"
    return (
        f"[core]\n\trepositoryformatversion = {version}\n\tfilemode = true\n\tbare = false\n"
        f"\tlogallrefupdates = true\n{extensions}"
        f'[remote "origin"]\n\turl = "{quoted}"\n\tpushurl = {NO_PUSH}\n'
        "\tfetch = +refs/heads/*:refs/remotes/origin/*\n"
    )


def _packed_refs(refs: Sequence[tuple[str, str]]) -> str:
    mapped: dict[str, str] = {}
    for commit, name in refs:
        if name.startswith("refs/heads/"):
            mapped[f"refs/remotes/origin/{name.removeprefix('refs/heads/')}"] = commit
        elif name != "refs/remotes/origin/HEAD":
            mapped.setdefault(name, commit)
    return "".join(f"{mapped[name]} {name}\n" for name in sorted(mapped))

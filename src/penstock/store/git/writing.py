"""Makes commits and moves refs in a bare repository, without a work tree."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from penstock.records import record
from penstock.store.git.names import ZERO, checked_path, checked_ref
from penstock.store.git.program import GitFailed, run
from penstock.store.git.records import ChangeKind, Entry, Kind, Signature
from penstock.store.git.repository import BareRepository, NotFound

CHANGES_LIMIT = 1000
_FILE = 0o100644
_NOTHING = (0, "")


class ChangeRefused(Exception):
    """a change cannot be made: its path is there already, or is not, or leads through a file"""


class RefMoved(Exception):
    """a ref is not where it was expected to be"""

    def __init__(self, ref: str) -> None:
        super().__init__(f'"{ref}" has been changed by someone else meanwhile')
        self.ref = ref


@record
class FileChange:
    """One change of a commit to be made. A rename takes `old_path`, and new content where given."""

    kind: ChangeKind
    path: str
    content: bytes | None = None
    old_path: str = ""


@record
class NewCommit:
    """What a commit to be made says. The first parent's files are what `changes` start from."""

    parents: Sequence[str]
    message: str
    author: Signature
    committer: Signature


def commit_changes(git: BareRepository, commit: NewCommit, changes: Sequence[FileChange]) -> str:
    """Make a commit of changes to its first parent's files; its id. No ref moves.

    Raises ChangeRefused, BadPath, and GitFailed for what git finds harmful (`.gitmodules`).
    """
    if not 0 < len(changes) <= CHANGES_LIMIT:
        raise ChangeRefused(f"a commit takes 1 to {CHANGES_LIMIT} changes, not {len(changes)}")
    parent = commit.parents[0] if commit.parents else None
    lines = _Index(git, parent).lines(changes)
    with tempfile.TemporaryDirectory(prefix="penstock-index-") as folder:
        index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
        if parent:
            run(git.folder, "read-tree", parent, extra=index)
        run(git.folder, "update-index", "-z", "--index-info", given=b"".join(lines), extra=index)
        tree = run(git.folder, "write-tree", extra=index).decode().strip()
    made = commit_tree(git, commit, tree)
    if any(change.path.lower().endswith(".gitmodules") for change in changes):
        _check_objects(git, made, parent)
    return made


def commit_tree(git: BareRepository, commit: NewCommit, tree: str) -> str:
    """Make a commit of a tree; its id. No ref moves."""
    parents = [part for parent in commit.parents for part in ("-p", parent)]
    people = {**_person("AUTHOR", commit.author), **_person("COMMITTER", commit.committer)}
    message = commit.message.strip("\n").encode("utf-8", "replace").replace(b"\0", b"") + b"\n"
    made = run(git.folder, "commit-tree", tree, *parents, given=message, extra=people)
    return made.decode().strip()


def move_refs(git: BareRepository, moves: Sequence[tuple[str, str, str]]) -> None:
    """Move refs from old to new (40 zeros: not there), all or none.

    Raises RefMoved where one is not at its old place, and BadRef.
    """
    orders = b"".join(_order(*move) for move in moves)
    try:
        run(git.folder, "update-ref", "-z", "--stdin", given=b"start\0" + orders + b"commit\0")
    except GitFailed:
        for ref, old, _ in moves:
            if (git.ref(ref) or ZERO) != old:
                raise RefMoved(ref) from None
        raise


def _order(ref: str, old: str, new: str) -> bytes:
    checked_ref(ref)
    if new == ZERO:
        return f"delete {ref}\0{old}\0".encode()
    return f"update {ref}\0{new}\0{old}\0".encode()


class _Index:
    """Turns changes into lines for the index, against the files of a commit."""

    def __init__(self, git: BareRepository, parent: str | None) -> None:
        self._git = git
        self._parent = parent
        self._entries: dict[str, tuple[int, str]] = {}

    def lines(self, changes: Sequence[FileChange]) -> list[bytes]:
        """The lines, in the order of the changes."""
        return [line for change in changes for line in self._of(change)]

    def _of(self, change: FileChange) -> list[bytes]:
        path = _not_root(change.path)
        match change.kind:
            case ChangeKind.DELETE:
                self._expect(path)
                return [self._gone(path)]
            case ChangeKind.EDIT:
                return [self._put(path, self._expect(path), change.content)]
            case ChangeKind.ADD:
                self._expect_room(path)
                return [self._put(path, _FILE, change.content)]
        old = _not_root(change.old_path)
        mode = self._expect(old)
        id = self._file(old)[1]
        self._expect_room(path)
        gone = self._gone(old)
        if change.content is None:
            return [gone, self._line(path, mode, id)]
        return [gone, self._put(path, mode, change.content)]

    def _put(self, path: str, mode: int, content: bytes | None) -> bytes:
        if content is None:
            raise ChangeRefused(f'the change of "/{path}" has no content')
        written = run(self._git.folder, "hash-object", "-w", "--stdin", given=content)
        return self._line(path, mode, written.decode().strip())

    def _line(self, path: str, mode: int, id: str) -> bytes:
        self._entries[path] = (mode, id)
        return f"{mode:o} {id}\t{path}\0".encode()

    def _gone(self, path: str) -> bytes:
        self._entries[path] = _NOTHING
        return f"0 {ZERO}\t{path}\0".encode()

    def _expect(self, path: str) -> int:
        mode, _ = self._file(path)
        if not mode:
            raise ChangeRefused(f'there is no file "/{path}" to change')
        return mode

    def _expect_room(self, path: str) -> None:
        if self._file(path) != _NOTHING or self._is_folder(path):
            raise ChangeRefused(f'"/{path}" is there already')
        parts = path.split("/")
        for end in range(1, len(parts)):
            if self._file("/".join(parts[:end])) != _NOTHING:
                raise ChangeRefused(f'"/{"/".join(parts[:end])}" is a file, not a folder')

    def _file(self, path: str) -> tuple[int, str]:
        """Mode and id of the file at a path, changes counted; `_NOTHING` where there is none."""
        if path in self._entries:
            return self._entries[path]
        entry = self._found(path)
        if entry is None or entry.kind is Kind.FOLDER:
            return _NOTHING
        return entry.mode, entry.id

    def _is_folder(self, path: str) -> bool:
        entry = self._found(path)
        return entry is not None and entry.kind is Kind.FOLDER

    def _found(self, path: str) -> Entry | None:
        if self._parent is not None:
            with suppress(NotFound):
                return self._git.entry(self._parent, path)
        return None


def _not_root(path: str) -> str:
    found = checked_path(path)
    if not found:
        raise ChangeRefused("a change needs the path of a file")
    return found


def _check_objects(git: BareRepository, made: str, parent: str | None) -> None:
    """What a push would be checked for."""
    wanted = f"{made}\n{f'^{parent}' if parent else ''}\n".encode()
    pack = run(git.folder, "pack-objects", "--revs", "--stdout", "-q", given=wanted)
    run(git.folder, "index-pack", "--strict", "--stdin", "--fix-thin", given=pack)


def _person(role: str, who: Signature) -> Mapping[str, str]:
    sign = "-" if who.zone < 0 else "+"
    zone = f"{sign}{abs(who.zone) // 60:02}{abs(who.zone) % 60:02}"
    return {
        f"GIT_{role}_NAME": _plain(who.name) or "unknown",
        f"GIT_{role}_EMAIL": _plain(who.email),
        f"GIT_{role}_DATE": f"@{max(0, int(who.at))} {zone}",
    }


def _plain(text: str) -> str:
    """A name as a commit may hold it: one line, no angle brackets."""
    kept = (c for c in text if c.isprintable() and c not in "<>")
    return "".join(kept).encode("utf-8", "replace").decode().strip()

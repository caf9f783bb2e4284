"""What a repository holds, as records: signatures, commits, entries of trees, refs, changes."""

from __future__ import annotations

from enum import StrEnum

from penstock.records import record


@record
class Signature:
    """Who, and when: seconds since 1970, and the zone in minutes east of UTC."""

    name: str
    email: str
    at: float
    zone: int = 0


@record
class Commit:
    """A commit. `message` is whole, without line breaks at its end."""

    id: str
    tree: str
    parents: tuple[str, ...]
    author: Signature
    committer: Signature
    message: str

    @property
    def title(self) -> str:
        """The first line of the message."""
        return self.message.partition("\n")[0]


class Kind(StrEnum):
    """What a tree's entry is."""

    FOLDER = "tree"
    FILE = "blob"
    SUBMODULE = "commit"


@record
class Entry:
    """One name in a tree. `path` runs from the root; `size` is known of files where asked for."""

    path: str
    kind: Kind
    id: str
    mode: int
    size: int | None = None

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    @property
    def is_symlink(self) -> bool:
        """Whether the file's content is the path of another one."""
        return self.mode == 0o120000


@record
class Ref:
    """A branch or tag by its full name. `object` is what it names; `commit` what that leads to."""

    name: str
    object: str
    commit: str
    is_annotated: bool = False

    @property
    def short_name(self) -> str:
        """The name as people write it."""
        return self.name.split("/", 2)[2]


@record(kw_only=False)
class Block:
    """Lines that differ: `old_count` lines from `old_start` became `new_count` from `new_start`.

    Lines count from 1; where a side has none, its start is the line after which they would be.
    """

    old_start: int
    old_count: int
    new_start: int
    new_count: int


class ChangeKind(StrEnum):
    """How a path differs between two commits."""

    ADD = "add"
    EDIT = "edit"
    DELETE = "delete"
    RENAME = "rename"


@record
class Change:
    """One path that differs. `old_path` differs from `path` for a rename; an absent side's id is
    empty. `edited` says of a rename that the content differs too."""

    kind: ChangeKind
    path: str
    old_path: str
    old_id: str
    new_id: str
    new_mode: int
    old_mode: int
    edited: bool = False

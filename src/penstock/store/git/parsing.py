"""What git prints, and what its objects hold, as records."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from penstock.store.git.records import Change, ChangeKind, Commit, Entry, Kind, Signature

LOG_FIELDS = 10
LOG_FORMAT = "%H%x00%T%x00%P%x00%an%x00%ae%x00%ad%x00%cn%x00%ce%x00%cd%x00%B%x00"


def parse_commit(id: str, data: bytes) -> Commit:
    """The commit that an object's content says."""
    head, _, message = data.decode("utf-8", "replace").partition("\n\n")
    parents, fields = [], dict[str, str]()
    for line in head.split("\n"):
        key, _, value = line.partition(" ")
        if key == "parent":
            parents.append(value)
        elif key:
            fields.setdefault(key, value)
    return Commit(
        id=id,
        tree=fields.get("tree", ""),
        parents=tuple(parents),
        author=_signature(fields.get("author", "")),
        committer=_signature(fields.get("committer", "")),
        message=message.rstrip("\n"),
    )


def parse_tree(data: bytes, folder: str) -> list[Entry]:
    """The entries that the content of a tree says, in git's order."""
    entries, at = [], 0
    while at < len(data):
        end = data.index(b"\0", at)
        mode, _, name = data[at:end].partition(b" ")
        text = name.decode("utf-8", "surrogateescape")
        entries.append(
            Entry(
                path=f"{folder}/{text}" if folder else text,
                kind=_kind(int(mode, 8)),
                id=data[end + 1 : end + 21].hex(),
                mode=int(mode, 8),
            )
        )
        at = end + 21
    return entries


def _kind(mode: int) -> Kind:
    match mode & 0o170000:
        case 0o040000:
            return Kind.FOLDER
        case 0o160000:
            return Kind.SUBMODULE
    return Kind.FILE


def parse_listed(line: bytes, folder: str) -> Entry:
    """An entry, from a line of `ls-tree -l` about a folder."""
    facts, _, name = line.partition(b"\t")
    mode, kind, id, size = facts.decode().split()
    text = name.decode("utf-8", "surrogateescape")
    return Entry(
        path=f"{folder}/{text}" if folder else text,
        kind=Kind(kind),
        id=id,
        mode=int(mode, 8),
        size=int(size) if size.isdigit() else None,
    )


_SIGNATURE = re.compile(r"(.*?) ?<([^>]*)> ?(-?\d{1,12})?(?: ([+-]\d{4}))?.*", re.DOTALL)


def _signature(line: str) -> Signature:
    match = _SIGNATURE.fullmatch(line)
    if match is None:
        return Signature(name=line, email="", at=0.0)
    return Signature(
        name=match[1], email=match[2], at=float(match[3] or 0), zone=_minutes(match[4] or "+0000")
    )


def _minutes(zone: str) -> int:
    minutes = int(zone[1:3]) * 60 + int(zone[3:5])
    return -minutes if zone.startswith("-") else minutes


def parse_logged(fields: Sequence[str]) -> Commit:
    """A commit, from the LOG_FIELDS fields of LOG_FORMAT."""
    id, tree, parents, name, email, date, committer, committer_email, committed, message = fields
    return Commit(
        id=id.strip(),
        tree=tree,
        parents=tuple(parents.split()),
        author=_dated(name, email, date),
        committer=_dated(committer, committer_email, committed),
        message=message.rstrip("\n"),
    )


def _dated(name: str, email: str, date: str) -> Signature:
    seconds, _, zone = date.partition(" ")
    return Signature(name=name, email=email, at=float(seconds or 0), zone=_minutes(zone or "+0000"))


def by_commit(parts: Iterator[bytes]) -> Iterator[tuple[list[str], list[str]]]:
    """Commits and the paths each changed, of `log -z --name-only` where \\x01 begins a commit.

    An empty part comes before each commit and before its names, the first of which has a line break
    before it: so no name is taken for a commit, whatever it begins with.
    """
    fields: list[str] = []
    names: list[str] = []
    before = b""
    for part in parts:
        if 0 < len(fields) < LOG_FIELDS:
            fields.append(part.decode("utf-8", "replace"))
        elif not before and part.startswith(b"\x01"):
            if fields:
                yield fields, names
            fields, names = [part[1:].decode()], []
        elif part:
            name = part if names else part.removeprefix(b"\n")
            names.append(name.decode("utf-8", "surrogateescape"))
        before = part
    if len(fields) == LOG_FIELDS:
        yield fields, names


def parse_change(head: bytes, parts: Iterator[bytes]) -> Change:
    """A change, from the head of one in `diff-tree -z --raw` and the paths that follow it."""
    old_mode, new_mode, old_id, new_id, status = head[1:].decode().split()
    path = next(parts).decode("utf-8", "surrogateescape")
    letter, old_path = status[0], path
    if letter == "R":
        path = next(parts).decode("utf-8", "surrogateescape")
    kinds = {"A": ChangeKind.ADD, "D": ChangeKind.DELETE, "R": ChangeKind.RENAME}
    return Change(
        kind=kinds.get(letter, ChangeKind.EDIT),
        path=path,
        old_path=old_path,
        old_id="" if letter == "A" else old_id,
        new_id="" if letter == "D" else new_id,
        old_mode=int(old_mode, 8),
        new_mode=int(new_mode, 8),
        edited=old_id != new_id,
    )

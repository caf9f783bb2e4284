"""One bare repository, read: refs, commits, trees, files, history, differences.

Every revision is an object id by the time git sees it, every path a checked one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path

from penstock.records import record
from penstock.store.git.names import (
    BadPath,
    BadRef,
    checked_path,
    checked_ref,
    is_object_id,
    is_short_id,
)
from penstock.store.git.objects import Objects
from penstock.store.git.parsing import (
    LOG_FIELDS,
    LOG_FORMAT,
    by_commit,
    parse_change,
    parse_commit,
    parse_listed,
    parse_logged,
    parse_tree,
)
from penstock.store.git.program import GitFailed, TooMuch, answer, chunks, pieces, run
from penstock.store.git.records import (
    Block,
    Change,
    Commit,
    Entry,
    Kind,
    Ref,
)
from penstock.store.git.refs import NotPlain, read_head, read_ref, read_refs

HEADS, TAGS = "refs/heads/", "refs/tags/"
ENTRY_LIMIT = 50_000
CHANGE_LIMIT = 10_000
DIFF_LIMIT = 5 * 1024 * 1024
_HUNK = re.compile(rb"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@", re.MULTILINE)
README = re.compile(r"readme(\.(md|markdown|rst|txt))?", re.IGNORECASE)
_COMMIT_LIMIT = 4 * 1024 * 1024
_REFS = "%(refname)%00%(objectname)%00%(objecttype)%00%(*objectname)%00%(*objecttype)%00"


class NotFound(Exception):
    """the repository has no such branch, tag, commit or path"""


@record
class LogQuery:
    """Which commits of a history: those of `start` that are not in `exclude`, newest first."""

    start: str
    exclude: str = ""
    path: str = ""
    author: str = ""
    after: str = ""
    before: str = ""
    skip: int = 0
    top: int = 100
    first_parent: bool = False


class BareRepository:
    """Reads the repository in `folder`. Every method may be called from any thread."""

    def __init__(self, folder: Path, objects: Objects) -> None:
        self.folder = folder
        self._objects = objects

    # Refs

    def refs(self, *prefixes: str) -> list[Ref]:
        """The refs below the given names (`refs/heads/`), by name; without names all of them."""
        output = run(self.folder, "for-each-ref", f"--format={_REFS}", *prefixes)
        fields = output.decode("utf-8", "replace").replace("\n", "").split("\0")
        rows = [fields[at : at + 5] for at in range(0, len(fields) - 1, 5)]
        return [
            Ref(name=name, object=id, commit=peeled or id, is_annotated=kind == "tag")
            for name, id, kind, peeled, peeled_kind in rows
            if "commit" in (kind, peeled_kind)
        ]

    def size(self) -> int:
        """How many bytes its objects take on the disk."""
        counted = run(self.folder, "count-objects", "-v").decode().splitlines()
        kib = dict(line.split(": ", 1) for line in counted if ": " in line)
        return (int(kib.get("size", 0)) + int(kib.get("size-pack", 0))) * 1024

    def ref_objects(self, *prefixes: str) -> dict[str, str]:
        """Every ref below the given names, whatever it names, with the object's id."""
        if prefixes and all(prefix.endswith("/") for prefix in prefixes):
            with suppress(NotPlain):
                return read_refs(self.folder, prefixes)
        output = run(self.folder, "for-each-ref", "--format=%(objectname) %(refname)", *prefixes)
        lines = output.decode("utf-8", "surrogateescape").splitlines()
        return {name: id for id, _, name in (line.partition(" ") for line in lines)}

    def ref(self, name: str) -> str | None:
        """The object that a full ref name names; None when there is no such ref."""
        try:
            return read_ref(self.folder, checked_ref(name))
        except BadRef:
            return None
        except NotPlain:
            pass
        output, code = answer(
            self.folder, "show-ref", "--verify", "--hash", "--", name, ok=(0, 1, 128)
        )
        return output.decode().strip() if code == 0 else None

    def default_branch(self) -> str:
        """The full name of the branch that HEAD names, whether it exists or not."""
        try:
            return read_head(self.folder)
        except NotPlain:
            return run(self.folder, "symbolic-ref", "HEAD").decode().strip()

    def set_default_branch(self, ref: str) -> None:
        """Let HEAD name another branch."""
        run(self.folder, "symbolic-ref", "HEAD", checked_ref(ref))

    def resolve(self, version: str, kind: str = "branch") -> str:
        """The id of the commit that a branch, tag or (short) commit id names.

        `kind` is `branch`, `tag` or `commit`. An empty version is the default branch. Raises
        NotFound.
        """
        if kind == "commit":
            return self._commit_id(version)
        prefix = TAGS if kind == "tag" else HEADS
        name = version if version.startswith("refs/") else f"{prefix}{version}"
        name = name if version else self.default_branch()
        found = self.ref(name)
        if found is None:
            raise NotFound(f'there is no {kind} "{version or name}"')
        # A tag may name another object; git lets a branch name commits only.
        return found if name.startswith(HEADS) else self._commit_id(found)

    def _commit_id(self, id: str) -> str:
        if not is_short_id(id):
            raise NotFound(f'there is no commit "{id[:100]}"')
        if is_object_id(id):
            found = self._objects.describe(self.folder, f"{id}^{{commit}}")
            if found is None:
                raise NotFound(f'there is no commit "{id}"')
            return found.id
        asked = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{id}^{{commit}}")
        output, code = answer(self.folder, *asked, ok=(0, 1, 128))
        if code:
            raise NotFound(f'there is no commit "{id}"')
        return output.decode().strip()

    # Commits

    def commit(self, id: str) -> Commit:
        """The commit with that full id. Raises NotFound."""
        found = self._objects.read(self.folder, id, _COMMIT_LIMIT)
        if found is None or found[0].kind != "commit":
            raise NotFound(f'there is no commit "{id}"')
        return parse_commit(id, found[1])

    def log(self, query: LogQuery) -> list[Commit]:
        """The commits that a query asks for."""
        options = [f"--skip={query.skip}", f"--max-count={query.top}"]
        options += [f"--author={query.author}", "--fixed-strings"] if query.author else []
        options += [f"--since={query.after}"] if query.after else []
        options += [f"--until={query.before}"] if query.before else []
        options += ["--first-parent"] if query.first_parent else []
        exclude = [f"^{query.exclude}"] if query.exclude else []
        path = checked_path(query.path)
        output = run(
            self.folder,
            "--literal-pathspecs",
            "log",
            "-i",
            f"--format=tformat:{LOG_FORMAT}",
            "--date=raw",
            *options,
            query.start,
            *exclude,
            "--",
            *([path] if path else []),
        )
        fields = output.decode("utf-8", "replace").split("\0")
        starts = range(0, len(fields) - 1, LOG_FIELDS)
        return [parse_logged(fields[at : at + LOG_FIELDS]) for at in starts]

    def ahead_behind(self, commit: str, base: str) -> tuple[int, int]:
        """How many commits `commit` has that `base` has not, and the other way round."""
        counted = ("rev-list", "--left-right", "--count", f"{commit}...{base}", "--")
        ahead, behind = run(self.folder, *counted).split()
        return int(ahead), int(behind)

    def merge_base(self, left: str, right: str) -> str | None:
        """The best common ancestor of two commits, or None."""
        output, code = answer(self.folder, "merge-base", left, right, ok=(0, 1))
        return output.decode().split()[0] if code == 0 else None

    def is_ancestor(self, commit: str, of: str) -> bool:
        """Whether the history of `of` holds `commit`."""
        _, code = answer(self.folder, "merge-base", "--is-ancestor", commit, of, ok=(0, 1))
        return code == 0

    # Trees and files

    def entry(self, commit: str, path: str) -> Entry:
        """What is at a path of a commit; the root is a folder with an empty path.

        Raises NotFound, and BadPath for a path that no repository holds.
        """
        path = checked_path(path)
        if not path:
            tree = self.commit(commit).tree
            return Entry(path="", kind=Kind.FOLDER, id=tree, mode=0o040000)
        folder, _, name = path.rpartition("/")
        found = self._objects.read(self.folder, f"{commit}:{folder}")
        if found is not None and found[0].kind == "tree":
            for entry in parse_tree(found[1], folder):
                if entry.name == name:
                    return self._sized([entry])[0]
        raise NotFound(f'there is no "/{path}" in commit {commit[:8]}')

    def tree(self, commit: str, path: str = "", *, sizes: bool = False) -> list[Entry]:
        """The entries of a folder, folders first, then by name. Raises NotFound, BadPath."""
        path = checked_path(path)
        found = self._objects.read(self.folder, f"{commit}:{path}")
        if found is None or found[0].kind != "tree":
            raise NotFound(f'there is no folder "/{path}" in commit {commit[:8]}')
        entries = parse_tree(found[1], path)
        entries.sort(key=lambda entry: (entry.kind is not Kind.FOLDER, entry.name))
        return self._sized(entries) if sizes else entries

    def walk(self, commit: str, path: str = "") -> list[Entry]:
        """Every entry below a folder, folders before what they hold. Raises as `tree`, and TooMuch
        for more than ENTRY_LIMIT entries."""
        path = checked_path(path)
        if self.entry(commit, path).kind is not Kind.FOLDER:
            raise NotFound(f'there is no folder "/{path}" in commit {commit[:8]}')
        found: list[Entry] = []
        listing = ("ls-tree", "-r", "-t", "-z", "-l", "--full-tree", f"{commit}:{path}")
        with closing(pieces(self.folder, *listing)) as lines:
            for line in lines:
                if len(found) == ENTRY_LIMIT:
                    raise TooMuch(f"the folder holds more than {ENTRY_LIMIT} entries")
                found.append(parse_listed(line, path))
        return found

    def tree_by_id(self, id: str) -> list[Entry] | None:
        """The entries of a tree by its full id, in git's order; None where there is none."""
        found = self._objects.read(self.folder, id)
        if found is None or found[0].kind != "tree":
            return None
        return self._sized(parse_tree(found[1], ""))

    def kind(self, id: str) -> str | None:
        """What the object with that full id is (`commit`, `tag` ...); None where there is none."""
        found = self._objects.describe(self.folder, id)
        return None if found is None else found.kind

    def archive(self, commit: str, entry: Entry) -> Iterator[bytes]:
        """What is in a folder of a commit, or one file of it, as a zip file, in chunks."""
        path = checked_path(entry.path)
        what = (f"{commit}:{path}",) if entry.kind is Kind.FOLDER else (commit, "--", path)
        return chunks(self.folder, "--literal-pathspecs", "archive", "--format=zip", *what)

    def blob(self, id: str, limit: int) -> bytes:
        """The content of a file by its id. Raises NotFound, and TooMuch above `limit` bytes."""
        found = self._objects.read(self.folder, id, limit)
        if found is None or found[0].kind != "blob":
            raise NotFound(f'there is no file "{id}"')
        return found[1]

    def blob_size(self, id: str) -> int:
        """How many bytes a file has, by its id. Raises NotFound."""
        found = self._objects.describe(self.folder, id)
        if found is None or found.kind != "blob":
            raise NotFound(f'there is no file "{id}"')
        return found.size

    def stream(self, id: str) -> Iterator[bytes]:
        """The content of a file of any size, by its full id."""
        return self._objects.stream(self.folder, id)

    def readme(self, commit: str, path: str = "") -> Entry | None:
        """The file that introduces a folder: README, of several the one with the best form."""
        names = {
            entry.name.lower(): entry
            for entry in self.tree(commit, path)
            if entry.kind is Kind.FILE and README.fullmatch(entry.name)
        }
        for ending in (".md", ".markdown", ".rst", ".txt", ""):
            if found := names.get(f"readme{ending}"):
                return self._sized([found])[0]
        return None

    def last_changes(
        self, commit: str, path: str, names: Sequence[str], depth: int = 2000
    ) -> dict[str, Commit]:
        """The newest commit that changed each name of a folder; older than `depth` commits of its
        history are not looked for."""
        path = checked_path(path)
        start = f"{path}/" if path else ""
        missing, found = set(names), dict[str, Commit]()
        log = ("log", f"--max-count={depth}", "--name-only", "--no-renames", "-m", "--first-parent")
        asked = ("--literal-pathspecs", *log, "-z", "--date=raw", f"--format=%x00%x01{LOG_FORMAT}")
        with closing(pieces(self.folder, *asked, commit, "--", *([path] if path else []))) as parts:
            for fields, changed in by_commit(parts):
                below = {name[len(start) :].split("/")[0] for name in changed}
                if newly := missing & below:
                    one = parse_logged(fields)
                    found.update(dict.fromkeys(newly, one))
                    missing -= newly
                if not missing:
                    break
        return found

    # Differences

    def changes(self, old: str | None, new: str) -> list[Change]:
        """The paths that differ between two commits (None: from nothing), at most CHANGE_LIMIT,
        by path; a moved file is one change. Raises TooMuch above the limit."""
        fixed = ("diff-tree", "-r", "-z", "--raw", "--no-abbrev", "-M", "-l1000")
        between = (old, new) if old else ("--root", "--no-commit-id", f"{new}")
        parts = pieces(self.folder, *fixed, *between)
        found: list[Change] = []
        with closing(parts):
            for head in parts:
                if not head.startswith(b":"):
                    continue
                if len(found) == CHANGE_LIMIT:
                    raise TooMuch(f"more than {CHANGE_LIMIT} paths differ")
                found.append(parse_change(head, parts))
        return found

    def line_changes(self, old: str, new: str) -> list[Block]:
        """Which lines of one file (its id) differ in another; nothing of files that are no text.

        Raises TooMuch for files of more than DIFF_LIMIT bytes.
        """
        if max(self.blob_size(old), self.blob_size(new)) > DIFF_LIMIT:
            raise TooMuch(f"the files have more than {DIFF_LIMIT} bytes")
        output = run(self.folder, "diff", "--no-textconv", "--no-ext-diff", "-U0", old, new)
        return [
            Block(int(m[1]), _count(m[2]), int(m[3]), _count(m[4])) for m in _HUNK.finditer(output)
        ]

    def _sized(self, entries: list[Entry]) -> list[Entry]:
        files = [entry for entry in entries if entry.kind is Kind.FILE]
        described = self._objects.describe_all(self.folder, [entry.id for entry in files])
        sizes = {one.id: one.size for one in described if one is not None}
        return [
            Entry(path=e.path, kind=e.kind, id=e.id, mode=e.mode, size=sizes.get(e.id))
            if e.kind is Kind.FILE
            else e
            for e in entries
        ]


def _count(text: bytes | None) -> int:
    return 1 if text is None else int(text)


__all__ = ["BadPath", "BareRepository", "GitFailed", "LogQuery", "NotFound", "TooMuch"]

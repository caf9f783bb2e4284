"""Merges commits in a bare repository, in git's own way (`git merge-tree`), without a work tree."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from penstock.records import record
from penstock.store.git.program import GitFailed, answer, run
from penstock.store.git.records import Commit, Signature
from penstock.store.git.repository import BareRepository
from penstock.store.git.writing import NewCommit, commit_tree

REBASE_LIMIT = 500


class Strategy(StrEnum):
    """How a source comes into a target, in the words of Azure DevOps."""

    MERGE = "noFastForward"
    SQUASH = "squash"
    REBASE = "rebase"
    REBASE_MERGE = "rebaseMerge"


class Conflicts(Exception):
    """the two sides changed the same places; `paths` are the files"""

    def __init__(self, paths: Sequence[str]) -> None:
        super().__init__(f"conflicts in {', '.join(paths) or 'histories with nothing in common'}")
        self.paths = tuple(paths)


class CannotRebase(Exception):
    """the source has merges, or more commits than can be rebased"""


@record
class Merge:
    """What to merge into what (ids of commits), and what the new commit says."""

    target: str
    source: str
    message: str
    committer: Signature
    author: Signature


def merge(git: BareRepository, merge: Merge, strategy: Strategy) -> str:
    """The id of the commit that the target should move to. No ref moves.

    Raises Conflicts, CannotRebase.
    """
    match strategy:
        case Strategy.MERGE:
            return _merge_commit(git, merge, merge.source)
        case Strategy.SQUASH:
            tree = merged_tree(git, merge.target, merge.source)
            return commit_tree(git, _commit(merge, (merge.target,)), tree)
        case Strategy.REBASE:
            return _rebased(git, merge)
        case Strategy.REBASE_MERGE:
            return _merge_commit(git, merge, _rebased(git, merge))


def merged_tree(git: BareRepository, target: str, source: str) -> str:
    """The tree of two commits merged. Raises Conflicts."""
    asked = ("merge-tree", "--write-tree", "-z", "--name-only", "--no-messages", target, source)
    try:
        output, code = answer(git.folder, *asked, ok=(0, 1))
    except GitFailed as error:
        if "unrelated histories" in str(error):
            raise Conflicts(()) from error
        raise
    tree, *names = output.decode("utf-8", "replace").split("\0")
    if code:
        raise Conflicts(sorted({name for name in names if name}))
    return tree.strip()


def _merge_commit(git: BareRepository, merge: Merge, source: str) -> str:
    tree = merged_tree(git, merge.target, source)
    return commit_tree(git, _commit(merge, (merge.target, source)), tree)


def _commit(merge: Merge, parents: Sequence[str]) -> NewCommit:
    return NewCommit(
        parents=parents, message=merge.message, author=merge.author, committer=merge.committer
    )


def _rebased(git: BareRepository, merge: Merge) -> str:
    """The source's own commits made again on top of the target; the last one."""
    if git.is_ancestor(merge.target, merge.source):
        return merge.source
    listed = run(
        git.folder, "rev-list", "--reverse", "--topo-order", merge.source, f"^{merge.target}", "--"
    )
    ids = listed.decode().split()
    if len(ids) > REBASE_LIMIT:
        raise CannotRebase(f"more than {REBASE_LIMIT} commits cannot be rebased")
    here = merge.target
    for commit in (git.commit(id) for id in ids):
        if len(commit.parents) > 1:
            raise CannotRebase(f"the commit {commit.id[:8]} is a merge, which cannot be rebased")
        tree = _applied(git, commit, here, merge.committer)
        again = NewCommit(
            parents=(here,),
            message=commit.message,
            author=commit.author,
            committer=merge.committer,
        )
        here = commit_tree(git, again, tree)
    return here


def _applied(git: BareRepository, commit: Commit, onto: str, who: Signature) -> str:
    """The tree of `onto` with what a commit changed.

    git 2.38 merges commits by their history only, so it is given one in which the commit's parent
    is what both sides have in common.
    """
    base_tree = _EMPTY if not commit.parents else git.commit(commit.parents[0]).tree

    def made(tree: str, *parents: str) -> str:
        return commit_tree(git, _temporary(parents, who), tree)

    base = made(base_tree)
    return merged_tree(git, made(git.commit(onto).tree, base), made(commit.tree, base))


_EMPTY = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


def _temporary(parents: Sequence[str], who: Signature) -> NewCommit:
    return NewCommit(parents=parents, message="temporary", author=who, committer=who)

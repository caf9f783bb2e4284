"""Brings the sources of a repository into a workspace: the working tree as it is, or a commit.

The user's own repository and index are never written to, not by this and not by git commands that
steps run in the sources.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from penstock.agent import files, git, working_tree
from penstock.agent.context import SUCCEEDED, JobContext, Outcome, StepContext, failed
from penstock.engine.requests import Repository

_NOT_FOR_A_COPY = (
    "fetchDepth",
    "fetchFilter",
    "sparseCheckoutDirectories",
    "sparseCheckoutPatterns",
)


def run_checkout(step: StepContext) -> Outcome:
    """Do a `checkout` step."""
    alias = step.input("repository") or "self"
    if alias.lower() == "none":
        return SUCCEEDED
    repository = step.job.repository(alias)
    if repository is None:
        known = ", ".join(r.alias for r in step.job.work.repositories) or "none"
        return failed(f'repository "{alias}" is not known to this job; known: {known}')
    folder = _folder(step, repository)
    if isinstance(folder, Outcome):
        return folder
    _make_room(step, folder)
    try:
        if repository.commit is None:
            _copy_working_tree(step, repository, folder)
        else:
            from penstock.agent.clone import check_out_commit

            git.require(step.job.environment)
            problem = check_out_commit(step, repository, repository.commit, folder)
            if problem:
                return failed(problem)
    except git.GitFailed as error:
        return failed(f'git cannot read repository "{repository.name}": {error}')
    _set_variables(step, repository, folder)
    return SUCCEEDED


def count_checkouts(job: JobContext) -> int:
    """How many steps of the job check a repository out."""
    return sum(
        is_checkout(step.task, step.inputs.get("repository", "self")) for step in job.work.steps
    )


def is_checkout(task: str, repository: str) -> bool:
    """Whether a step is a checkout of a repository (not of `none`)."""
    name = task.lower().partition("@")[0]
    return name in _NAMES and repository.strip().lower() != "none"


_NAMES = ("checkout", "6d15af64-176c-496d-b583-fd2ae21d4df4")


def _folder(step: StepContext, repository: Repository) -> Path | Outcome:
    """`s`, or `s/<name>` where the job has several, or `path:` below the workspace."""
    workspace = step.workspace
    wanted = step.input("path")
    if wanted:
        folder = Path(os.path.normpath(workspace.root / wanted))
        inside = folder.is_relative_to(workspace.root) and folder != workspace.root
        if not inside or os.path.isabs(wanted):  # noqa: PTH117
            return failed(f'path "{wanted}" is not below the workspace of the job')
        return folder
    if count_checkouts(step.job) > 1:
        name = repository.name.rstrip("/").rpartition("/")[2] or repository.alias
        return workspace.sources / name
    return workspace.sources


def _make_room(step: StepContext, folder: Path) -> None:
    """Remove what an earlier job left where other repositories go now; make the folder."""
    sources = step.workspace.sources
    if folder != sources and not step.job.sources_ready:
        names = [r.name.rstrip("/").rpartition("/")[2] for r in step.job.work.repositories]
        files.empty(sources, keep=tuple(names) if folder.parent == sources else ())
    step.job.sources_ready = True
    files.make_folder(str(folder), str(step.workspace.root))


def _copy_working_tree(step: StepContext, repository: Repository, folder: Path) -> None:
    source = Path(repository.url)
    if not source.is_dir():
        raise git.GitFailed(f"there is no folder {source}")
    for name in _NOT_FOR_A_COPY:
        if step.input(name) not in ("", "0", "1"):
            step.log.line(f'"{name}" does not apply: the working tree is copied as it is')
    if git.is_inside(source):
        _copy_from_git(step, source, folder)
        return
    done = working_tree.mirror(source, folder, _ours(step, source, source))
    files.remove(folder / ".git")
    step.log.line(f"Checked out {repository.alias}: the folder {source}, which git does not know")
    _tell(step, done)


def _copy_from_git(step: StepContext, source: Path, folder: Path) -> None:
    env = step.job.environment
    tree = step.job.sources.read(step.job.request.run, source, env)
    facts = tree.facts
    names = _without_own_folders(step, source, tree.names)
    if tree.is_whole and facts.head:
        tree.link(folder, env)
    else:
        files.remove(folder / ".git")
    done = working_tree.mirror(source, folder, names)
    _add_submodules(step, source, folder, done)
    changes = f"{facts.changes} uncommitted change" + ("" if facts.changes == 1 else "s")
    at = f"{facts.head[:7]} ({facts.branch})" if facts.head else "no commit yet"
    step.log.line(f"Checked out the working tree of {source} at {at} with {changes}")
    if not tree.is_whole:
        step.log.line(f"It is part of the repository {facts.top}: git commands find none here.")
    _tell(step, done)


def _add_submodules(
    step: StepContext, source: Path, folder: Path, done: working_tree.Mirrored
) -> None:
    """Copy the work trees of submodules too, if the step wants them."""
    if not done.submodules:
        return
    from penstock.agent.clone import wants_nested_submodules, wants_submodules

    for name in done.submodules:
        if not wants_submodules(step) or not os.path.lexists(source / name / ".git"):
            step.log.line(f'Submodule "{name}" is not checked out')
            files.make_folder(f"{folder}/{name}", str(folder))
            continue
        listed = git.names_of(git.answer(git.list_files(source / name, step.job.environment)))
        files.make_folder(f"{folder}/{name}", str(folder))
        inner = working_tree.mirror(source / name, folder / name, listed)
        step.log.line(f'Submodule "{name}": {inner.present} files')
        if wants_nested_submodules(step):
            _add_submodules(step, source / name, folder / name, inner)


def _ours(step: StepContext, source: Path, root: Path) -> Sequence[str]:
    return _without_own_folders(step, source, working_tree.list_without_git(root))


def _without_own_folders(step: StepContext, source: Path, names: Sequence[str]) -> Sequence[str]:
    """The names without those in the agent's own folders, should they lie in the sources."""
    machine = step.job.machine
    own = [
        f"{folder.relative_to(source)}/"
        for folder in (machine.work, machine.tools, machine.cache)
        if folder.is_relative_to(source)
    ]
    return [name for name in names if not name.startswith(tuple(own))] if own else names


def _tell(step: StepContext, done: working_tree.Mirrored) -> None:
    files_told = "1 file" if done.present == 1 else f"{done.present} files"
    step.log.line(f"{files_told}, {done.copied} copied, {done.removed} removed")
    for note in done.notes:
        step.log.line(note)


def _set_variables(step: StepContext, repository: Repository, folder: Path) -> None:
    """Which folder the variables of the sources name (Azure Pipelines, predefined variables)."""
    variables, workspace = step.variables, step.workspace
    single = count_checkouts(step.job) == 1
    is_self = repository.alias.lower() == "self"
    if single:
        variables.set("Build.SourcesDirectory", str(folder))
    if single or (is_self and step.input("path")):
        variables.set("Build.Repository.LocalPath", str(folder))
    if single or step.switch("workspaceRepo"):
        variables.set("System.DefaultWorkingDirectory", str(folder))
        workspace.default_directory = folder

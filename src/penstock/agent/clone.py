"""Checks out a commit, with the calls of the Azure agent: init, fetch, checkout, clean."""

from __future__ import annotations

from pathlib import Path

from penstock.agent import files, git
from penstock.agent.context import StepContext
from penstock.agent.programs import find_program
from penstock.engine.requests import Repository

_FETCH_SAFE = ("-c", "protocol.file.allow=user", "-c", "transfer.fsckObjects=true")


def check_out_commit(step: StepContext, repository: Repository, commit: str, folder: Path) -> str:
    """Make `folder` a work tree at the commit; what went wrong, or nothing."""
    env = dict(git.environment(step.job.environment))
    if not step.switch("lfs"):
        env["GIT_LFS_SKIP_SMUDGE"] = "1"
    elif find_program("git-lfs", env) is None:
        return '"lfs: true" needs git-lfs, which is not on PATH'
    source = Path(repository.url)
    if source.is_dir():
        read = git.read_bare if git.is_bare(source) else git.read_repository
        facts = read(source, step.job.environment)
        origin = repository.origin or str(facts.top)
        git.link(facts, folder, head=facts.head or commit, origin=origin)
    else:
        problem = _fetch(step, repository, commit, folder, env)
        if problem:
            return problem
    for call in _checkout_calls(step, commit or "FETCH_HEAD"):
        if not _git(step, call, folder, env):
            return f'git could not check out {commit} of "{repository.name}"'
    if wants_submodules(step) and not _update_submodules(step, folder, env):
        return f'git could not check out the submodules of "{repository.name}"'
    address = repository.origin or repository.url
    step.log.line(f"Checked out {repository.alias}: {address} at {commit or repository.ref}")
    return ""


def _fetch(
    step: StepContext, repository: Repository, commit: str, folder: Path, env: dict[str, str]
) -> str:
    if not (folder / ".git").is_dir():
        files.empty(folder)
    if not _git(step, ["init", "--quiet", "."], folder, env):
        return "git init failed"
    _git(step, ["config", "remote.origin.url", repository.url], folder, env)
    _git(step, ["config", "remote.origin.pushurl", git.NO_PUSH], folder, env)
    tags = "--tags" if step.switch("fetchTags") else "--no-tags"
    call = ["fetch", "--force", tags, "--prune", "--progress", "--no-recurse-submodules"]
    if step.input("fetchFilter"):
        call.append(f"--filter={step.input('fetchFilter')}")
    depth = step.input("fetchDepth") or "1"
    shallow = [f"--depth={depth}"] if depth.isdecimal() and int(depth) > 0 else []
    wanted = f"+{commit or repository.ref or 'HEAD'}"
    if _git(step, [*call, *shallow, "origin", wanted], folder, env):
        return ""
    # Not every server hands out a commit that no ref names: then all branches are fetched.
    everything = ["origin", "+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*"]
    if commit and _git(step, [*call, *everything], folder, env):
        return ""
    return f'git could not fetch "{repository.name}" from {repository.url}'


def _checkout_calls(step: StepContext, commit: str) -> list[list[str]]:
    calls = []
    folders = step.input("sparseCheckoutDirectories").split()
    patterns = step.input("sparseCheckoutPatterns").split()
    if folders:
        calls.append(["sparse-checkout", "set", "--cone", *folders])
    elif patterns:
        calls.append(["sparse-checkout", "set", "--no-cone", *patterns])
    calls.append(["checkout", "--progress", "--force", "--detach", commit])
    calls.append(["clean", "-ffdxq"])
    return calls


def wants_submodules(step: StepContext) -> bool:
    """Whether the step checks out submodules too."""
    return step.switch("submodules") or wants_nested_submodules(step)


def wants_nested_submodules(step: StepContext) -> bool:
    """Whether the step checks out the submodules of submodules too."""
    return step.input("submodules").lower() == "recursive"


def _update_submodules(step: StepContext, folder: Path, env: dict[str, str]) -> bool:
    recursive = ["--recursive"] if wants_nested_submodules(step) else []
    return _git(step, ["submodule", "sync", *recursive], folder, env) and _git(
        step, ["submodule", "update", "--init", "--force", *recursive], folder, env
    )


def _git(step: StepContext, call: list[str], folder: Path, env: dict[str, str]) -> bool:
    step.log.command(" ".join(["git", *call]))
    argv = ["git", *git.SAFE, *_FETCH_SAFE, *call]
    return step.run(argv, cwd=folder, env=env, on_line=step.log.line).code == 0

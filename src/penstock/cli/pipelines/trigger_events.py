"""The event that `penstock triggers` is asked about, and what it does to the pipelines of a folder.

It reads files and asks Git and, for `--at now`, the clock; `devops.triggers` decides.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from penstock.cli.exits import Exit
from penstock.cli.options import Failure
from penstock.cli.reading.likely import is_started
from penstock.cli.reading.loading import local_folders, no_file
from penstock.devops.plans.variables import RunFacts, queue_variables, template_variables
from penstock.devops.pushed import Unpushed, list_yaml_files, read_unpushed
from penstock.devops.repository import LocalRepository, find_root, read_repository
from penstock.devops.schedules import branch_schedules, due, next_times
from penstock.devops.triggers import (
    Decision,
    Definition,
    Event,
    Outcome,
    Published,
    PullRequestChanged,
    Push,
    RunCompleted,
    decide_triggers,
)
from penstock.devops.triggers.wildcards import short_name
from penstock.language.compiler import compile_pipeline
from penstock.language.source import Diagnostic
from penstock.language.templates.files import LocalFiles
from penstock.records import record

_MINUTE = timedelta(minutes=1)
_NOT_GIVEN = "PS1210"
"""A template lies in a repository that is not here."""


@record
class Asked:
    """What the command line says, as it was typed."""

    folder: Path
    files: tuple[str, ...] = ()
    push: str | None = None
    to: str | None = None
    pr: str | None = None
    is_draft: bool = False
    completed: str | None = None
    at: str | None = None
    image: str | None = None
    package: str | None = None
    build: str | None = None
    webhook: str | None = None
    body: str | None = None
    changed: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    repositories: tuple[str, ...] = ()
    implied_ci: bool = True


@record
class Answer:
    """What the event was, in words, and what becomes of each pipeline, by its path.

    `unread` are what the decision was made without: by path, that a template of another repository
    was not given.
    """

    event: str
    decisions: tuple[Decision, ...]
    unread: Mapping[str, Diagnostic] = field(default_factory=dict)


def decide(asked: Asked) -> Answer:
    """What the event does to each pipeline. Raises Failure where the question has no meaning."""
    root = find_root(asked.folder)
    repository = read_repository(root)
    branch = repository.ref or "refs/heads/main"
    if asked.at is not None:
        return _at(asked, root, repository, branch)
    event, words, ref, reason = _event(asked, root, repository.name, branch)
    definitions, unread = _definitions(asked, root, repository, ref, reason)
    decisions = decide_triggers(event, definitions, implied_ci=asked.implied_ci)
    return Answer(event=words, decisions=decisions, unread=unread)


# --- events


def _event(asked: Asked, root: Path, name: str, branch: str) -> tuple[Event, str, str, str]:
    """The event, how to call it, and the branch and reason that template expressions see."""
    paths = asked.changed or None
    if asked.pr is not None:
        target = _full_ref(asked.pr)
        draft = "a draft of " if asked.is_draft else ""
        change = PullRequestChanged(
            repository=name,
            number=1,
            target_ref=target,
            commit="",
            changed_paths=paths,
            is_draft=asked.is_draft,
        )
        words = f"{draft}a pull request to {short_name(target)}{_files(paths)}"
        return change, words, "refs/pull/1/merge", "PullRequest"
    if asked.completed is not None:
        pipeline, _, of = asked.completed.partition("@")
        ref = _full_ref(of) if of else branch
        ended = RunCompleted(
            definition=pipeline,
            repository=name,
            ref=ref,
            commit="",
            result="succeeded",
            tags=asked.tags,
            stages=dict.fromkeys(asked.stages, "succeeded") if asked.stages else None,
        )
        of_it = f"{_stages(asked.stages)} of " if asked.stages else ""
        words = f"{of_it}a run of {pipeline} succeeded on {short_name(ref)}"
        return ended, words, ref, "ResourceTrigger"
    if (published := _published(asked)) is not None:
        return published, _published_words(published), branch, "ResourceTrigger"
    if asked.push is None:
        return _present_push(asked, root, name)
    return _push(asked, name, branch)


def _push(asked: Asked, name: str, branch: str) -> tuple[Event, str, str, str]:
    """A push to a branch or tag of this repository, or of one that pipelines have as a resource."""
    paths = asked.changed or None
    ref = _full_ref(asked.push or "")
    project, _, other = (asked.to or "").rpartition("/")
    push = Push(
        repository=other or name,
        project=project,
        ref=ref,
        old_commit="before",
        new_commit="after",
        messages=asked.messages,
        changed_paths=paths,
    )
    if asked.to is not None:
        words = f"a push to {_called(ref)} of {asked.to}{_files(paths)}"
        return push, words, branch, "ResourceTrigger"
    return push, f"a push to {_called(ref)}{_files(paths)}", ref, "IndividualCI"


def _published(asked: Asked) -> Published | None:
    """What is new in another system, where that is asked about."""
    if asked.image is not None:
        image, _, tag = asked.image.rpartition(":")
        if not image or "/" in tag:
            raise Failure(
                f'--image: "{asked.image}" has no tag',
                "write the image with its tag: registry/name:tag",
                Exit.USAGE,
            )
        return Published(kind="container", name=image, version=tag)
    if asked.package is not None:
        return Published(kind="package", name=asked.package)
    if asked.build is not None:
        return Published(kind="build", name=asked.build)
    if asked.webhook is not None:
        return Published(kind="webhook", name=asked.webhook, body=_body(asked))
    return None


def _body(asked: Asked) -> object:
    if asked.body is None:
        return None
    path = asked.folder / asked.body
    if not path.is_file():
        raise Failure(
            f'--body: there is no file "{asked.body}"',
            "it holds the JSON that the webhook posts",
            Exit.NOT_FOUND,
        )
    try:
        return json.loads(path.read_text("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise Failure(
            f'--body: "{asked.body}" is not valid JSON: {error}',
            "write what the webhook posts, as JSON",
            Exit.USAGE,
        ) from None


def _published_words(event: Published) -> str:
    words = {
        "container": f"a new image {event.name}:{event.version}",
        "package": f"a new version of the package {event.name}",
        "build": f"a build of {event.name} succeeded",
        "webhook": f"a webhook through {event.name}",
    }
    return f"{words[event.kind]}, as the service decides; here nothing watches for it"


def _present_push(asked: Asked, root: Path, name: str) -> tuple[Event, str, str, str]:
    found = read_unpushed(root)
    if found is None:
        raise Failure(
            f"{root} has no branch with a commit that could be pushed",
            "name an event: --push BRANCH, --pr BRANCH, --completed PIPELINE or --at TIME",
            Exit.USAGE,
        )
    paths = asked.changed or found.paths
    push = Push(
        repository=name,
        ref=found.ref,
        old_commit=found.old_commit,
        new_commit=found.new_commit,
        messages=(*asked.messages, *found.messages),
        changed_paths=paths,
    )
    return push, _words(found, paths), found.ref, "IndividualCI"


def _words(found: Unpushed, paths: tuple[str, ...] | None) -> str:
    branch = short_name(found.ref)
    if found.is_last:
        return f"everything is pushed; the last commit of {branch} as a push{_files(paths)}"
    count = len(found.messages)
    return f"a push of {branch}: {count} commit{'s' if count != 1 else ''}{_files(paths)}"


def _stages(names: tuple[str, ...]) -> str:
    return f"stage{'s' if len(names) > 1 else ''} {', '.join(names)}"


def _full_ref(name: str) -> str:
    return name if name.startswith("refs/") else f"refs/heads/{name}"


def _called(ref: str) -> str:
    kind = "tag " if ref.startswith("refs/tags/") else ""
    return f"{kind}{short_name(ref)}"


def _files(paths: tuple[str, ...] | None) -> str:
    if paths is None:
        return ""
    return f", {len(paths)} changed file{'s' if len(paths) != 1 else ''}"


# --- schedules


def _at(asked: Asked, root: Path, repository: LocalRepository, branch: str) -> Answer:
    now = _time(asked.at or "")
    definitions, unread = _definitions(asked, root, repository, branch, "Schedule")
    decisions: list[Decision] = []
    for one in definitions:
        schedules = branch_schedules(one, branch, repository.commit)
        found = due(schedules, now - _MINUTE, now).due
        if found:
            decisions += (d for event in found for d in decide_triggers(event, [one]))
            continue
        nexts = [time for s in schedules for time in next_times(s.cron, now, 1)]
        which = f"schedule of {short_name(branch)}"
        why = f"no {which} is due" if nexts else f"there is no {which}"
        why += f"; the next time is {min(nexts):%Y-%m-%d %H:%M} UTC" if nexts else ""
        decisions.append(Decision(definition=one.name, outcome=Outcome.NONE, why=why))
    words = f"{now:%A %Y-%m-%d %H:%M} UTC on {short_name(branch)}"
    return Answer(event=words, decisions=tuple(decisions), unread=unread)


def _time(text: str) -> datetime:
    if text == "now":
        return datetime.now(UTC).replace(second=0, microsecond=0)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Failure(
            f'--at: "{text}" is not a time', "write it as 2026-12-24T03:00, in UTC", Exit.USAGE
        ) from None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


# --- pipelines


def _definitions(
    asked: Asked, root: Path, repository: LocalRepository, ref: str, reason: str
) -> tuple[list[Definition], dict[str, Diagnostic]]:
    """The pipelines as the working tree has them, each known by its path.

    A template of another repository that was not given is no fault of the pipeline: the service
    has it, and what starts a pipeline stands in its own file. It is told beside them.
    """
    files = LocalFiles(root, local_folders(asked.repositories))
    found: list[Definition] = []
    unread: dict[str, Diagnostic] = {}
    for path in _paths(asked, root):
        facts = RunFacts(
            repository=repository, definition=Path(path).stem, path=path, reason=reason, branch=ref
        )
        compiled = compile_pipeline(
            path, files, variables=template_variables(queue_variables(facts))
        )
        lacking = [one for one in compiled.diagnostics if one.code == _NOT_GIVEN]
        if lacking:
            unread[path] = lacking[0]
        found.append(
            Definition(
                name=path,
                repository=repository.name,
                path=path,
                pipeline=compiled.partial,
                diagnostics=tuple(d for d in compiled.diagnostics if d.code != _NOT_GIVEN),
                default_ref=repository.ref or "refs/heads/main",
                scheduled=None,
            )
        )
    return found, unread


def _paths(asked: Asked, root: Path) -> list[str]:
    if asked.files:
        return [_inside(asked.folder, root, name) for name in asked.files]
    files = list_yaml_files(root)
    found = [path for path in files if is_started(root, path, by_resources=_is_elsewhere(asked))]
    if not found:
        raise Failure(
            f"there is no pipeline in {root}",
            "name the pipeline files: penstock triggers PATH",
            Exit.NOT_FOUND,
        )
    return found


def _is_elsewhere(asked: Asked) -> bool:
    """Whether the event is of a resource, and not of the pipelines' own repository."""
    events = (asked.to, asked.completed, asked.image, asked.package, asked.build, asked.webhook)
    return any(event is not None for event in events)


def _inside(folder: Path, root: Path, name: str) -> str:
    path = (folder / name).resolve()
    if not path.is_file():
        raise no_file(folder, name)
    if not path.is_relative_to(root):
        raise Failure(
            f'"{name}" is outside the repository {root}', "change to its repository", Exit.USAGE
        )
    return path.relative_to(root).as_posix()

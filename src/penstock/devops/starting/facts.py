"""What `devops.triggers` is told of a pipeline: its YAML at a commit, its runs, its held pushes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence

from penstock.devops import triggers
from penstock.devops.definitions import Definition, QueueStatus
from penstock.devops.queueing.preparing import Preparing
from penstock.devops.queueing.requests import RunRequest
from penstock.devops.sources import SourceMissing, Sources
from penstock.devops.starting.book import TriggerBook
from penstock.devops.triggers import Going
from penstock.language.compiler import Compiled
from penstock.language.templates.files import UnreadableFile

_KEPT = 500
_SAID = 10_000
_WORDS = frozenset({"resources", "schedules", "extends"})
"""What a file says that starts by other things than pushes and pull requests."""

Place = tuple[Definition, str, str]
"""A pipeline, and the ref and commit of the YAML that says when it starts."""


class Facts:
    """Tells of pipelines. Not for several threads at once.

    `going(pipeline)` are its runs that have not ended; `scheduled(pipeline, ref)` the commit of its
    last successful run by a schedule.
    """

    def __init__(
        self,
        *,
        sources: Sources,
        preparing: Preparing,
        book: TriggerBook,
        going: Callable[[int], Sequence[Going]],
        scheduled: Callable[[int, str], str],
    ) -> None:
        self._sources = sources
        self._preparing = preparing
        self._book = book
        self._going = going
        self._scheduled = scheduled
        self._compiled: OrderedDict[tuple[object, ...], Compiled | None] = OrderedDict()
        self._said: OrderedDict[tuple[str, str, str], frozenset[str]] = OrderedDict()

    def of(
        self, definition: Definition, ref: str, commit: str, *, own: int | None = None
    ) -> triggers.Definition:
        """A pipeline as the YAML of a commit has it, for a decision about a ref.

        `own` is the run that the event has made already, before a crash: it does not stand in the
        way of the event.
        """
        repository = self._sources.repository(definition.repository, definition.project)
        compiled = self._compile(definition, ref, commit)
        return triggers.Definition(
            name=definition.name,
            repository=repository.name,
            project=repository.project_name,
            path=definition.path.lstrip("/"),
            pipeline=compiled.partial if compiled else None,
            diagnostics=compiled.diagnostics if compiled else (),
            default_ref=definition.branch or repository.default_branch,
            is_enabled=definition.settings.queue_status is QueueStatus.ENABLED,
            going=tuple(run for run in self._going(definition.id) if run.run != own),
            held=tuple(
                triggers.Push(
                    repository=repository.name,
                    project=repository.project_name,
                    ref=one.ref,
                    old_commit=one.old,
                    new_commit=one.new,
                    pusher=one.who,
                )
                for one in self._book.held(definition.id)
            ),
            scheduled={ref: found} if (found := self._scheduled(definition.id, ref)) else {},
        )

    def place_of_resources(self, definition: Definition) -> Place | None:
        """Where a pipeline says by what events of others it starts: on its default branch. None
        where the YAML there names no resources, or is not there."""
        try:
            repository = self._sources.repository(definition.repository, definition.project)
            ref = definition.branch or repository.default_branch
            commit = self._sources.resolve(repository, ref)
        except SourceMissing:
            return None
        names_some = self._words(definition, commit) & {"resources", "extends"}
        return (definition, ref, commit) if names_some else None

    def may_have_schedules(self, definition: Definition, commit: str) -> bool:
        """Whether the YAML may have schedules."""
        return bool(self._words(definition, commit) & {"schedules", "extends"})

    def _compile(self, definition: Definition, ref: str, commit: str) -> Compiled | None:
        """The YAML of a commit; None where there is no commit, as of a branch that was deleted."""
        if not commit.strip("0"):
            return None
        key = (definition.id, definition.revision, ref, commit)
        if key not in self._compiled:
            request = RunRequest(
                definition=definition, ref=ref, commit=commit, reason="IndividualCI"
            )
            self._compiled[key] = self._preparing.compiled(request)
            if len(self._compiled) > _KEPT:
                self._compiled.popitem(last=False)
        return self._compiled[key]

    def _words(self, definition: Definition, commit: str) -> frozenset[str]:
        """Which of _WORDS the pipeline's own file holds; without them it need not be compiled."""
        key = (definition.repository, definition.path, commit)
        if key not in self._said:
            self._said[key] = self._read_words(definition, commit)
            if len(self._said) > _SAID:
                self._said.popitem(last=False)
        return self._said[key]

    def _read_words(self, definition: Definition, commit: str) -> frozenset[str]:
        repository = self._sources.repository(definition.repository, definition.project)
        files = self._sources.files({"self": (repository, commit)})
        try:
            source = files.read("self", definition.path.lstrip("/"))
        except UnreadableFile:
            return _WORDS  # what is wrong with the file, the compiler tells
        text = source.text if source is not None else ""
        return frozenset(word for word in _WORDS if word in text)

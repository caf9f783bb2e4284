"""What starts runs by itself: the outbox of pushes, the ends of runs, and the clock.

A push is taken up in its own thread, before its client gets the answer; all else, and what a dead
server left in the outbox, by one thread of this service.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from penstock.devops.queueing.requests import Person
from penstock.devops.starting.book import Started
from penstock.devops.starting.deciding import Deciding
from penstock.devops.starting.facts import Facts
from penstock.devops.starting.occasions import Ended, Moved, Proposed, Pushed
from penstock.devops.starting.starts import Starts
from penstock.devops.triggers import Going
from penstock.engine.events import Event, RunFinished
from penstock.server.devops.builds.views import full_ref, reason_word, result_word
from penstock.store.hosting.pushes import Pusher, PushRecord
from penstock.store.pipelines.triggers import Triggers
from penstock.store.pullrequests.records import MergeStatus, PullRequest, State
from penstock.store.runs.lists import RunQuery

if TYPE_CHECKING:
    from penstock.cli.hosting.devopsservices import DevopsServices
    from penstock.cli.hosting.host import Host
    from penstock.store.runs import Run

_LOOK_SECONDS = 5.0
_RETRY_SECONDS = 60.0
_GOING = ("queued", "running", "canceling")


class TriggerServices:
    """Starts what events start. Begin once runs are taken up; close it before the scheduler."""

    def __init__(
        self, host: Host, devops: DevopsServices, clock: Callable[[], float] = time.time
    ) -> None:
        self._host = host
        self._devops = devops
        self._clock = clock
        self.book = Triggers(host.database)
        facts = Facts(
            sources=devops.sources,
            preparing=devops.preparing,
            book=self.book,
            going=self._going,
            scheduled=self._scheduled,
        )
        self.starts = Starts(
            definitions=devops.definitions,
            sources=devops.sources,
            facts=facts,
            deciding=Deciding(
                facts=facts,
                queueing=devops.queueing,
                book=self.book,
                cancel=lambda run, why: host.scheduler.cancel(str(run), reason=why),
            ),
            book=self.book,
        )
        self._in_hand: set[int] = set()
        self._wake = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._work, name="triggers", daemon=True)
        self._retry_at = 0.0
        self._put_off: dict[int, float] = {}

    def start(self) -> None:
        """Begin: first with what the last server left undone."""
        if not self.book.looked():
            self.book.look(self._clock())
        self._devops.pushes.subscribe(self._pushed)
        self._devops.pull_requests.subscribe(self._proposed)
        self._host.scheduler.subscribe(self._on_event)
        self._thread.start()
        self._wake.set()

    def close(self) -> None:
        """End the thread."""
        self._closing = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()

    # Pushes

    def _pushed(self, push: PushRecord) -> Iterable[str]:
        """A listener of pushes: what was started, for the pusher. A failure stays in the outbox.

        Pushes to one repository are decided about in their order, whichever thread is the first.
        """
        self._in_hand.add(push.id)
        try:
            for older in self._devops.pushes.unhandled():
                if older.repository == push.repository and older.id < push.id:
                    try:
                        self._take(older)
                    except Exception as error:  # noqa: BLE001 - not this pusher's: recorded
                        self._host.on_failure(f"push {older.id}", error)
            return [self._line(push, started) for started in self._take(push)]
        finally:
            self._in_hand.discard(push.id)

    def _take(self, push: PushRecord) -> list[Started]:
        started = self.starts.pushed(
            Pushed(
                id=push.id,
                project=push.project,
                repository=push.repository,
                by=self._person(push.pusher),
                at=push.at,
                moves=tuple(Moved(ref=u.ref, old=u.old, new=u.new) for u in push.updates),
            )
        )
        self._devops.pushes.handled(push)
        return started

    def _proposed(self, pull_request: PullRequest) -> None:
        """A listener of pull requests. One whose branches conflict has nothing to run."""
        content = pull_request.content
        mergeable = content.merge_status is MergeStatus.SUCCEEDED
        if pull_request.state is not State.ACTIVE or not mergeable:
            return
        repository = self._devops.repositories.get(pull_request.repository)
        last = content.iterations[-1]
        self.starts.proposed(
            Proposed(
                number=pull_request.id,
                project=repository.project,
                repository=repository.id,
                source=pull_request.source,
                target=pull_request.target,
                head=content.source,
                base=last.base,
                merge=content.merge,
                title=content.title,
                is_draft=content.is_draft,
                by=self._person(pull_request.author),
                at=last.at,
            )
        )

    def _line(self, push: PushRecord, started: Started) -> str:
        return f"{started.pipeline}: {self._devops.run_address(push.project, started.run)}"

    def _person(self, pusher: Pusher) -> Person:
        return Person(id=pusher.id, name=pusher.name)

    # The thread

    def _on_event(self, run: str, event: Event) -> None:
        if isinstance(event, RunFinished):
            self._wake.set()

    def _work(self) -> None:
        while not self._closing:
            for step in (self._outbox, self._ends, self._schedules):
                try:
                    step()
                except Exception as error:  # noqa: BLE001 - the top of a loop: recorded
                    self._host.on_failure(f"triggers: {step.__name__.strip('_')}", error)
                    self._retry_at = self._clock() + _RETRY_SECONDS
            self._wake.wait(_LOOK_SECONDS)
            self._wake.clear()

    def _outbox(self) -> None:
        """Pushes that a dead server, or a failure, left; not those that a thread just has."""
        now = self._clock()
        if now < self._retry_at:
            return
        stuck: set[str] = set()
        for push in self._devops.pushes.unhandled():
            if self._closing:
                return
            if push.id in self._in_hand or push.repository in stuck:
                continue
            try:
                self._take(push)
            except Exception as error:  # noqa: BLE001 - of one repository: recorded
                # Pushes of one repository are taken in their order, so its others wait.
                stuck.add(push.repository)
                self._retry_at = now + _RETRY_SECONDS
                self._host.on_failure(f"push {push.id}", error)

    def _ends(self) -> None:
        now = self._clock()
        for run in self.book.to_follow():
            if self._closing:
                return
            if now < self._put_off.get(run.id, 0.0):
                continue
            try:
                self.starts.ended(self._ended(run))
            except Exception as error:  # noqa: BLE001 - of one run: recorded
                self._put_off[run.id] = now + _RETRY_SECONDS
                self._host.on_failure(f"the end of run {run.id}", error)
            else:
                self._put_off.pop(run.id, None)
                self.book.follow(run.id)

    def _schedules(self) -> None:
        last, now = self.book.looked(), self._clock()
        if int(now // 60) == int(last // 60):
            return
        checked = self.starts.look(
            datetime.fromtimestamp(last, UTC),
            datetime.fromtimestamp(now, UTC),
            lambda one, error: self._host.on_failure(f'schedules of "{one.name}"', error),
        )
        self.book.look(checked.timestamp())

    # What decisions ask

    def _ended(self, run: Run) -> Ended:
        return Ended(
            run=run.id,
            number=run.number,
            pipeline=run.pipeline or 0,
            ref=full_ref(run),
            commit=run.commit,
            result=result_word(run.result) or "",
            tags=tuple(self._devops.lists.tags([run.id]).get(run.id, ())),
            stages=tuple((stage.id, stage.result or "") for stage in run.stages),
            by=Person(id=run.requested_by, name=run.requested_for),
            at=run.finished or self._clock(),
        )

    def _going(self, pipeline: int) -> Sequence[Going]:
        query = RunQuery(pipelines=(pipeline,), states=_GOING, oldest_first=True, top=100)
        return [
            Going(
                run=run.id,
                ref=full_ref(run),
                reason=reason_word(run.reason),
                pull_request=int(number) if (number := run.extra.get("pull_request")) else None,
            )
            for run in self._devops.lists.find(query)
        ]

    def _scheduled(self, pipeline: int, ref: str) -> str:
        query = RunQuery(
            pipelines=(pipeline,),
            branch=ref.removeprefix("refs/heads/"),
            reasons=("Schedule",),
            results=("succeeded", "succeededWithIssues"),
            top=1,
        )
        found = self._devops.lists.find(query)
        return found[0].commit if found else ""

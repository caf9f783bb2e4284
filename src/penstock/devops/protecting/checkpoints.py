"""Checkpoints: the executor that is a person. It holds a stage until its checks have passed.

`Checkpoints` implements `engine.ports.Executor` for `CheckWork`. It is composed so:

    checkpoints = Checkpoints(store, library, post=scheduler.post, is_over=...)
    scheduler.subscribe(checkpoints.event)        # gives locks free when a stage has ended
    ... the scheduler's `executor_for` answers it for `CheckWork`
    checkpoints.close()                           # before the scheduler and the store

`answer` and `reassign` take what people say; `changed` is called after a permission or a check was
changed; `of_run` is what a run's page and timeline show of each stage's checkpoint.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import field, replace
from functools import partial

from penstock.devops.protecting import approvals as people
from penstock.devops.protecting.approvals import Approval, ApprovalStatus, steps_for
from penstock.devops.protecting.checkpointstore import Checkpoint, CheckpointStore
from penstock.devops.protecting.checks import (
    LONGEST_WAIT,
    ApprovalCheck,
    Assessment,
    Check,
    ItemStatus,
    LockState,
    Situation,
    assess,
    checks_of_files,
)
from penstock.devops.resources import (
    EVERY_PIPELINE,
    Actor,
    Resource,
    ResourceStore,
    ResourceType,
)
from penstock.engine.events import Event, NodeFinished, NodePhase, NodeStarted, Result, RunFinished
from penstock.engine.requests import CheckWork, JobRequest
from penstock.engine.scheduler import SchedulerClosed
from penstock.records import record

_RETRY_SECONDS = 1.0
_TRY_AGAIN = (1.0, 5.0, 15.0, 60.0, 240.0)
"""Seconds after which a step that failed is tried again: a full disk is no answer to a check."""
_LONGEST_SLEEP = 60.0
"""Seconds after which the clock is looked at again: a machine that slept, or whose time was set,
is noticed by then."""


def _as_given(actor: Actor) -> Actor:
    return actor


@record
class _Retry:
    """A step about the gate of a run that failed, to be tried again."""

    at: float
    run: str
    node: str
    step: Callable[[], None]
    tries: int


@record(kw_only=False, frozen=False)
class _Agenda:
    """What the thread is to look at: new requests, checkpoints by id, or all of them."""

    submitted: list[JobRequest] = field(default_factory=list)
    ended: list[tuple[str, str, Result, str]] = field(default_factory=list)
    resumed: list[tuple[str, str]] = field(default_factory=list)
    all: bool = False
    ids: set[str] = field(default_factory=set)


class Checkpoints:
    """Holds stages. Its methods may be called from any thread; its own thread begins with the
    first checkpoint, so that a server without any pays nothing."""

    def __init__(
        self,
        store: CheckpointStore,
        library: ResourceStore,
        *,
        post: Callable[..., None],
        is_over: Callable[[str, str], bool],
        clock: Callable[[], float] = time.time,
        account: Callable[[Actor], Actor] = _as_given,
        new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
        try_again: Sequence[float] = _TRY_AGAIN,
    ) -> None:
        """`post` takes a run's events; `is_over(run, stage)` says whether a stage has ended or is
        not known; `account` gives the account of an approver who was named only."""
        self._store = store
        self._library = library
        self._post = post
        self._is_over = is_over
        self._clock = clock
        self._account = account
        self._new_id = new_id
        self._changed = threading.Condition()
        self._agenda = _Agenda()
        self._wakes: dict[str, float] = {}
        self._try_again = try_again
        self._retries: list[_Retry] = []
        self._thread: threading.Thread | None = None
        self._closing = False

    # The executor

    def submit(self, request: JobRequest) -> None:
        """Reach a stage."""
        with self._changed:
            self._agenda.submitted.append(request)
            self._wake()

    def cancel(self, run: str, node: str, reason: str) -> None:
        """Stop waiting."""
        with self._changed:
            self._agenda.ended.append((run, node, Result.CANCELED, reason or "canceled"))
            self._wake()

    def recover(self, run: str, node: str) -> bool:
        """Whether the checkpoint is kept: then it goes on where it was."""
        if self._store.find(run, node) is None:
            return False
        with self._changed:
            self._agenda.resumed.append((run, node))
            self._wake()
        return True

    def event(self, run: str, event: Event) -> None:
        """A listener of the scheduler: what a stage or run held is free once it has ended."""
        match event:
            case NodeFinished(node=node) if "/" not in node:
                released = self._store.release(run, node)
            case RunFinished():
                released = self._store.release(run)
                for checkpoint in self._store.of_run(run):
                    if checkpoint.result is None:
                        self.cancel(run, checkpoint.node, "the run has ended")
            case _:
                return
        if released:
            self.changed()

    def close(self) -> None:
        """End the thread; what waits is taken up by `recover` next time."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    # People

    def answer(self, id: str, actor: Actor, status: ApprovalStatus, comment: str = "") -> Approval:
        """Approve or reject. Raises `KeyError` for an unknown approval, `NotAllowed`,
        `AlreadyDecided`."""
        return self._decide(
            id, lambda known, now: people.answer(known, actor, status, comment, now)
        )

    def reassign(self, id: str, actor: Actor, to: Actor, comment: str = "") -> Approval:
        """Put another approver in the place of the one who calls; raises as `answer` does."""
        return self._decide(id, lambda known, now: people.reassign(known, actor, to, comment, now))

    def _decide(self, id: str, change: Callable[[Approval, float], Approval]) -> Approval:
        while True:
            known = self._store.approval(id)
            if known is None:
                raise KeyError(id)
            after = change(known, self._clock())
            if self._store.decide(known, after):
                break
        found = self._store.find(known.run, known.node)
        with self._changed:
            self._agenda.ids |= {found.id} if found is not None else set()
            self._wake()
        return after

    def changed(self) -> None:
        """Look at everything that waits again: a permission, a check or a lock has changed."""
        with self._changed:
            self._agenda.all = True
            self._wake()

    def of_run(self, run: str) -> Sequence[Checkpoint]:
        """The checkpoints of a run, in the order in which its stages were reached."""
        return self._store.of_run(run)

    # The thread

    def _wake(self) -> None:
        if self._thread is None and not self._closing:
            self._thread = threading.Thread(target=self._loop, name="checkpoints", daemon=True)
            self._thread.start()
        self._changed.notify()

    def _loop(self) -> None:
        while True:
            with self._changed:
                if not self._closing and self._agenda == _Agenda():
                    self._changed.wait(self._sleep())
                if self._closing:
                    return
                agenda, self._agenda = self._agenda, _Agenda()
            try:
                self._take(agenda)
            except Exception:  # noqa: BLE001 - the store's fault must not end the thread
                self._look_again_later()

    def _look_again_later(self) -> None:
        with self._changed:
            self._agenda.all = True
            self._changed.wait(_RETRY_SECONDS)

    def _sleep(self) -> float | None:
        times = [*self._wakes.values(), *(retry.at for retry in self._retries)]
        if not times:
            return None
        return min(max(0.0, min(times) - self._clock()), _LONGEST_SLEEP)

    def _take(self, agenda: _Agenda) -> None:
        """One round. A fault that lasts ends the stage it is about, and no other."""
        for request in agenda.submitted:
            self._guarded(request.run, request.node, partial(self._reach, request))
        for run, node in agenda.resumed:
            self._guarded(run, node, partial(self._resume, run, node))
        for run, node, result, message in agenda.ended:
            self._guarded(run, node, partial(self._end, run, node, result, message))
        now = self._clock()
        for retry in [one for one in self._retries if one.at <= now]:
            self._retries.remove(retry)
            self._guarded(retry.run, retry.node, retry.step, tries=retry.tries)
        due = {id for id, at in self._wakes.items() if at <= now}
        if not (agenda.all or agenda.ids or due):
            return
        waiting = self._store.waiting()
        for checkpoint in waiting:
            if agenda.all or checkpoint.id in agenda.ids or checkpoint.id in due:
                run, node = checkpoint.run, checkpoint.node
                self._wakes.pop(checkpoint.id, None)
                afresh = partial(self._resume, run, node)
                self._guarded(run, node, partial(self._look, checkpoint), again=afresh)
        # Those of runs that were deleted meanwhile would be due for ever.
        for id in due - {checkpoint.id for checkpoint in waiting}:
            self._wakes.pop(id, None)

    def _guarded(
        self,
        run: str,
        node: str,
        step: Callable[[], None],
        *,
        again: Callable[[], None] | None = None,
        tries: int = 0,
    ) -> None:
        """Do a step; if it fails, do it (or `again`) later, and in the end give the stage up."""
        try:
            step()
        except Exception as error:  # noqa: BLE001 - the top of a loop: recorded on the stage
            if tries < len(self._try_again):
                at = self._clock() + self._try_again[tries]
                self._retries.append(
                    _Retry(at=at, run=run, node=node, step=again or step, tries=tries + 1)
                )
                return
            message = f"the checks could not be made: {type(error).__name__}: {error}"
            self._tell(run, NodeFinished(at=0.0, node=node, result=Result.FAILED, message=message))

    def _reach(self, request: JobRequest) -> None:
        work = request.work
        if not isinstance(work, CheckWork):
            raise TypeError(f"{request.node} is no checkpoint")
        checkpoint = self._store.open(
            Checkpoint(
                id=self._new_id(),
                run=request.run,
                node=request.node,
                attempt=request.attempt,
                work=self._with_environments(work),
                opened=self._clock(),
            )
        )
        self._tell(request.run, NodeStarted(at=0.0, node=request.node))
        self._look(checkpoint)

    def _with_environments(self, work: CheckWork) -> CheckWork:
        """The work with the ids of environments: one that is used for the first time is made, and
        its pipeline may use it."""
        by = Actor(id=work.requester, name=work.requester_name)
        resources = []
        for one in work.resources:
            if one.type == ResourceType.ENVIRONMENT and "$(" not in one.name:
                kept = self._library.ensure(
                    work.project, ResourceType.ENVIRONMENT, one.name, by, work.pipeline
                )
                one = replace(one, id=kept.id)
            resources.append(one)
        return replace(work, resources=tuple(resources))

    def _resume(self, run: str, node: str) -> None:
        checkpoint = self._store.find(run, node)
        if checkpoint is None:
            return
        if checkpoint.result is None:
            self._look(checkpoint)
        else:
            self._finished(checkpoint)

    def _end(self, run: str, node: str, result: Result, message: str) -> None:
        checkpoint = self._store.find(run, node)
        if checkpoint is None:
            self._tell(run, NodeFinished(at=0.0, node=node, result=result, message=message))
        elif checkpoint.result is None:
            items = tuple(
                replace(i, status=ItemStatus.CANCELED) if i.status is ItemStatus.PENDING else i
                for i in checkpoint.items
            )
            self._finish(replace(checkpoint, items=items), result, message)

    def _look(self, checkpoint: Checkpoint) -> None:
        """Assess a checkpoint that waits, do what that asks for, and keep what came of it."""
        found = self._assess(checkpoint, LockState.NOT_ASKED, "")
        if found.asks:
            self._ask(checkpoint, found.asks)
            found = self._assess(checkpoint, LockState.NOT_ASKED, "")
        if found.wants_lock:
            self._forget_ended_holders(checkpoint, found.wants_lock)
            state, note = self._store.lock(checkpoint, found.wants_lock)
            found = self._assess(checkpoint, state, note)
            if state is not LockState.OVERTAKEN:
                # Older runs of the pipeline that wait may be overtaken now.
                self._look_at_others(checkpoint)
        checked = replace(checkpoint, items=found.items, message=found.message)
        if found.result is not None:
            self._finish(checked, found.result, found.message)
            return
        self._wakes[checkpoint.id] = found.wake_at or checkpoint.opened + LONGEST_WAIT
        if (checked.items, checked.message) != (checkpoint.items, checkpoint.message):
            self._store.keep(checked)
            self._tell(checkpoint.run, NodePhase(at=0.0, node=checkpoint.node, phase=found.message))

    def _look_at_others(self, checkpoint: Checkpoint) -> None:
        mine = checkpoint.work
        others = {
            other.id
            for other in self._store.waiting()
            if other.id != checkpoint.id
            and (other.work.project, other.work.pipeline) == (mine.project, mine.pipeline)
            and int(other.run) < int(checkpoint.run)
        }
        with self._changed:
            self._agenda.ids |= others

    def _assess(self, checkpoint: Checkpoint, lock: LockState, note: str) -> Assessment:
        work = checkpoint.work
        resources = [
            Resource(type=ResourceType(r.type), id=r.id, name=r.name) for r in work.resources
        ]
        situation = Situation(
            work=work,
            opened=checkpoint.opened,
            checks=[*self._store.checks(work.project, resources), *checks_of_files(work)],
            unpermitted=[r for r in resources if not self._is_permitted(work, r)],
            vanished=[r for r in resources if not self._is_there(work, r)],
            approvals=self._store.approvals(checkpoint.id),
            lock=lock,
            lock_note=note,
        )
        return assess(situation, self._clock())

    def _is_permitted(self, work: CheckWork, resource: Resource) -> bool:
        grants = self._library.grants(work.project, resource)
        return any(grant.pipeline in (work.pipeline, EVERY_PIPELINE) for grant in grants)

    def _is_there(self, work: CheckWork, resource: Resource) -> bool:
        if resource.type in (ResourceType.QUEUE, ResourceType.REPOSITORY):
            return True
        return self._library.get(work.project, resource.type, resource.id) is not None

    def _forget_ended_holders(self, checkpoint: Checkpoint, resources: Sequence[Resource]) -> None:
        for holder in self._store.holders(checkpoint.work.project, resources):
            if self._is_over(holder.run, holder.stage):
                self._store.release(holder.run, holder.stage)

    def _ask(self, checkpoint: Checkpoint, checks: Sequence[Check | None]) -> None:
        self._store.ask(checkpoint.id, [self._approval(checkpoint, check) for check in checks])

    def _approval(self, checkpoint: Checkpoint, check: Check | None) -> Approval:
        now, work = self._clock(), checkpoint.work
        blank = Approval(
            id=self._new_id(),
            project=work.project,
            run=checkpoint.run,
            pipeline=work.pipeline,
            stage=work.stage,
            node=checkpoint.node,
            created=now,
            modified=now,
            expires=checkpoint.opened + LONGEST_WAIT,
            manual=check is None,
        )
        if check is None or not isinstance(check.settings, ApprovalCheck):
            return blank
        asked = check.settings
        requester = Actor(id=work.requester, name=work.requester_name)
        return replace(
            blank,
            expires=checkpoint.opened + check.timeout,
            resource=check.resource,
            check=check.id,
            instructions=asked.instructions,
            minimum=asked.minimum,
            in_sequence=asked.in_sequence,
            blocked=() if asked.requester_may else (requester,),
            steps=steps_for(
                [self._account(approver) for approver in asked.approvers],
                in_sequence=asked.in_sequence,
            ),
        )

    def _finish(self, checkpoint: Checkpoint, result: Result, message: str) -> None:
        closed = replace(checkpoint, result=result, message=message, closed=self._clock())
        self._store.keep(closed)
        self._finished(closed)
        if result is not Result.SUCCEEDED and self._store.release(closed.run, closed.work.stage):
            self.changed()

    def _finished(self, checkpoint: Checkpoint) -> None:
        self._wakes.pop(checkpoint.id, None)
        assert checkpoint.result is not None
        said = checkpoint.message if checkpoint.result is not Result.SUCCEEDED else ""
        event = NodeFinished(at=0.0, node=checkpoint.node, result=checkpoint.result, message=said)
        self._tell(checkpoint.run, event)

    def _tell(self, run: str, event: Event) -> None:
        """Post at the time of now; a scheduler that was closed takes it up after the restart."""
        with suppress(SchedulerClosed):
            self._post(run, replace(event, at=self._clock()))

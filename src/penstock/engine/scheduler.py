"""The only loop: wake, read what happened, decide, write it in one piece, then act on it.

It owns the states of the runs that have not ended. It does no work itself and keeps nothing:
executors do the leaves, a journal keeps the events, and after a crash the journal is the truth.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import field, replace
from heapq import heappop, heappush
from threading import Condition, Lock, Thread, current_thread
from typing import TypeAlias, TypeVar

from penstock.engine.clock import Clock, steady_clock
from penstock.engine.conditions import run_variables
from penstock.engine.events import (
    CancelRequested,
    Event,
    IssueLogged,
    NodeFinished,
    Result,
)
from penstock.engine.plan import Plan, check_nodes
from penstock.engine.ports import Executor, Journal
from penstock.engine.reports import Report, Reports, check_own
from penstock.engine.requests import Work
from penstock.engine.state import NodeState, Phase, RunState, replay
from penstock.engine.turn import Expander, Turn, take_turn
from penstock.engine.variables import make_request
from penstock.records import record

Listener: TypeAlias = Callable[[str, Event], None]
Refill: TypeAlias = Callable[[str, Plan, list[Event]], tuple[Plan, list[Event]]]
_T = TypeVar("_T")

_WRITE_AGAIN = (0.05, 0.2, 1.0)
_KEPT_RUNS = 16
_GONE = "the agent that ran this job is gone"


class SchedulerClosed(Exception):
    """the scheduler was closed while the run was going on"""


class RunStopped(Exception):
    """the run was stopped by a fault outside of it; what is in the journal can be recovered"""


@record(kw_only=False, frozen=False)
class _Run:
    """A run that has not ended.

    `unwritten` is what could not be kept yet, to be tried again at `retry_at`; `timer` is when the
    loop will look at the run by itself. `resumed` is false until the loop has first looked at it.
    `blamed` are the listeners that have been reported as failing. `reports` is what executors say.
    """

    state: RunState
    reports: Reports = field(default_factory=Reports)
    wake_at: float | None = None
    unwritten: Turn = field(default_factory=Turn)
    failures: int = 0
    retry_at: float | None = None
    timer: float | None = None
    resumed: bool = False
    blamed: set[int] = field(default_factory=set)


class Scheduler:
    """Runs plans. Its methods may be called from any thread; listeners and executors are called
    from the scheduler's own, one at a time."""

    def __init__(
        self,
        journal: Journal,
        executor_for: Callable[[Work], Executor],
        expand: Expander,
        clock: Clock | None = None,
    ) -> None:
        """Starts nothing: the thread begins with the first run. `expand` gives the children of a
        node that expands; whatever it raises fails that node."""
        self._journal = journal
        self._executor_for = executor_for
        self._expand = expand
        self._clock = clock or steady_clock()
        lock = Lock()
        self._posted, self._handled, self._over = Condition(lock), Condition(lock), Condition(lock)
        self._state_lock = Lock()
        self._inbox: list[tuple[str, tuple[Event | Report, ...]]] = []
        self._received_count = self._handled_count = 0
        self._runs: dict[str, _Run] = {}
        self._ended: dict[str, RunState | RunStopped] = {}
        self._timers: list[tuple[float, str]] = []
        self._listeners: tuple[Listener, ...] = ()
        self._thread: Thread | None = None
        self._closing = self._stopped = False

    # What others ask of it

    def start(
        self, run: str, plan: Plan, header: Mapping[str, str], events: Sequence[Event] = ()
    ) -> None:
        """Keep the run and begin it, or go on with it after `events`, which another run had.

        Raises `InvalidPlan`, or what the journal raises.
        """
        check_nodes(plan.nodes)
        if plan.start_time is None:
            plan = replace(plan, start_time=self._clock())
        self._journal.create(run, plan, header, events)
        self._adopt(run, replay(plan, events))

    def recover(
        self,
        first: Callable[[str], Sequence[Event]] = lambda run: (),
        refill: Refill = lambda run, plan, events: (plan, events),
        on_unreadable: Callable[[str, Exception], None] = lambda run, error: None,
    ) -> list[str]:
        """Take up the runs that had not ended when the server last stopped; returns their ids.

        `refill` gives a plan and its events the values of secrets, which a journal does not keep
        (`redaction.refilled`); what it cannot give stays empty.

        `first` gives events to take in before anything else is done with a run, such as a
        `CancelRequested` for one that must not go on. Then a leaf that was handed over but not
        begun is handed over again, unless it is to stop; one that had begun goes on if its
        executor still has it, else it is abandoned.

        A run of which the journal makes no sense is told to `on_unreadable` and stays as it is; the
        others go on.
        """
        taken = []
        for run in self._journal.unfinished():
            if run in self._runs:
                continue
            try:
                state = replay(*refill(run, *self._journal.load(run)))
            except Exception as error:  # noqa: BLE001 - the fault of one journal is not the others'
                on_unreadable(run, error)
                self._end(run, RunStopped(f"run {run} cannot be read: {error}"))
                continue
            self._adopt(run, state, tuple(first(run)))
            taken.append(run)
        return taken

    def post(self, run: str, *events: Event, wait: bool = False) -> None:
        """Add what happened to the run. Events of a run that has ended are dropped.

        With `wait` it returns once they are kept and the listeners know them (at once when called
        from the scheduler's own thread). Raises `SchedulerClosed`.
        """
        self._receive(run, events, wait)

    def report(self, report: Report, *, wait: bool = False) -> int | None:
        """Take in what an executor says of a leaf: once and in order, however it is delivered.

        The answer is the number up to which the reports of the leaf are kept; with `wait` this one
        is among them, unless one before it is missing. What is not kept is to be said again. It is
        None where nothing more is wanted: the leaf has ended, was given up, or is of another
        attempt. Raises `ForeignReport` and `SchedulerClosed`.
        """
        check_own(report)
        run = self._runs.get(report.run)
        # What the loop knows by then counts; a stale answer here costs the sender one more word.
        if run is None or not _is_wanted(run.state, report):
            return None
        self._receive(report.run, (report,), wait)
        return run.reports.kept(report.node, report.attempt)

    def cancel(self, run: str, node: str | None = None, reason: str = "") -> None:
        """Ask the run, or one node with all below it, to stop."""
        self.post(run, CancelRequested(at=self._clock(), node=node, reason=reason))

    def now(self) -> float:
        """The time by the scheduler's clock, in seconds since 1970."""
        return self._clock()

    def tick(self) -> None:
        """Look at the clock again now; for clocks that do not run by themselves."""
        with self._posted:
            self._posted.notify()

    def state(self, run: str) -> RunState:
        """The state of a run, also of one that has ended; `KeyError` for an unknown one.

        It changes while the run goes on: read it in a listener, or through `read`.
        """
        with self._posted:
            going, ended = self._runs.get(run), self._ended.get(run)
        if going is not None:
            return going.state
        if isinstance(ended, RunState):
            return ended
        state = replay(*self._journal.load(run))
        if state.finished:
            with self._posted:
                self._keep_ended(run, state)
        return state

    def is_going_on(self, run: str) -> bool:
        """Whether the run has not ended and this scheduler goes on with it."""
        with self._posted:
            return run in self._runs

    def read(self, run: str, view: Callable[[RunState], _T]) -> _T:
        """What `view` makes of the run's state, which stands still meanwhile. Keep it short."""
        with self._state_lock:
            return view(self.state(run))

    def wait(self, run: str, timeout: float | None = None) -> Result:
        """The result of the run once it has ended.

        Raises `TimeoutError`, `RunStopped`, `SchedulerClosed`, and `KeyError` for an unknown run.
        Not for listeners and executors: the loop would wait for itself.
        """
        with self._over:
            if not self._over.wait_for(lambda: self._is_over(run), timeout):
                raise TimeoutError(f"run {run} has not ended after {timeout} s")
            ended = self._ended.get(run)
        if isinstance(ended, RunStopped):
            raise ended
        result = self.state(run).result
        if result is None and self._stopped:
            raise SchedulerClosed(f"run {run}")
        if result is None:
            raise RunStopped(f"run {run} has not ended, and nothing goes on with it")
        return result

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call the listener with every event once it is kept, in order; returns how to end that."""
        self._listeners = (*self._listeners, listener)

        def unsubscribe() -> None:
            self._listeners = tuple(x for x in self._listeners if x is not listener)

        return unsubscribe

    def close(self) -> None:
        """Take in what has been posted, start nothing more, end the thread.

        Runs are not canceled: what has not ended is taken up by `recover` next time.
        """
        with self._posted:
            self._closing = True
            self._stopped = self._thread is None
            self._posted.notify()
            self._handled.notify_all()
            self._over.notify_all()
        if self._thread is not None and self._thread is not current_thread():
            self._thread.join()

    def _receive(self, run: str, items: tuple[Event | Report, ...], wait: bool) -> None:
        with self._posted:
            if self._closing:
                raise SchedulerClosed(f"run {run}")
            if run not in self._runs:
                return
            self._inbox.append((run, items))
            self._received_count += 1
            ticket = self._received_count
            self._posted.notify()
            if wait and current_thread() is not self._thread:
                self._handled.wait_for(lambda: self._handled_count >= ticket)

    # The loop

    def _adopt(self, run: str, state: RunState, events: tuple[Event, ...] = ()) -> None:
        with self._posted:
            if self._closing:
                raise SchedulerClosed(f"run {run}")
            self._runs[run] = _Run(state)
            self._inbox.append((run, events))
            self._received_count += 1
            self._posted.notify()
            if self._thread is None:
                self._thread = Thread(target=self._loop, name="scheduler", daemon=True)
                self._thread.start()

    def _is_over(self, run: str) -> bool:
        return run not in self._runs or self._stopped

    def _loop(self) -> None:
        """The thread. However it ends, those who wait for a run are told that nothing goes on."""
        try:
            self._take_turns()
        finally:
            for run, going in self._runs.items():
                with suppress(Exception):
                    if going.unwritten.events:
                        self._journal.append(run, going.unwritten.events)
            with self._handled:
                self._closing = self._stopped = True
                self._handled.notify_all()
                self._over.notify_all()

    def _take_turns(self) -> None:
        while True:
            with self._posted:
                due = self._wait_for_something()
                inbox, self._inbox = self._inbox, []
                ticket = self._received_count
                if not inbox and not due:
                    break
            batches: dict[str, list[Event | Report]] = {run: [] for run in due}
            for run, events in inbox:
                batches.setdefault(run, []).extend(events)
            for run, batch in batches.items():
                self._advance(run, batch)
            with self._handled:
                self._handled_count = ticket
                self._handled.notify_all()

    def _wait_for_something(self) -> list[str]:
        """Sleep until events or runs are due; return the latter. Nothing of both means the end."""
        while True:
            now = self._clock()
            due = self._take_due(now)
            if self._closing:
                return []
            if self._inbox or due:
                return due
            self._posted.wait(self._timers[0][0] - now if self._timers else None)

    def _take_due(self, now: float) -> list[str]:
        """The runs whose time has come. A timer that its run no longer has is thrown away."""
        due = []
        while self._timers and self._timers[0][0] <= now:
            at, id = heappop(self._timers)
            run = self._runs.get(id)
            if run is not None and run.timer == at:
                run.timer = None
                due.append(id)
        return due

    def _set_timer(self, id: str, run: _Run) -> None:
        at = run.wake_at if run.retry_at is None else run.retry_at
        if at != run.timer:
            run.timer = at
            if at is not None:
                heappush(self._timers, (at, id))

    def _advance(self, id: str, items: list[Event | Report]) -> None:
        """One turn of one run. Whatever goes wrong here stops this run only."""
        run = self._runs.get(id)
        if run is None:
            return
        try:
            turn = self._turn(id, run, items)
            if self._keep(id, run, turn):
                run.reports.keep()
                self._act(id, run, turn)
        except Exception as error:  # noqa: BLE001 - the top of the loop: other runs go on
            self._stop(id, run, f"{type(error).__name__}: {error}")
        if run.state.finished and not run.unwritten.events and id in self._runs:
            self._end(id, run.state)
        self._set_timer(id, run)

    def _turn(self, id: str, run: _Run, items: list[Event | Report]) -> Turn:
        with self._state_lock:
            left = [] if run.resumed else run.state.in_flight()
            turn = take_turn(run.state, _in_order(run, items), self._clock(), self._expand)
            for leaf in left:
                turn = turn.then(self._take_up(id, run.state, leaf, leaf.node.id in turn.cancels))
            run.resumed = True
        run.wake_at = turn.wake_at
        return run.unwritten.then(turn)

    def _take_up(self, run: str, state: RunState, leaf: NodeState, is_asked: bool) -> Turn:
        """What a leaf needs that was in an executor's hands when the server went down.

        `is_asked` says that it is asked to stop anyway.
        """
        node = leaf.node.id
        if leaf.phase is Phase.FINISHED:
            return Turn()
        if leaf.phase is Phase.QUEUED and not leaf.canceling:
            return Turn(dispatches=[node])
        if self._still_has(run, state, node):
            return Turn(cancels={node: leaf.cancel_reason} if leaf.told and not is_asked else {})
        result, message = Result.ABANDONED, _GONE
        if leaf.phase is Phase.QUEUED:
            result, message = Result.CANCELED, leaf.cancel_reason
        end = _finished(self._clock(), node, result, message)
        return take_turn(state, [end], self._clock(), self._expand)

    def _still_has(self, run: str, state: RunState, node: str) -> bool:
        try:
            return self._executor(state, node).recover(run, node)
        except Exception:  # noqa: BLE001 - an executor that cannot say does not have it
            return False

    def _keep(self, id: str, run: _Run, turn: Turn) -> bool:
        """Write the turn's events; on failure keep it for another attempt, in the end give up."""
        run.unwritten = Turn()
        if not turn.events:
            return True
        if run.retry_at is not None and self._clock() < run.retry_at:
            run.unwritten = turn
            return False
        run.retry_at = None
        try:
            self._journal.append(id, turn.events)
        except Exception as error:  # noqa: BLE001 - whatever the store meets: a full disk, a lock
            if run.failures == len(_WRITE_AGAIN):
                self._stop(id, run, f"its journal cannot be written: {error}")
                return False
            run.unwritten = turn
            run.retry_at = self._clock() + _WRITE_AGAIN[run.failures]
            run.failures += 1
            return False
        run.failures = 0
        return True

    def _act(self, id: str, run: _Run, turn: Turn) -> None:
        if not self._closing:
            for node in turn.dispatches:
                if run.state.nodes[node].phase is Phase.QUEUED:
                    self._submit(id, run.state, node)
            for node, reason in turn.cancels.items():
                if run.state.nodes[node].phase is not Phase.FINISHED:
                    self._cancel_leaf(id, run.state, node, reason)
        for event in turn.events:
            for listener in self._listeners:
                self._inform(listener, id, run, event)

    # Others, who may fail

    def _executor(self, state: RunState, node: str) -> Executor:
        work = state.nodes[node].node.work
        if work is None:
            raise ValueError(f"{node} is a group")
        return self._executor_for(work)

    def _submit(self, run: str, state: RunState, node: str) -> None:
        try:
            request = make_request(run, state, node, run_variables(state))
            self._executor(state, node).submit(request)
        except Exception as error:  # noqa: BLE001 - an executor's fault fails the leaf
            message = f"the job could not be handed to an agent: {error}"
            self._note(run, _finished(self._clock(), node, Result.FAILED, message))

    def _cancel_leaf(self, run: str, state: RunState, node: str, reason: str) -> None:
        try:
            self._executor(state, node).cancel(run, node, reason)
        except Exception as error:  # noqa: BLE001 - the leaf ends by its cancel timeout
            message = f"the agent could not be asked to stop: {error}"
            self._note(run, _warning(self._clock(), node, message))

    def _inform(self, listener: Listener, id: str, run: _Run, event: Event) -> None:
        try:
            listener(id, event)
        except Exception as error:  # noqa: BLE001 - a view's fault is not the run's
            if hash(listener) not in run.blamed:
                run.blamed.add(hash(listener))
                message = f"a listener failed: {type(error).__name__}: {error}"
                self._note(id, _warning(self._clock(), "", message))

    def _note(self, run: str, event: Event) -> None:
        with self._posted:
            self._inbox.append((run, (event,)))
            self._received_count += 1

    # The end of a run

    def _stop(self, id: str, run: _Run, why: str) -> None:
        """Give up a run that cannot go on: its journal stays as it is, its leaves are stopped."""
        for leaf in run.state.in_flight():
            with suppress(Exception):
                self._executor(run.state, leaf.node.id).cancel(id, leaf.node.id, why)
        self._end(id, RunStopped(f"run {id} was stopped: {why}"))

    def _end(self, id: str, outcome: RunState | RunStopped) -> None:
        with self._posted:
            self._runs.pop(id, None)
            self._keep_ended(id, outcome)
            self._over.notify_all()

    def _keep_ended(self, id: str, outcome: RunState | RunStopped) -> None:
        """Remember how a run ended, while others are not asked for. Hold the lock."""
        self._ended[id] = outcome
        if len(self._ended) > _KEPT_RUNS:
            del self._ended[next(iter(self._ended))]


def _in_order(run: _Run, items: Iterable[Event | Report]) -> Iterator[Event]:
    """The events that are due, one by one: whether a report is wanted shows when those before it
    have been applied."""
    for item in items:
        if not isinstance(item, Report):
            yield item
        elif _is_wanted(run.state, item):
            yield from run.reports.take(item)


def _is_wanted(state: RunState, report: Report) -> bool:
    node = state.nodes.get(report.node)
    if node is None or node.attempt != report.attempt or not state.is_leaf(report.node):
        return False
    return node.phase in (Phase.QUEUED, Phase.RUNNING)


def _finished(at: float, node: str, result: Result, message: str) -> NodeFinished:
    return NodeFinished(at=at, node=node, result=result, message=message)


def _warning(at: float, node: str, message: str) -> IssueLogged:
    return IssueLogged(at=at, node=node, step="", kind="warning", message=message)

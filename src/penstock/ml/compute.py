"""Computes: how many commands run on each at once, and who starts them when there is room.

This machine does the work of every compute; a name is a limit of its own, as `max_instances` is.
"""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Callable

from penstock.engine.events import Event, NodeFinished, Result
from penstock.engine.ports import Executor
from penstock.engine.requests import CommandWork, JobRequest
from penstock.engine.state import RunState
from penstock.ml.assets import AssetStore
from penstock.ml.fields import table, whole_number
from penstock.ml.resolver import LOCAL_COMPUTES
from penstock.ml.workspaces import parse_arm_id
from penstock.records import record


def slots(store: AssetStore, workspace: str, compute: str, processors: int) -> int:
    """How many instances a compute has. `workspace` is a resource id.

    `local` and `serverless` have one for each processor of this machine; a cluster has its greatest
    node count, any other named compute one.
    """
    parsed = parse_arm_id(workspace)
    if compute in LOCAL_COMPUTES or parsed is None:
        return max(1, processors)
    asset = store.get(parsed[0].scope, "computes", compute)
    if asset is None:
        return 1
    scale = table(table(asset.properties, "properties"), "scale_settings")
    return max(1, whole_number(scale.get("maxNodeCount"), 1))


_GOOD = (Result.SUCCEEDED, Result.SUCCEEDED_WITH_ISSUES)


@record(kw_only=False, frozen=False)
class _Queue:
    """What runs on one compute (instances by leaf), and what waits for it."""

    size: int
    running: dict[tuple[str, str], int] = dataclasses.field(default_factory=dict)
    waiting: deque[JobRequest] = dataclasses.field(default_factory=deque)

    def has_room(self, instances: int) -> bool:
        taken = sum(self.running.values())
        return not taken or taken + instances <= self.size


class ComputeExecutor:
    """An executor that keeps to the size of each compute; another executor does the work.

    `on_event` must be subscribed to the scheduler's events: the end of a leaf makes room for the
    next. All calls come from the scheduler's own thread, so nothing is locked.
    """

    def __init__(
        self,
        inner: Executor,
        size_of: Callable[[str, str], int],
        post: Callable[[str, Event], None],
        state_of: Callable[[str], RunState],
        secrets_of: Callable[[str], tuple[str, ...]] = lambda run: (),
    ) -> None:
        """`size_of(workspace, compute)` is asked whenever a leaf comes to a compute.

        `secrets_of(run)` are further values to mask in the logs of the run's commands.
        """
        self._inner = inner
        self._size_of = size_of
        self._post = post
        self._state_of = state_of
        self._secrets_of = secrets_of
        self._queues: dict[tuple[str, str], _Queue] = {}
        self._place: dict[tuple[str, str], tuple[str, str]] = {}

    def submit(self, request: JobRequest) -> None:
        """Start a command, or let it wait for room on its compute."""
        if not isinstance(request.work, CommandWork):
            self._inner.submit(request)
            return
        key = (request.work.workspace.lower(), request.work.compute)
        queue = self._queues.setdefault(key, _Queue(size=1))
        queue.size = self._size_of(request.work.workspace, request.work.compute)
        self._place[request.run, request.node] = key
        queue.waiting.append(request)
        self._fill(queue)

    def cancel(self, run: str, node: str, reason: str) -> None:
        """Stop a command; one that still waits ends at once."""
        if not self._leave_queue(run, node):
            self._inner.cancel(run, node, reason)
            return
        state = self._state_of(run).nodes[node]
        at = state.cancel_at or state.queued_at or 0.0
        self._post(run, NodeFinished(at=at, node=node, result=Result.CANCELED, message=reason))

    def recover(self, run: str, node: str) -> bool:
        """Whether the other executor still does it."""
        return self._inner.recover(run, node)

    def on_event(self, run: str, event: Event) -> None:
        """Make room when a leaf has ended."""
        if not isinstance(event, NodeFinished) or (run, event.node) not in self._place:
            return
        queue = self._queues[self._place[run, event.node]]
        if queue.running.pop((run, event.node), None) is None:
            self._leave_queue(run, event.node)
        del self._place[run, event.node]
        self._fill(queue)

    def _leave_queue(self, run: str, node: str) -> bool:
        """Take a leaf that waits for room out of its queue; says whether it was in one."""
        queue = self._queues.get(self._place.get((run, node), ("", "")))
        for request in queue.waiting if queue else ():
            if queue is not None and (request.run, request.node) == (run, node):
                queue.waiting.remove(request)
                return True
        return False

    def _fill(self, queue: _Queue) -> None:
        while queue.waiting:
            request = queue.waiting[0]
            assert isinstance(request.work, CommandWork)
            instances = min(request.work.instance_count, queue.size)
            if not queue.has_room(instances):
                return
            queue.waiting.popleft()
            queue.running[request.run, request.node] = instances
            state = self._state_of(request.run)
            secrets = (*request.secrets, *self._secrets_of(request.run))
            request = dataclasses.replace(request, secrets=secrets)
            self._inner.submit(without_lost_inputs(request, state))


def without_lost_inputs(request: JobRequest, state: RunState) -> JobRequest:
    """The request without the inputs whose producer did not succeed.

    Only an optional input can be in that position: for any other the node would not run
    (documentation, "continue on step failure").
    """
    work = request.work
    if not isinstance(work, CommandWork) or _all_succeeded(state, request.node):
        return request
    lost = {
        output.uri
        for node in state.nodes.values()
        if isinstance(node.node.work, CommandWork) and node.result not in _GOOD
        for output in node.node.work.outputs
    }
    kept = tuple(entry for entry in work.inputs if entry.uri is None or entry.uri not in lost)
    if len(kept) == len(work.inputs):
        return request
    return dataclasses.replace(request, work=dataclasses.replace(work, inputs=kept))


def _all_succeeded(state: RunState, id: str) -> bool:
    """Whether everything that the node, or a group around it, waited for succeeded."""
    waiting = [state.nodes[id], *state.ancestors(id)]
    return all(state.nodes[key].result in _GOOD for node in waiting for key in node.node.depends_on)

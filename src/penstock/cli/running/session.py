"""One run from its plan to its exit code: number it, start it, show it, wait for its ML jobs."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import closing, suppress
from datetime import UTC, datetime

from penstock.cli.exits import Exit
from penstock.cli.explaining.summary import (
    MlJob,
    failed_jobs,
    failures,
    run_tree,
    shown_path,
)
from penstock.cli.explaining.tree import draw
from penstock.cli.hosting.host import Access, Host
from penstock.cli.options import wants_color
from penstock.cli.reading.loading import Loaded
from penstock.cli.running.interrupts import leave_at_once, one_way_to_end
from penstock.cli.running.progress import (
    JsonProgress,
    PlainProgress,
    Progress,
    QuietProgress,
    Write,
    is_frame,
    without_time,
)
from penstock.cli.streams import Lines
from penstock.cli.terminal import one_line, printable
from penstock.devops.plans.numbering import numbered
from penstock.devops.plans.planner import Planned
from penstock.devops.plans.planning import Deployment
from penstock.engine.events import Event, NodeFinished, NodeStarted, Result, RunChanged
from penstock.engine.plan import Plan
from penstock.records import record
from penstock.store.home import Home

LAST_LINES = 20
_LOOK_SECONDS = 0.2
_OUTPUT_STARTS = "= Starting Command Output ="
_GOOD = (Result.SUCCEEDED, Result.SUCCEEDED_WITH_ISSUES)


@record
class Mode:
    """How a run is shown, and whether it waits for ML jobs."""

    json: bool = False
    quiet: bool = False
    verbose: bool = False
    detach: bool = False


def run_plan(loaded: Loaded, planned: Planned, home: Home, mode: Mode) -> int:
    """Run the plan to its end; the answer is the exit code."""
    elsewhere = _service() if mode.detach else None
    with closing(Host(home, elsewhere=elsewhere, resumes=False)) as host, one_way_to_end():
        run = host.runs.new_id()
        number, plan = _numbered(host, run, loaded, planned)
        header = {
            "kind": "pipeline",
            "name": loaded.definition,
            "number": number,
            "definition": loaded.definition,
            "branch": loaded.facts.source_branch.removeprefix("refs/heads/"),
            "commit": loaded.facts.repository.commit,
            "reason": loaded.facts.reason,
            "message": loaded.facts.repository.message,
            "root": str(loaded.root),
            "path": loaded.path,
        }
        lines = Lines()
        progress = _progress(mode, host, run, lines.write)
        watch = _Watch(host, run, progress, planned.deployments, loaded.definition)
        host.scheduler.subscribe(watch.event)
        if not mode.quiet:
            host.log_listeners.append(watch.log)
        result = watch.go(plan, header)
        jobs = watch.jobs()
        _tell_steps(host, run, jobs)
        color = wants_color(sys.stdout) and not mode.json
        progress.end(_summary(host, run, watch.number or number, jobs, color), jobs)
        code = _exit_code(result, jobs)
        if lines.error is not None and code == Exit.OK:
            raise lines.error
        return code


def _service() -> Access:
    from penstock.cli.server.service import ensure

    url, token = ensure()
    return Access(url=url, token=token)


def _numbered(host: Host, run: str, loaded: Loaded, planned: Planned) -> tuple[str, Plan]:
    pipeline = loaded.compiled.pipeline
    return numbered(
        planned.plan,
        pipeline.name.value if pipeline and pipeline.name else "",
        run=run,
        key=loaded.definition,
        now=datetime.now(UTC),
        next_revision=host.runs.next_revision,
    )


def _progress(mode: Mode, host: Host, run: str, write: Write) -> Progress:
    if mode.json:
        return JsonProgress(write)
    if mode.quiet:
        return QuietProgress(lambda text: write(printable(text)))
    if sys.stdout.isatty() and not mode.verbose and _is_terminal():
        from penstock.cli.running.live import LiveProgress

        return LiveProgress(host, run)
    return PlainProgress(lambda text: write(printable(text)))


def _is_terminal() -> bool:
    import os

    return not os.environ.get("CI") and os.environ.get("TERM") != "dumb"


class _Watch:
    """Follows one run and the ML jobs it starts, and tells a `Progress`."""

    def __init__(
        self,
        host: Host,
        run: str,
        progress: Progress,
        deployments: Iterable[Deployment],
        definition: str,
    ) -> None:
        self._host = host
        self._run = run
        self._progress = progress
        self._deployments = {d.node: d for d in deployments}
        self._going_on: dict[str, int] = {}
        self._definition = definition
        self.number = ""

    def event(self, run: str, event: Event) -> None:
        """A listener of the scheduler."""
        if run == self._run:
            self._keep_deployment(event)
            if isinstance(event, RunChanged) and event.name == "number":
                self.number = event.value
            self._progress.event(event)
        elif (told := self._host.ml.names_of(run, getattr(event, "node", ""))) is not None:
            self._progress.job_event(*told, event)

    def log(self, run: str, node: str, log: str, text: str) -> None:
        """A listener of the log store."""
        lines = text.splitlines()
        if run == self._run:
            self._progress.lines(node, log, [without_time(line) for line in lines])
        elif self._host.has_ml and (told := self._host.ml.names_of(run, node)) is not None:
            self._progress.job_lines(*told, log, lines)

    def go(self, plan: Plan, header: Mapping[str, str]) -> Result:
        """Start the run; its result, once the ML jobs it started have ended too. Ctrl-C cancels, a
        second one leaves at once. Whatever else goes wrong, no program is left behind."""
        try:
            self._host.scheduler.start(self._run, plan, header)
            return self._ended()
        except KeyboardInterrupt:
            self._cancel()
            return Result.CANCELED
        except BaseException:
            from penstock.agent import trees

            trees.end_all()
            raise

    def _cancel(self) -> None:
        try:
            sys.stderr.write("canceling; once more to leave at once\n")
            self._host.scheduler.cancel(self._run, reason="canceled by the user")
            if self._host.has_ml:
                self._host.ml.cancel_jobs_of(self._run)
            self._ended()
        except KeyboardInterrupt:
            leave_at_once()

    def _ended(self) -> Result:
        """The result of the run once it has ended.

        A signal that comes just before a wait begins does not break it: Python only looks at it
        when the wait is over. So no wait is long.
        """
        result = None
        while result is None:
            with suppress(TimeoutError):
                result = self._host.scheduler.wait(self._run, _LOOK_SECONDS)
        if self._host.has_ml:
            self._host.ml.wait_for_jobs_of(self._run)
        return result

    def jobs(self) -> list[MlJob]:
        """The ML jobs that steps of the run started, as they stand now."""
        return self._host.ml.jobs_of(self._run) if self._host.has_ml else []

    def _keep_deployment(self, event: Event) -> None:
        if not isinstance(event, NodeStarted | NodeFinished):
            return
        deployment = self._deployments.get(event.node)
        if deployment is None or not deployment.environment:
            return
        if isinstance(event, NodeStarted):
            self._going_on[event.node] = self._host.deployments.start(
                deployment.environment,
                definition=self._definition,
                run=self._run,
                stage=event.node.split("/")[0],
                job=event.node.split("/")[1],
                at=event.at,
            )
        elif (number := self._going_on.pop(event.node, None)) is not None:
            self._host.deployments.finish(number, str(event.result), event.at)


def _summary(host: Host, run: str, number: str, jobs: list[MlJob], color: bool) -> str:
    state = host.scheduler.state(run)
    title = f"run {run}, {number}"
    parts = [draw(run_tree(state, title, time.time(), jobs), color=color)]
    for node, step in failures(state):
        path = shown_path(node.node.id)
        place = f"{path}: {step.name}" if step else path
        message = (step.message if step else node.message) or node.message
        parts.append(f"\nfailed in {one_line(place)}" + (f": {message}" if message else ""))
        if step is not None:
            lines = host.logs.tail(run, node.node.id, step.id, 2 * LAST_LINES)
            parts += [f"    {line}" for line in said(without_time(line) for line in lines)]
    for job, child in failed_jobs(jobs):
        parts.append(f'\nML job {job.title} {job.status.lower()} in "{child.title}": {child.error}')
    wanted = [run] if failures(state) else []
    wanted += [job.name for job, _ in failed_jobs(jobs)]
    if wanted:
        commands = ", ".join(f"`penstock logs {name}`" for name in wanted)
        parts.append(f"\n  = help: {commands} shows all of it")
    return "\n".join(parts)


def _tell_steps(host: Host, run: str, jobs: list[MlJob]) -> None:
    """Write why an ML job failed into the log of the step that submitted it."""
    for job, child in failed_jobs(jobs):
        _, _, place = job.origin.partition("/")
        node, _, step = place.rpartition("/")
        told = [f'##[error]ML job {job.name} {job.status.lower()} in "{child.title}"', child.error]
        host.logs.append(run, node, step, "\n".join(line for line in told if line) + "\n")


def said(lines: Iterable[str]) -> list[str]:
    """The last lines that a step's program printed, without the agent's own around them."""
    kept: list[str] = []
    for line in lines:
        if _OUTPUT_STARTS in line:
            kept.clear()
        elif not is_frame(line) and not line.startswith("##[command]"):
            kept.append(line)
    return kept[-LAST_LINES:]


def _exit_code(result: Result, jobs: list[MlJob]) -> int:
    if result is Result.CANCELED:
        return Exit.CANCELED
    if result not in _GOOD or any(job.failed for job in jobs):
        return Exit.FAILED
    return Exit.OK

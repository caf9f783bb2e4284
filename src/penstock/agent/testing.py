"""A job server in memory and ways to run one job, for tests of tasks and of the agent itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from penstock.agent.context import Timing
from penstock.agent.job import run_job
from penstock.agent.machine import Machine
from penstock.agent.process import Cancellation, Patience
from penstock.agent.server import NotFound
from penstock.engine.events import (
    Event,
    IssueLogged,
    NodeFinished,
    StepFinished,
)
from penstock.engine.reports import Report
from penstock.engine.requests import Endpoint, JobRequest, Repository, Step, StepsWork, Variable

QUICK = Timing(
    patience=Patience(interrupt=0.3, terminate=0.3, quiet=0.3, drain=1.0),
    retry_seconds=lambda retry: 0.01,
    done_grace=0.3,
)
"""The agent's waits, shortened for tests."""


class MemoryJobServer:
    """A `JobServer` that keeps everything in memory. `folders` are what `fetch` finds by uri."""

    def __init__(self, folders: Mapping[str, Path] | None = None) -> None:
        self.events: list[Event] = []
        self.reports: dict[tuple[str, str, int], int] = {}
        self.logs: dict[tuple[str, str], str] = {}
        self.attached: list[tuple[str, str, Path]] = []
        self.contents: dict[tuple[str, str], dict[str, bytes]] = {}
        self.folders = dict(folders or {})

    def report(self, report: Report) -> None:
        """Keep the events. Refuses what is not numbered from 1 without a gap."""
        key = (report.run, report.node, report.attempt)
        assert report.number == self.reports.get(key, 0) + 1
        self.reports[key] = report.number
        self.events += report.events

    def write_log(self, run: str, node: str, log: str, text: str) -> None:
        """Add to a log. Refuses what is not whole lines."""
        assert text.endswith("\n")
        self.logs[node, log] = self.logs.get((node, log), "") + text

    def fetch(self, uri: str, folder: Path | None, *, writable: bool = False) -> Path:
        """The folder given for the uri at construction."""
        if uri not in self.folders:
            raise NotFound(uri)
        return self.folders[uri]

    def output_path(self, uri: str, type: str) -> Path:
        """The folder given for the uri at construction."""
        return self.folders[uri]

    def keep(self, uri: str, path: Path) -> None:
        """Note where the content of a uri is."""
        self.folders[uri] = path

    def attach(self, run: str, node: str, kind: str, name: str, path: Path) -> None:
        """Keep the bytes of a file, or of the files of a folder, by relative path."""
        self.attached.append((kind, name, path))
        paths = sorted(path.rglob("*")) if path.is_dir() else [path]
        self.contents[kind, name] = {
            str(p.relative_to(path)) if path.is_dir() else p.name: p.read_bytes()
            for p in paths
            if p.is_file()
        }

    def log(self, step: str = "step1") -> list[str]:
        """The lines of a step's log, in whichever job, without their times."""
        texts = (text for (_, log), text in self.logs.items() if log == step)
        return [line[29:] for line in next(texts, "").splitlines()]

    def output(self, step: str = "step1") -> list[str]:
        """The lines between the started command and the end of the step."""
        lines = self.log(step)
        starts = [i for i, line in enumerate(lines) if line.startswith("##[command]")]
        return [line for line in lines[starts[0] + 1 :] if not line.startswith("##[section]")]

    @property
    def finished(self) -> NodeFinished:
        """The end of the job, of which there is exactly one, at the end."""
        assert sum(isinstance(event, NodeFinished) for event in self.events) == 1
        last = self.events[-1]
        assert isinstance(last, NodeFinished)
        return last

    @property
    def results(self) -> dict[str, str]:
        """The result of each step of the pipeline, by id."""
        own = ("initialize", "finalize")
        ended = [event for event in self.events if isinstance(event, StepFinished)]
        return {event.step: event.result.value for event in ended if event.step not in own}

    @property
    def issues(self) -> list[IssueLogged]:
        """The errors and warnings that were logged."""
        return [event for event in self.events if isinstance(event, IssueLogged)]


def machine_in(folder: Path, **settings: Any) -> Machine:
    """A machine whose folders are below `folder`; `settings` are other fields of `Machine`."""
    return Machine(
        **{
            "name": "agent-1",
            "work": folder / "work",
            "tools": folder / "tools",
            "cache": folder / "cache",
            **settings,
        }
    )


def script(text: str, step: str = "step1", **settings: Any) -> Step:
    """A `script` step; `settings` are other fields of `Step`."""
    return Step(id=step, task="CmdLine@2", inputs={"script": text}, **settings)


def task(reference: str, step: str = "step1", **inputs: str) -> Step:
    """A `task` step with these inputs."""
    return Step(id=step, task=reference, inputs=inputs)


def request_for(
    *steps: Step,
    variables: Sequence[Variable] = (),
    repositories: Sequence[Repository] = (),
    endpoints: Sequence[Endpoint] = (),
    secrets: Sequence[str] = (),
    clean: str = "",
    timeout: float | None = None,
    run: str = "1",
    node: str = "job",
    attempt: int = 1,
) -> JobRequest:
    """A request for one job with these steps."""
    work = StepsWork(
        steps=steps,
        repositories=tuple(repositories),
        endpoints=tuple(endpoints),
        definition_key="definition",
        clean=clean,
    )
    return JobRequest(
        run=run,
        node=node,
        attempt=attempt,
        display_name="Job",
        work=work,
        variables=tuple(variables),
        secrets=tuple(secrets),
        timeout=timeout,
    )


def do_job(
    request: JobRequest,
    machine: Machine,
    *,
    server: MemoryJobServer | None = None,
    cancellation: Cancellation | None = None,
    timing: Timing = QUICK,
) -> MemoryJobServer:
    """Run a job to its end and return the server that heard of it."""
    server = server or MemoryJobServer()
    run_job(request, server, machine, cancellation or Cancellation(), timing=timing)
    return server

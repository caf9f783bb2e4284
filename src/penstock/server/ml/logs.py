"""Logs of jobs as texts: files for commands, told from the events for pipelines."""

from __future__ import annotations

from penstock.ml.executionlog import EXECUTION_LOG
from penstock.ml.failures import log_names
from penstock.ml.jobstore import Job
from penstock.records import record
from penstock.server.ml.context import MlHttp
from penstock.server.ml.ranges import asked_range


@record
class LogPart:
    """Bytes of a log from `start`, and how many (`size`) all of it has by now."""

    data: bytes
    start: int
    size: int


def read_log(ml: MlHttp, job: Job, name: str, asked: str) -> LogPart | None:
    """What a `Range` header asks of a log, as far as it was written; None when the job has none of
    that name. Raises Refused (416) for a range that begins behind the end."""
    if job.type == "Pipeline":
        if name != EXECUTION_LOG:
            return None
        whole = ml.service.execution_log(job).encode()
        start, end = asked_range(asked, len(whole))
        return LogPart(data=whole[start:end], start=start, size=len(whole))
    if name not in log_names(ml.logs, job.run, job.node):
        return None
    size = ml.logs.size(job.run, job.node, name)
    start, end = asked_range(asked, size)
    data = ml.logs.part(job.run, job.node, name, start, end)
    return LogPart(data=data, start=start, size=size)

"""Logs of jobs as texts: files for commands, told from the events for pipelines."""

from __future__ import annotations

from penstock.ml.executionlog import EXECUTION_LOG
from penstock.ml.failures import log_names
from penstock.ml.jobstore import Job
from penstock.server.ml.context import MlHttp


def read_log(ml: MlHttp, job: Job, name: str) -> str | None:
    """A log as far as it was written; None when the job has none of that name."""
    if job.type == "Pipeline":
        return ml.service.execution_log(job) if name == EXECUTION_LOG else None
    if name not in log_names(ml.logs, job.run, job.node):
        return None
    return ml.logs.text(job.run, job.node, name)

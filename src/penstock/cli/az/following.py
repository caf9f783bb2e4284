"""Follows a job's log to the end, in the words of Azure's client."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Iterable, Mapping
from typing import Any

from penstock.cli.az.call import Call
from penstock.cli.az.failures import Failed
from penstock.cli.terminal import printable
from penstock.ml.workspaces import Workspace

_IN_PROGRESS = frozenset(
    {"NotStarted", "Queued", "Preparing", "Provisioning", "Starting", "Running", "Finalizing"}
)
_USER_LOG = re.compile(r"user_logs/std_log[\D]*[0]*(?:_ps)?\.txt")
_FALLBACKS = {
    "pipeline": re.compile(r"logs/azureml/executionlogs\.txt"),
    "command": re.compile(r"azureml-logs/\d{2}.+\.txt"),
}
_FIRST_WAIT, _LAST_WAIT = 0.1, 0.5


def follow(call: Call, workspace: Workspace, name: str) -> None:
    """Print what a job logs until it ends, then a summary. Raises Failed when the job failed."""
    job = call.wire.get(f"{workspace.path}/jobs/{name}")
    properties = job.get("properties") or {}
    page = (properties.get("services") or {}).get("Studio", {}).get("endpoint")
    kind = str(properties.get("jobType", "command")).lower()
    head = f"RunId: {name}\n" + (f"Web View: {page}\n" if page else "")
    _write(head)
    details = _follow_logs(call, f"/history/v1.0{workspace.path}/runs/{name}/details", kind)
    _write(f"\nExecution Summary\n=================\n{head}")
    _write_warnings(details)
    if details.get("status") == "Failed":
        error = details.get("error") or (
            "Detailed error not set on the Run. Please check the logs for details."
        )
        raise Failed(_told(error))
    _write("\n")


def _told(error: Any) -> str:
    """The error as Azure's client prints it, after its message in plain lines.

    Of a message with log lines only the first line is said twice.
    """
    inner = error.get("error", error) if isinstance(error, Mapping) else {}
    message = str(inner.get("message") or "").strip()
    if message and inner is not error:
        error = {**error, "error": {**inner, "message": message.splitlines()[0]}}
    text = f"Exception : \n {json.dumps(error, indent=4)} "
    return f"the job failed: {message}\n{text}" if message else text


def _follow_logs(call: Call, path: str, kind: str) -> Mapping[str, Any]:
    """Print new lines of the logs until the job is over; returns its last details.

    `printed` has how many bytes of each log were printed. The logs are read once more after the job
    has ended, so that none of their lines is missed.
    """
    printed: dict[str, int] = {}
    wait = _FIRST_WAIT
    while True:
        details = call.wire.get(path)
        logs = details.get("logFiles") or {}
        is_over = details.get("status") not in _IN_PROGRESS
        fresh = [
            _print_new(call, name, logs[name], printed, is_over) for name in _chosen(logs, kind)
        ]
        if is_over:
            return details
        wait = _FIRST_WAIT if any(fresh) else min(_LAST_WAIT, wait * 1.5)
        time.sleep(wait)


def _chosen(names: Iterable[str], kind: str) -> list[str]:
    """The logs of what the user's program prints; where there are none, the service's own."""
    known = list(names)
    found = [name for name in known if _USER_LOG.match(name)]
    if not found and kind in _FALLBACKS:
        found = [name for name in known if _FALLBACKS[kind].match(name)]
    return sorted(found)


def _print_new(call: Call, name: str, url: str, printed: dict[str, int], is_over: bool) -> bool:
    """Print the whole lines of a log that were not printed yet; says whether there were any.

    A line that is not ended yet waits for its end, or for that of the job.
    """
    data = call.wire.rest(url, printed.get(name, 0))
    if not is_over:
        data = data[: data.rfind(b"\n") + 1]
    if not data:
        return False
    if name not in printed:
        _write(f"\nStreaming {name}\n{'=' * (len(name) + 10)}\n\n")
    printed[name] = printed.get(name, 0) + len(data)
    _write("".join(f"{line}\n" for line in data.decode("utf-8", "replace").splitlines()))
    return True


def _write_warnings(details: Mapping[str, Any]) -> None:
    messages = [item["message"] for item in details.get("warnings") or () if item.get("message")]
    if messages:
        _write("\nWarnings:\n" + "".join(f"{message}\n" for message in messages) + "\n")


def _write(text: str) -> None:
    sys.stdout.write(printable(text) if sys.stdout.isatty() else text)
    sys.stdout.flush()

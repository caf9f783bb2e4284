"""Search of a run's logs: every match counted, the first thousand shown; time linear in the text.

Source of the regular expressions' guarantee: RE2, which never goes back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import field
from pathlib import Path
from typing import Any

from penstock.records import record
from penstock.server.devops.builds.logs import log_places
from penstock.server.devops.builds.timeline import LogPlace, record_id
from penstock.server.devops.context import DevopsHttp, run_of
from penstock.server.devops.errors import bad_request
from penstock.server.devops.queries import flag, page_size
from penstock.server.devops.routing import routes_of
from penstock.server.routes import Call, Permission, Reply, Route
from penstock.store.runs import Run

_MOST = 1000
_BLOCK = 1024 * 1024
_LONGEST_QUERY = 500
_LONGEST_LINE = 4000

Find = Callable[[str], Iterator[tuple[int, int]]]
"""The matches in a text, in order: the start and end of each. None is empty."""


@record(kw_only=False, frozen=False)
class Found:
    """How many matches there are, and the first of them."""

    most: int
    count: int = 0
    matches: list[dict[str, Any]] = field(default_factory=list)


def log_search_routes(http: DevopsHttp) -> tuple[Route, ...]:
    """The route of the search."""
    path = "/{organization}/{project}/_apis/penstock/runs/{runId}/logs/search"
    return routes_of(http, ("GET", path, Permission.RUN_READ, _search))


def _search(http: DevopsHttp, call: Call) -> Reply:
    run = run_of(http, call)
    find = _finder(call)
    http.shares.searches.take(call)
    found = Found(page_size(call, "top", _MOST, _MOST))
    for place in _places(http, call, run):
        path = http.logs.path(str(run.id), place.node, place.step)
        search_log(path, place, find, found)
    return {"count": found.count, "matches": found.matches}


def search_log(path: Path, place: LogPlace, find: Find, found: Found) -> None:
    """Add the matches of one log."""
    number = 0
    for text in _blocks(path):
        line_start, line = 0, number + 1
        for start, end in find(text):
            found.count += 1
            if len(found.matches) < found.most:
                line += text.count("\n", line_start, start)
                line_start = text.rfind("\n", 0, start) + 1
                line_end = text.find("\n", start)
                found.matches.append(
                    {
                        "logId": place.id,
                        "recordId": place.record,
                        "stepName": place.name,
                        "line": line,
                        "text": text[line_start:line_end][:_LONGEST_LINE],
                        "start": start - line_start,
                        "end": min(end, line_end) - line_start,
                    }
                )
        number += text.count("\n")


def _blocks(path: Path) -> Iterator[str]:
    """The text of a log in blocks of whole lines, each ended by a newline."""
    try:
        with path.open("rb") as file:
            rest = b""
            while block := file.read(_BLOCK):
                block = rest + block
                cut = block.rfind(b"\n") + 1
                rest = block[cut:]
                if cut:
                    yield block[:cut].decode("utf-8", "replace")
            if rest:
                yield rest.decode("utf-8", "replace") + "\n"
    except (FileNotFoundError, NotADirectoryError):
        return


def _finder(call: Call) -> Find:
    text = call.query("q")
    if not text or len(text) > _LONGEST_QUERY:
        raise bad_request(f"q: give a text of 1 to {_LONGEST_QUERY} characters")
    if not flag(call, "regex"):
        return plain_finder(text)
    return regex_finder(text)


def plain_finder(text: str) -> Find:
    """Finds a text, its case ignored."""
    import re2

    # By RE2 too: `re` compares the text anew at every place when the case is ignored.
    return _finder_of(f"(?i){re2.escape(text)}")


def regex_finder(text: str) -> Find:
    """Finds a regular expression, its case ignored, `^` and `$` at lines. Refused if not valid."""
    return _finder_of(f"(?im)(?:{text})")


def _finder_of(expression: str) -> Find:
    import re2

    try:
        options = re2.Options()
        options.log_errors = False
        options.max_mem = 8 * 1024 * 1024
        pattern = re2.compile(expression, options)
    except re2.error as error:
        reason = error.args[0].decode() if isinstance(error.args[0], bytes) else error
        raise bad_request(f"q: this is no regular expression: {reason}") from error

    def find(block: str) -> Iterator[tuple[int, int]]:
        # One pass: each search of its own would count the characters before it again.
        for match in pattern.finditer(block):
            start, end = match.span()
            if end > start:
                yield start, end

    return find


def _places(http: DevopsHttp, call: Call, run: Run) -> Iterator[LogPlace]:
    """The logs to look into: of the record asked for (a job or a step), or all."""
    wanted = call.query("recordId")
    for place in log_places(http, run).values():
        job = record_id(str(run.id), "Job", place.node)
        if not wanted or wanted in (place.record, job):
            yield place

"""Logs of builds and of pipelines' runs.

Source: Azure DevOps REST API reference 7.1, Build (Get Build Log) and Pipelines (Logs).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from penstock.server.archives import Member
from penstock.server.devops.builds.downloads import wanted_format, zipped
from penstock.server.devops.builds.timeline import LogPlace, make_timeline
from penstock.server.devops.context import DevopsHttp, api, project_name, run_of
from penstock.server.devops.errors import bad_request, not_found
from penstock.server.devops.locations import Location
from penstock.server.devops.routing import routes_of
from penstock.server.devops.wire import listed, moment
from penstock.server.routes import Call, Permission, Reply, Route
from penstock.server.streams import streamed
from penstock.store.runs import Run

if TYPE_CHECKING:
    from starlette.responses import Response

LOCATIONS = (
    Location(
        id="35a80daf-7f30-45fc-86e8-6b813d9c90df",
        area="build",
        resource="logs",
        template="{project}/_apis/{area}/builds/{buildId}/{resource}/{logId}",
        version=2,
    ),
    Location(
        id="fb1b6d27-3957-43d5-a14b-a2d70403e545",
        area="pipelines",
        resource="logs",
        template="{project}/_apis/{area}/{pipelineId}/runs/{runId}/{resource}/{logId}",
    ),
)
_AT_ONCE = 100_000


def log_routes(http: DevopsHttp) -> tuple[Route, ...]:
    """The routes of logs."""
    build = "/{organization}/{project}/_apis/build/builds/{runId}/logs"
    pipeline = "/{organization}/{project}/_apis/pipelines/{pipelineId}/runs/{runId}/logs"
    return routes_of(
        http,
        ("GET", build, Permission.RUN_READ, _list),
        ("GET", f"{build}/{{logId}}", Permission.RUN_READ, _show),
        ("GET", pipeline, Permission.RUN_READ, _list_of_pipeline),
        ("GET", f"{pipeline}/{{logId}}", Permission.RUN_READ, _show_of_pipeline),
    )


def _list(http: DevopsHttp, call: Call) -> Reply | Response:
    run = run_of(http, call)
    places = log_places(http, run)
    if wanted_format(call) == "zip":
        http.shares.archives.take(call)
        return _zip_of_logs(http, call, run, places.values())
    name = project_name(http, run.project)
    value = [_log_json(http, call, run, place, name) for place in places.values()]
    return listed(value)


def _show(http: DevopsHttp, call: Call) -> Reply | Response:
    run = run_of(http, call)
    place = _place(http, call, run)
    match wanted_format(call):
        case "text":
            return _plain_log(http, call, run, place)
        case "zip":
            http.shares.archives.take(call)
            return _zip_of_logs(http, call, run, [place])
    first, last = _range(http, call, run, place)
    lines = http.logs.read(str(run.id), place.node, place.step, first, last - first + 1)
    return listed(lines)


def _list_of_pipeline(http: DevopsHttp, call: Call) -> Reply:
    run = run_of(http, call)
    name = project_name(http, run.project)
    value = [_pipeline_log(http, call, run, one, name) for one in log_places(http, run).values()]
    return {"logs": value, "url": call.base_url + call.path}


def _show_of_pipeline(http: DevopsHttp, call: Call) -> Reply:
    run = run_of(http, call)
    name = project_name(http, run.project)
    return _pipeline_log(http, call, run, _place(http, call, run), name)


def log_places(http: DevopsHttp, run: Run) -> dict[int, LogPlace]:
    """The logs of a run by their numbers."""
    id = str(run.id)
    return http.scheduler.read(
        id, lambda state: make_timeline(id, state, lambda n, s: http.logs.line_count(id, n, s)).logs
    )


def _place(http: DevopsHttp, call: Call, run: Run) -> LogPlace:
    text = call.parameters["logId"]
    places = log_places(http, run)
    found = places.get(int(text)) if text.isascii() and text.isdigit() and len(text) < 12 else None
    if found is None:
        raise not_found("BuildLogNotFoundException", f'the run has no log "{text[:40]}"')
    return found


def _range(http: DevopsHttp, call: Call, run: Run, place: LogPlace) -> tuple[int, int]:
    """The lines asked for: `startLine` and `endLine` count from 1; 0 and none are the ends."""
    count = http.logs.line_count(str(run.id), place.node, place.step)
    first, last = _line(call, "startLine") or 1, _line(call, "endLine") or count
    return first, min(last, count, first + _AT_ONCE - 1)


def _line(call: Call, name: str) -> int:
    text = call.query(name, "0")
    if not (text.isascii() and text.isdigit() and len(text) < 12):
        raise bad_request(f'{name}: "{text[:40]}" is not a line number')
    return int(text)


def _plain_log(http: DevopsHttp, call: Call, run: Run, place: LogPlace) -> Response:
    first, last = _line(call, "startLine") or 1, _line(call, "endLine") or 2**62
    id = str(run.id)

    def pieces() -> Iterator[str]:
        at = first
        while at <= last:
            lines = http.logs.read(id, place.node, place.step, at, min(5000, last - at + 1))
            if not lines:
                return
            at += len(lines)
            yield "\n".join(lines) + "\n"

    headers = {"x-content-type-options": "nosniff"}
    kind = "text/plain; charset=utf-8"
    return streamed(call, pieces(), media_type=kind, headers=headers)


def _log_json(
    http: DevopsHttp, call: Call, run: Run, place: LogPlace, project: str
) -> dict[str, object]:
    return {
        "id": place.id,
        "type": "Container",
        "lineCount": http.logs.line_count(str(run.id), place.node, place.step),
        "createdOn": moment(run.started),
        "lastChangedOn": moment(run.finished or http.clock()),
        "url": api(http, call, project, "build", "builds", str(run.id), "logs", str(place.id)),
    }


def _pipeline_log(
    http: DevopsHttp, call: Call, run: Run, place: LogPlace, project: str
) -> dict[str, object]:
    shown = _log_json(http, call, run, place, project)
    return {
        "id": shown["id"],
        "lineCount": shown["lineCount"],
        "createdOn": shown["createdOn"],
        "lastChangedOn": shown["lastChangedOn"],
        "url": shown["url"],
        "signedContent": {"url": shown["url"], "signatureExpires": moment(http.clock() + 3600)},
    }


def _zip_of_logs(http: DevopsHttp, call: Call, run: Run, places: Iterable[LogPlace]) -> Response:
    def members() -> Iterator[Member]:
        for place in places:
            folder = http.logs.folder(str(run.id), place.node)
            name = f"{place.node.replace('/', '_')}/{place.id}_{_plain_name(place.name)}.txt"
            yield name, folder, place.step

    return zipped(call, members(), f"logs_{run.id}")


def _plain_name(text: str) -> str:
    return "".join(c if c.isalnum() or c in " ._-" else "_" for c in text)[:80]

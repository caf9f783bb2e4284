"""The timeline of a build on the wire: `builds/{id}/timeline`.

Source: Azure DevOps REST API reference 7.1, Build (Timeline).
"""

from __future__ import annotations

from penstock.devops.plans.variables import stable_id
from penstock.server.devops.builds.timeline import make_timeline
from penstock.server.devops.context import DevopsHttp, api, project_name, run_of
from penstock.server.devops.locations import Location
from penstock.server.devops.routing import routes_of
from penstock.server.devops.wire import moment
from penstock.server.routes import Call, Permission, Reply, Route
from penstock.store.runs import Run

LOCATIONS = (
    Location(
        id="8baac422-4c6e-4de5-8532-db96d92acffa",
        area="build",
        resource="Timeline",
        template="{project}/_apis/{area}/builds/{buildId}/{resource}/{timelineId}",
        version=2,
    ),
)


def timeline_routes(http: DevopsHttp) -> tuple[Route, ...]:
    """The routes of the timeline: a run has one, by whatever id it is asked for."""
    path = "/{organization}/{project}/_apis/build/builds/{runId}/timeline"
    return routes_of(
        http,
        ("GET", path, Permission.RUN_READ, _show),
        ("GET", f"{path}/{{timelineId}}", Permission.RUN_READ, _show),
    )


def _show(http: DevopsHttp, call: Call) -> Reply:
    return timeline_json(http, call, run_of(http, call))


def timeline_json(http: DevopsHttp, call: Call, run: Run) -> dict[str, object]:
    """The timeline of a run as the wire has it."""
    name = project_name(http, run.project)
    id = str(run.id)
    timeline = http.scheduler.read(
        id,
        lambda state: make_timeline(
            id, state, lambda n, s: http.logs.line_count(id, n, s), http.checkpoints(id)
        ),
    )
    for record in timeline.records:
        if record["log"]:
            number = str(record["log"]["id"])
            record["log"]["url"] = api(http, call, name, "build", "builds", id, "logs", number)
    return {
        "id": timeline_id(id),
        "changeId": len(timeline.records),
        "lastChangedBy": "00000000-0000-0000-0000-000000000000",
        "lastChangedOn": moment(run.finished or http.clock()),
        "url": api(http, call, name, "build", "builds", id, "timeline", timeline_id(id)),
        "records": timeline.records,
    }


def timeline_id(run: str) -> str:
    """The id of a run's one timeline: the value of `System.TimelineId`."""
    return stable_id("timeline", run)

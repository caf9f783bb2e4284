"""The status badge of a pipeline: `build/status/{definition}`.

Source: Azure DevOps REST API reference 7.1, Build (Status).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.devops.definitions import Definition
from penstock.server.devops.builds.badge import badge_svg
from penstock.server.devops.context import DevopsHttp, definition_of, last_ended
from penstock.server.devops.locations import Location
from penstock.server.devops.queries import refuse_unsupported
from penstock.server.devops.routing import routes_of
from penstock.server.routes import Call, Permission, Route

if TYPE_CHECKING:
    from starlette.responses import Response


LOCATIONS = (
    Location(
        id="07acfdce-4757-4439-b422-ddd13a2fcc10",
        area="build",
        resource="status",
        template="{project}/_apis/{area}/{resource}/{*definition}",
    ),
)


def badge_routes(http: DevopsHttp) -> tuple[Route, ...]:
    """The route of the badge."""
    path = "/{organization}/{project}/_apis/build/status/{definition}"
    return routes_of(http, ("GET", path, Permission.RUN_READ, _show))


def _show(http: DevopsHttp, call: Call) -> Response:
    from starlette.responses import Response

    refuse_unsupported(call, "jobName", "configuration")
    definition = definition_of(http, call, call.parameters["definition"])
    headers = {"cache-control": "no-cache", "x-content-type-options": "nosniff"}
    return Response(
        badge_svg(*_badge_words(http, call, definition)),
        media_type="image/svg+xml",
        headers=headers,
    )


def _badge_words(http: DevopsHttp, call: Call, definition: Definition) -> tuple[str, str]:
    run = last_ended(http, definition, call.query("branchName"))
    label = call.query("label") or definition.name
    if run is None:
        return label, "never built"
    stage = call.query("stageName").casefold()
    result = run.result
    if stage:
        result = next(
            (s.result for s in run.stages if stage in (s.id.casefold(), s.name.casefold())),
            None,
        )
    words = {
        "succeeded": "succeeded",
        "skipped": "skipped",
        "succeededWithIssues": "partially succeeded",
        "canceled": "canceled",
        None: "never built",
    }
    return label, words.get(result, "failed")

"""All routes of pipelines, builds and agent pools, and their places."""

from __future__ import annotations

from penstock.server.devops.builds import (
    artifacts,
    badgeroutes,
    builds,
    changes,
    definitions,
    logs,
    pipelines,
    pools,
    tags,
    timelineroutes,
)
from penstock.server.devops.context import DevopsHttp
from penstock.server.routes import Route

LOCATIONS = (
    *pipelines.LOCATIONS,
    *builds.LOCATIONS,
    *tags.LOCATIONS,
    *changes.LOCATIONS,
    *timelineroutes.LOCATIONS,
    *logs.LOCATIONS,
    *artifacts.LOCATIONS,
    *definitions.LOCATIONS,
    *badgeroutes.LOCATIONS,
    *pools.LOCATIONS,
)


def all_build_routes(http: DevopsHttp) -> tuple[Route, ...]:
    """The routes."""
    return (
        *pipelines.pipeline_routes(http),
        *builds.build_routes(http),
        *tags.tag_routes(http),
        *changes.change_routes(http),
        *timelineroutes.timeline_routes(http),
        *logs.log_routes(http),
        *artifacts.artifact_routes(http),
        *definitions.definition_routes(http),
        *badgeroutes.badge_routes(http),
        *pools.pool_routes(http),
    )

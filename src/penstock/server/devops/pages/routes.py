"""All routes of our own REST of runs and pipelines, which the portal uses."""

from __future__ import annotations

from penstock.server.devops.context import DevopsHttp
from penstock.server.devops.pages import logsearch, previews, runs, triggers
from penstock.server.routes import Route
from penstock.store.pipelines.triggers import Triggers


def page_routes(http: DevopsHttp, book: Triggers) -> tuple[Route, ...]:
    """The routes; `book` has what events did."""
    return (
        *runs.run_page_routes(http),
        *logsearch.log_search_routes(http),
        *previews.preview_routes(http),
        *triggers.trigger_routes(book),
    )

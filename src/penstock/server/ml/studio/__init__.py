"""What the studio's pages need and Azure ML's REST has no call for, or needs too many for.

Everything is below `.../workspaces/{workspace}/penstock/`. Times are ISO 8601 UTC, as in ARM.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from penstock.server.ml.context import MlHttp
    from penstock.server.ml.studio.feeds import Feeds
    from penstock.server.routes import Route


def routes(ml: MlHttp, feeds: Feeds) -> tuple[Route, ...]:
    """The rows of this folder."""
    from penstock.server.ml.studio import files, jobs, live, metrics, overview, preview

    return (
        *jobs.routes(ml),
        *overview.routes(ml),
        *metrics.routes(ml),
        *files.routes(ml),
        *preview.routes(ml),
        *live.routes(ml, feeds),
    )

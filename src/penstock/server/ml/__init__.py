"""Azure Resource Manager and Azure ML over HTTP, as Azure's own clients speak it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from penstock.server.ml.context import MlHttp
    from penstock.server.ml.studio.feeds import Feeds
    from penstock.server.routes import Route


def ml_routes(ml: MlHttp, feeds: Feeds, *, has_portal: bool = False) -> tuple[Route, ...]:
    """All rows of Azure Resource Manager, Azure ML, its run history, its storage and its pages.

    `feeds` must hear of what happens: it is for the composition to subscribe them.
    With a portal the page of a job is the portal's.
    """
    from penstock.server.ml import arm, assets, blobs, jobs, page, studio, unsupported

    return (
        *arm.routes(ml),
        *assets.routes(ml),
        *jobs.routes(ml),
        *blobs.routes(ml),
        *(() if has_portal else page.routes(ml)),
        *studio.routes(ml, feeds),
        *unsupported.routes(ml),
    )

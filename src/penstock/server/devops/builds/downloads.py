"""Downloads: content that jobs wrote goes out as a file to keep, never as a page to show."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import quote

from penstock.server.archives import Member, zip_pieces
from penstock.server.routes import Call

if TYPE_CHECKING:
    from starlette.responses import Response


def wants(call: Call, kind: str) -> bool:
    """Whether the caller accepts a media type before all others."""
    return call.header("accept").lower().startswith(kind)


def zipped(members: Iterator[Member], name: str) -> Response:
    """A zip file of members, whose own name is `name` with `.zip`."""
    from starlette.responses import StreamingResponse

    return StreamingResponse(
        zip_pieces(members), media_type="application/zip", headers=as_file(f"{name}.zip")
    )


def as_file(name: str) -> dict[str, str]:
    """The headers of a file of that name: to keep, and in a sandbox where it is opened."""
    encoded = quote(name, safe="")
    return {
        "content-disposition": f"attachment; filename*=UTF-8''{encoded}",
        "x-content-type-options": "nosniff",
        "content-security-policy": "sandbox; default-src 'none'",
    }

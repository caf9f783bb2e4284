"""Downloads: content that jobs wrote goes out as a file to keep, never as a page to show."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import quote

from penstock.server.archives import Member, zip_pieces
from penstock.server.devops.errors import bad_request
from penstock.server.routes import Call
from penstock.server.streams import streamed

if TYPE_CHECKING:
    from starlette.responses import Response

_FORMATS = {"json": "application/json", "text": "text/plain", "zip": "application/zip"}


def wanted_format(call: Call) -> str:
    """`json`, `text` or `zip`: what `$format` asks for, or else the media type that the caller
    accepts before all others. Raises `Refused`."""
    if asked := call.query("$format").lower():
        if asked not in _FORMATS:
            raise bad_request(f'$format is {", ".join(_FORMATS)}, not "{asked[:40]}"')
        return asked
    first = call.header("accept").lower().partition(",")[0].partition(";")[0].strip()
    return next((word for word, kind in _FORMATS.items() if kind == first), "json")


def zipped(call: Call, members: Iterator[Member], name: str) -> Response:
    """A zip file of members, whose own name is `name` with `.zip`."""
    return streamed(
        call, zip_pieces(members), media_type="application/zip", headers=as_file(f"{name}.zip")
    )


def as_file(name: str) -> dict[str, str]:
    """The headers of a file of that name: to keep, and in a sandbox where it is opened."""
    encoded = quote(name, safe="")
    return {
        "content-disposition": f"attachment; filename*=UTF-8''{encoded}",
        "x-content-type-options": "nosniff",
        "content-security-policy": "sandbox; default-src 'none'",
    }

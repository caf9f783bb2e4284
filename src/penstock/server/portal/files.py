"""The portal as the server sends it: one page for every address, and files named by their hash.

The page is the same for everyone: what a person may see, it asks of the REST API as they are.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Iterable
from pathlib import Path

from penstock.server.errors import Refused
from penstock.server.routes import Answer, Call, Permission, Route

BUILT = Path(__file__).parent / "built"

# The hash is that of the empty text. The component library makes empty style elements and adds
# rules by script, which a policy allows; a style element with content stays forbidden.
_EMPTY_STYLE = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        f"style-src 'self' {_EMPTY_STYLE}",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
_HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
}
_FOREVER = "public, max-age=31536000, immutable"

_NOT_BUILT = """<!doctype html>
<meta charset="utf-8">
<title>Penstock</title>
<h1>The portal is not built</h1>
<p>This is a source checkout without its web pages. Run <code>make portal</code>, then reload.</p>
<p>The REST API and the command line work without it.</p>
"""

# First segments that are never an organization: an unknown address below one is not a page.
_RESERVED = frozenset({"subscriptions", "mlflow", "api", "providers", "tenants", "metadata"})


def routes(built: Path = BUILT) -> tuple[Route, ...]:
    """The pages and their files. Everyone may have them: they hold no data."""

    def page(call: Call) -> Answer:
        first, _, _ = call.path.strip("/").partition("/")
        if first.lower() in _RESERVED or first.startswith("_"):
            raise Refused(404, "NotFound", f'there is nothing at "{call.path}"')
        return _index(built)

    def file(call: Call) -> Answer:
        accepted = ", ".join(call.request.headers.getlist("accept-encoding"))
        return _file(built, call.parameters["name"], accepted)

    pages = tuple(_page_paths())
    return (
        *(_public(path, page) for path in pages),
        _public("/_portal/{name:path}", file),
    )


def _page_paths() -> Iterable[str]:
    """Where a page may be asked for: the addresses of Azure DevOps, and the studio below `/ml`."""
    # The names are not those of the API's routes: a page is the same whether its project exists.
    yield from ("/", "/ml", "/ml/{rest:path}", "/{place}")
    for hub in ("_settings", "_usersSettings"):
        yield f"/{{place}}/{hub}"
        yield f"/{{place}}/{hub}/{{rest:path}}"
    project = "/{place}/{name}"
    yield project
    for hub in ("_build", "_environments", "_library", "_settings", "_git"):
        yield f"{project}/{hub}"
        yield f"{project}/{hub}/{{rest:path}}"


def _public(path: str, handler: object) -> Route:
    return Route(method="GET", path=path, permission=Permission.PUBLIC, handler=handler)  # type: ignore[arg-type]


def _index(built: Path) -> Answer:
    headers = {**_HEADERS, "content-type": "text/html; charset=utf-8", "cache-control": "no-cache"}
    try:
        return Answer(body=(built / "index.html").read_bytes(), headers=headers)
    except FileNotFoundError:
        return Answer(status=503, body=_NOT_BUILT.encode(), headers=headers)


def _file(built: Path, name: str, accepted: str) -> Answer:
    path = built.joinpath(*name.split("/"))
    if not path.resolve().is_relative_to(built.resolve()) or not path.is_file():
        raise Refused(404, "NotFound", f'the portal has no file "{name}"')
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    if kind.startswith("text/") or kind == "application/json":
        kind += "; charset=utf-8"
    is_hashed = name.startswith("assets/")
    headers = {
        **_HEADERS,
        "content-type": kind,
        "cache-control": _FOREVER if is_hashed else "no-cache",
        "vary": "accept-encoding",
    }
    packed = path.with_name(path.name + ".gz")
    if "gzip" in accepted and packed.is_file():
        return Answer(body=packed.read_bytes(), headers={**headers, "content-encoding": "gzip"})
    return Answer(body=path.read_bytes(), headers=headers)

"""Who calls: tokens compared in constant time, signed addresses, and what a browser must not do.

Who people are and what they may do is kept by `server/people`, which implements `Tokens`.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping
from typing import Protocol
from urllib.parse import urlencode, urlsplit

from penstock.server.routes import Permission, Principal

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
EVERYTHING = frozenset(Permission)
LOCAL_ID = "00000000-0000-0000-0000-00000000000a"
"""The account id of whoever holds the token of a process on this machine."""
SESSION_COOKIE = "penstock_session"


class Tokens(Protocol):
    """Knows the tokens that are valid now."""

    def principal(self, token: str) -> Principal | None:
        """Whose token this is. Takes as long for a wrong token as for a right one."""


class FixedTokens:
    """Tokens given at start: those of one `penstock run`, or of the local service."""

    def __init__(self, tokens: Mapping[str, Principal]) -> None:
        self._tokens = [(token.encode(), principal) for token, principal in tokens.items()]

    def principal(self, token: str) -> Principal | None:
        """Whose token this is; every known token is compared, in constant time."""
        given = token.encode()
        found = None
        for known, principal in self._tokens:
            if hmac.compare_digest(known, given):
                found = principal
        return found


def one_token(token: str, name: str = "local") -> FixedTokens:
    """A single token that may do everything."""
    principal = Principal(id=LOCAL_ID, name=name, display_name=name, permissions=EVERYTHING)
    return FixedTokens({token: principal})


def presented_token(authorization: str) -> str | None:
    """The token in an `Authorization` header: `Bearer TOKEN`, or `Basic` with it as password."""
    scheme, _, value = authorization.partition(" ")
    match scheme.lower():
        case "bearer":
            return value.strip() or None
        case "basic":
            try:
                text = base64.b64decode(value.strip(), validate=True).decode()
            except (binascii.Error, ValueError):
                return None
            return text.partition(":")[2] or None
    return None


class Signer:
    """Makes and checks signed addresses: whoever has one may read (or write) below its path.

    The query it makes goes with any address below `path`, as a shared access signature does.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def query(self, path: str, *, expires: float, write: bool = False) -> str:
        """The query for addresses at or below `path` (decoded, starting with `/`)."""
        rights = "rw" if write else "r"
        fields = {"sv": "2024-11-04", "sp": rights, "se": str(int(expires)), "spr": path}
        return urlencode({**fields, "sig": self._signature(path, rights, fields["se"])})

    def permissions(self, path: str, query: Mapping[str, str], now: float) -> frozenset[Permission]:
        """What the query of a request for `path` allows; nothing when it is not ours or too old."""
        prefix, rights, expires = query.get("spr", ""), query.get("sp", ""), query.get("se", "")
        expected = self._signature(prefix, rights, expires)
        if not hmac.compare_digest(expected.encode(), query.get("sig", "").encode()):
            return frozenset()
        if float(expires) < now or not _is_below(path, prefix):
            return frozenset()
        if "w" in rights:
            return frozenset({Permission.SIGNED, Permission.SIGNED_WRITE})
        return frozenset({Permission.SIGNED})

    def _signature(self, path: str, rights: str, expires: str) -> str:
        text = "\n".join((path, rights, expires))
        return hmac.new(self._key, text.encode(), "sha256").hexdigest()


def _is_below(path: str, prefix: str) -> bool:
    return path == prefix or path.startswith(prefix.rstrip("/") + "/")


def may(
    principal: Principal | None,
    signed: frozenset[Permission],
    wanted: Permission,
    project: str = "",
) -> bool:
    """Whether a caller, or the signed address used, holds what a route asks for.

    `project` is the id of the project in which it is asked for.
    """
    if wanted is Permission.PUBLIC or wanted in signed:
        return True
    if principal is None:
        return False
    equal = {Permission.SIGNED: Permission.READ, Permission.SIGNED_WRITE: Permission.WRITE}
    return principal.may(equal.get(wanted, wanted), project)


def is_known_host(host: str, known: frozenset[str]) -> bool:
    """Whether a `Host` header names this server. A page that rebinds its own name does not."""
    try:
        return urlsplit(f"//{host}").hostname in known
    except ValueError:
        return False


def is_own_origin(origin: str, fetch_site: str, host: str) -> bool:
    """Whether a state-changing request comes from no browser page, or from our own.

    `origin` and `fetch_site` are the headers `Origin` and `Sec-Fetch-Site`, empty where absent.
    """
    if fetch_site and fetch_site not in ("same-origin", "none"):
        return False
    if not origin:
        return True
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and parts.netloc.lower() == host.lower()


def may_use_session(*, is_changing: bool, origin: str, fetch_site: str) -> bool:
    """Whether a request may be made in the name of the session whose cookie came with it.

    A browser sends the cookie of its own accord, also for a page of another port of this machine:
    so the request must say that our own page, or nobody but the user, made it. `origin`, where
    present, was found to be ours before.
    """
    if fetch_site:
        return fetch_site == "same-origin" or (fetch_site == "none" and not is_changing)
    return bool(origin) or not is_changing

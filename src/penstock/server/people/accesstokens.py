"""Access tokens for clients that will have no other: an hour long, made from a token that is valid.

They have the shape of a JSON Web Token, since the clients of Azure read its `aud` and `tid`. Only
this server makes and reads them, by one algorithm: whatever the header says is not asked. They
open what the token behind them opens, as long as that is valid.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from collections.abc import Callable

from penstock.records import record

SECONDS = 3600
PREFIX = "eyJ"
TENANT = "00000000-0000-0000-0000-000000000000"
_HEADER = {"alg": "HS256", "typ": "JWT"}
_PURPOSE = b"access token"


@record
class Behind:
    """What an access token was made from: a `kind` of credential, and what is kept of it."""

    kind: str
    credential: str
    account: str = ""


class AccessTokens:
    """Makes and reads them. `key` is a secret of this server."""

    def __init__(self, key: bytes, clock: Callable[[], float]) -> None:
        self._key = hmac.digest(key, _PURPOSE, "sha256")
        self._clock = clock

    def make(self, behind: Behind, audience: str, name: str) -> tuple[str, int]:
        """An access token for an audience, and when it ends. `name` is whose it is, for people."""
        now = int(self._clock())
        claims = {
            "aud": audience,
            "iss": f"https://sts.windows.net/{TENANT}/",
            "iat": now,
            "nbf": now,
            "exp": now + SECONDS,
            "tid": TENANT,
            "oid": behind.account,
            "name": name,
            "penstock": [behind.kind, behind.credential],
        }
        text = f"{_encoded(_HEADER)}.{_encoded(claims)}"
        return f"{text}.{self._signature(text)}", now + SECONDS

    def read(self, token: str) -> Behind | None:
        """What it was made from; None for one that is not ours, was changed, or is over."""
        text, _, signature = token.rpartition(".")
        if not hmac.compare_digest(self._signature(text).encode(), signature.encode()):
            return None
        claims = _decoded(text.partition(".")[2])
        match claims:
            case {"exp": int(end), "penstock": [str(kind), str(credential)], "oid": str(account)}:
                if end > self._clock():
                    return Behind(kind=kind, credential=credential, account=account)
        return None

    def _signature(self, text: str) -> str:
        return _base64(hmac.digest(self._key, text.encode("utf-8", "surrogatepass"), "sha256"))


def _encoded(value: object) -> str:
    return _base64(json.dumps(value, separators=(",", ":")).encode())


def _decoded(text: str) -> object:
    try:
        return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error):
        return None


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")

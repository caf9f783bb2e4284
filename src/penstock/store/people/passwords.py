"""Passwords as they are kept: scrypt of Python's own library, with its parameters beside it.

The parameters are one of the equal choices of the OWASP Password Storage Cheat Sheet (scrypt with
N=2^15, r=8, p=3: 32 MiB and about a quarter of a second).
"""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from base64 import b64decode, b64encode

from penstock.records import record

SHORTEST = 12
LONGEST = 1024
_SALT_BYTES = 16
_HASH_BYTES = 32
_MOST_MEMORY = 2**28


@record
class Cost:
    """What one try of a password costs: 2 to the `log_n` rounds, block size `r`, `p` times."""

    log_n: int = 15
    r: int = 8
    p: int = 3


class WeakPassword(Exception):
    """the password is too short or too long"""


def check_password(password: str) -> None:
    """Raise WeakPassword for one that is not accepted as a new password."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise WeakPassword(f"a password has {SHORTEST} to {LONGEST} characters")


def hash_password(password: str, salt: bytes, cost: Cost) -> str:
    """What is kept of a password: `$scrypt$ln=15,r=8,p=3$SALT$HASH`."""
    digest = _scrypt(password, salt, cost)
    parameters = f"ln={cost.log_n},r={cost.r},p={cost.p}"
    return f"$scrypt${parameters}${b64encode(salt).decode()}${b64encode(digest).decode()}"


def no_password(cost: Cost) -> str:
    """What is compared where there is no account, so that the answer takes as long."""
    parameters = f"ln={cost.log_n},r={cost.r},p={cost.p}"
    salt, digest = b64encode(bytes(_SALT_BYTES)), b64encode(bytes(_HASH_BYTES))
    return f"$scrypt${parameters}${salt.decode()}${digest.decode()}"


def is_password(password: str, kept: str) -> bool:
    """Whether a password is the one that was kept, compared in constant time."""
    _, _, parameters, salt, digest = kept.split("$")
    named = dict(part.split("=") for part in parameters.split(","))
    cost = Cost(log_n=int(named["ln"]), r=int(named["r"]), p=int(named["p"]))
    return hmac.compare_digest(_scrypt(password, b64decode(salt), cost), b64decode(digest))


def is_older(kept: str, cost: Cost) -> bool:
    """Whether a password was kept at another cost than is asked for now."""
    return f"$ln={cost.log_n},r={cost.r},p={cost.p}$" not in kept


def _scrypt(password: str, salt: bytes, cost: Cost) -> bytes:
    # One who types "é" on another keyboard types other code points.
    text = unicodedata.normalize("NFKC", password[: LONGEST + 1]).encode("utf-8", "surrogatepass")
    return hashlib.scrypt(
        text,
        salt=salt,
        n=2**cost.log_n,
        r=cost.r,
        p=cost.p,
        maxmem=_MOST_MEMORY,
        dklen=_HASH_BYTES,
    )

"""What proves who calls: 256 random bits as text, of which only a hash is kept.

A plain hash will do, since nobody can try all values of so long a secret; it also is what a
secret is found by, so that comparing takes no time that depends on it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

PERSONAL = "penstock_pat_"
JOB = "penstock_job_"
SESSION = "penstock_session_"
TICKET = "penstock_ticket_"

RandomBytes = Callable[[int], bytes]

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_BYTES = 32
_LENGTH = 43


def new_secret(prefix: str, random_bytes: RandomBytes) -> str:
    """A new secret: the prefix, by which people and scanners know it, and 43 letters and digits."""
    number = int.from_bytes(random_bytes(_BYTES))
    digits = []
    for _ in range(_LENGTH):
        number, digit = divmod(number, len(_DIGITS))
        digits.append(_DIGITS[digit])
    return prefix + "".join(digits)


def hash_secret(secret: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()

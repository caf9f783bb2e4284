"""Which bytes a request asks for: the `Range` header as blobs and logs understand it."""

from __future__ import annotations

import re

from penstock.server.errors import Refused

_RANGE = re.compile(r"bytes=(\d{1,18})-(\d{0,18})", re.ASCII)


def asked_range(given: str, size: int) -> tuple[int, int]:
    """Start and end (exclusive) of what to send, all of it where nothing is asked for.

    Raises Refused (416) for a range that begins behind the end; what is empty has no range to give.
    """
    if not given:
        return 0, size
    match = _RANGE.fullmatch(given)
    if match is None:
        raise Refused(400, "InvalidHeaderValue", f'"{given}" is no range of bytes')
    start, end = int(match[1]), int(match[2]) + 1 if match[2] else size
    if start >= size or end <= start:
        headers = {"content-range": f"bytes */{size}"}
        message = "The range specified is invalid for the current size of the resource."
        raise Refused(416, "InvalidRange", message, headers=headers)
    return start, min(end, size)

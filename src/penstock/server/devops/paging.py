"""Pages of short lists, made of all that there is: a token is where the next page starts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from penstock.server.devops.errors import bad_request
from penstock.server.devops.queries import number_in, page_size
from penstock.server.devops.wire import listed
from penstock.server.routes import Answer, Call

_MOST = 10_000
_One = TypeVar("_One")


def page_of(call: Call, found: Sequence[_One], view: Callable[[_One], dict[str, object]]) -> Answer:
    """The page that `$top` and `continuationToken` ask for."""
    top = page_size(call, "$top", _MOST, _MOST)
    token = call.query("continuationToken")
    first = number_in(token or "0")
    if first is None:
        raise bad_request(f'continuationToken: "{token[:40]}" is not one of this list')
    headers = {}
    if first + top < len(found):
        headers["x-ms-continuationtoken"] = str(first + top)
    body = listed([view(one) for one in found[first : first + top]])
    return Answer(body=body, headers=headers)

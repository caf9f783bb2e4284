"""Tables of routes, a row for each: which function answers what, and what its caller must hold."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from penstock.server.devops.errors import devops_error
from penstock.server.routes import BODY_LIMIT, Answer, Call, Permission, Reply, Route

if TYPE_CHECKING:
    from starlette.responses import Response

_Stores = TypeVar("_Stores")

Row = tuple[
    str,
    str,
    Permission,
    "Callable[[_Stores, Call], Reply | Response | Awaitable[Reply | Response]]",
]
"""Method, path, permission, and the function that answers with the stores it is given."""


def routes_of(
    stores: _Stores,
    *rows: Row[_Stores],
    body_limit: int = BODY_LIMIT,
    quick: bool = False,
    on_error: Callable[[Exception], Answer] = devops_error,
) -> tuple[Route, ...]:
    """The routes of a table, whose functions get `stores`.

    `body_limit` is how many bytes a request's body may have, `on_error` words what they raise;
    `quick` ones run in the server's own loop, and never wait.
    """
    return tuple(
        Route(
            method=method,
            path=path,
            permission=permission,
            handler=partial(answer, stores),
            quick=quick,
            body_limit=body_limit,
            on_error=on_error,
        )
        for method, path, permission, answer in rows
    )

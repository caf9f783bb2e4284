"""Answers that are sent piece by piece, and let go of what they hold when their reader leaves."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from penstock.server.routes import Call

if TYPE_CHECKING:
    from starlette.responses import StreamingResponse

_Piece = TypeVar("_Piece", str, bytes)


def streamed(
    call: Call, pieces: Iterator[_Piece], *, media_type: str, headers: Mapping[str, str]
) -> StreamingResponse:
    """The answer of these pieces, which are asked for in worker threads. A generator of them is
    closed when the last one was sent, or when nobody reads them any more."""
    from starlette.responses import StreamingResponse

    sent = _sent(pieces)
    call.until_answered.callback(_close, sent)
    return StreamingResponse(sent, media_type=media_type, headers=headers)


def _sent(pieces: Iterator[_Piece]) -> Generator[_Piece, None, None]:
    yield from pieces


def _close(sent: Generator[_Piece, None, None]) -> None:
    with suppress(ValueError):  # a server that stops may leave a thread in the middle of a piece
        sent.close()

"""Zip files made while they are sent: nothing of them is kept, on disk or in memory."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, cast

from penstock.store.files import reading

PIECE = 256 * 1024

Member = tuple[str, Path, str]
"""A name in the archive, a folder, and the path of a file below it."""


def zip_pieces(members: Iterable[Member]) -> Iterator[bytes]:
    """The bytes of a zip file of these members.

    A member that cannot be read ends it with the exception: then it is not whole, and the reader's
    connection breaks off.
    """
    written = _Written()
    with zipfile.ZipFile(
        cast("IO[bytes]", written), "w", zipfile.ZIP_DEFLATED, compresslevel=1
    ) as archive:
        for name, folder, path in members:
            with (
                reading(folder, path) as opened,
                archive.open(name, "w", force_zip64=True) as member,
            ):
                while piece := opened.read(PIECE):
                    member.write(piece)
                    yield written.taken()
    yield written.taken()


class _Written:
    """Where a zip is written to: it cannot seek, and is emptied all the time."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, piece: bytes) -> int:
        """Keep a piece until it is taken."""
        self._pieces.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """Nothing is held back."""

    def taken(self) -> bytes:
        """What was written since the last time."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)

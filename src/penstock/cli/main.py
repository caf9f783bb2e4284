"""The `penstock` command. `az`, which steps call again and again, starts without the rest."""

from __future__ import annotations

import gc
import sys

_OBJECTS_BETWEEN_COLLECTIONS = 20_000
"""Start-up makes many objects and no garbage: Python's 700 would go over all of them again and
again, a twentieth of the time."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command line; the answer is its exit code."""
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    if arguments is None and sys.getfilesystemencoding() != "utf-8":
        from penstock.cli.streams import start_again_in_utf8

        start_again_in_utf8()
    given = sys.argv[1:] if arguments is None else arguments
    if given[:1] == ["az"]:
        from penstock.cli.az.main import main as az

        return az(given[1:])
    from penstock.cli.commands import call

    return call(given)


if __name__ == "__main__":
    sys.exit(main())

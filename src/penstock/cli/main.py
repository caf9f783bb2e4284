"""The `penstock` command. `az`, which steps call again and again, starts without the rest."""

from __future__ import annotations

import gc
import sys

_OBJECTS_BETWEEN_COLLECTIONS = 100_000
"""Start-up and the tree of a pipeline are many objects and no garbage: Python's 700 would go over
all of them again and again, a tenth of the time."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command line, by default the process's own; the answer is its exit code."""
    if arguments is not None:
        return _run(arguments)
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    if sys.getfilesystemencoding() != "utf-8":
        from penstock.cli.streams import start_again_in_utf8

        start_again_in_utf8()
    try:
        return _run(sys.argv[1:])
    finally:
        # The process ends: Python need not look through all that it will give back at once.
        gc.freeze()


def _run(given: list[str]) -> int:
    if given[:1] == ["az"]:
        from penstock.cli.az.main import main as az

        return az(given[1:])
    from penstock.cli.commands import call

    return call(given)


if __name__ == "__main__":
    sys.exit(main())

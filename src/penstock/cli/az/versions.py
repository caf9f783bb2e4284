"""Which versions this `az` stands in for. Imports nothing, since every step may ask."""

from __future__ import annotations

import sys

AZURE_CLI = "2.91.0"
ML_EXTENSION = "2.42.0"


def version_text() -> str:
    """What `az --version` prints."""
    from penstock import __version__

    python = sys.version.replace("\n", "")
    return (
        f"{'azure-cli':<33} {AZURE_CLI}\n\n"
        f"{'core':<33} {AZURE_CLI}\n\n"
        f"Extensions:\n{'ml':<33} {ML_EXTENSION}\n\n"
        f"Stand-in of Penstock {__version__}: what az --help lists runs on this machine\n\n"
        f"Python location '{sys.executable}'\n\n"
        f"Python (Linux) {python}\n"
    )

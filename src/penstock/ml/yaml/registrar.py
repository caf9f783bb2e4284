"""What turning a job into JSON asks for: its parts get their ids before the job is sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol


class Registrar(Protocol):
    """Makes the parts of a job known to a workspace and says under which id they are.

    Called depth first in the order of the file: what a part is made of comes before it. `place` is
    the dotted path in the YAML where the part is named.
    """

    def named(self, reference: str, kind: str, place: str) -> str:
        """The id of something registered: `azureml:NAME@latest`, `azureml:NAME`, or a resource id.

        `kind` is the plural in REST paths (`data`, `computes` ...). What lives in a registry, and
        curated environments, come back as they are.
        """

    def code(self, path: Path | None, includes: tuple[Path, ...], place: str) -> str:
        """The id of the snapshot of a local folder or file, and of what is laid beside it; without
        a path, of the latter alone."""

    def data(self, path: Path, place: str) -> str:
        """The URI of the copy of a local file (or folder: then it ends in `/`)."""

    def context(self, path: Path, place: str) -> str:
        """The URL of the copy of a local folder that an image is built from."""

    def environment(self, version: str, properties: dict[str, Any], place: str) -> str:
        """The id of an environment that has no name, only a version that is its content's hash."""

    def component(self, version: str, properties: dict[str, Any], place: str) -> str:
        """The id of a component that has no name, only a version that is its content's hash."""

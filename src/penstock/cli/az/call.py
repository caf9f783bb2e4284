"""What a command is given: its options, the settings, and the service, reached on first use."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from penstock.cli.az.configuration import Configuration
from penstock.cli.az.failures import Failed
from penstock.cli.az.options import Options

if TYPE_CHECKING:
    from penstock.cli.az.wire import Wire
    from penstock.ml.workspaces import Workspace

DEFAULT_SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"


class Call:
    """One `az` command line."""

    def __init__(self, words: str, options: Options, environ: Mapping[str, str]) -> None:
        self.words = words
        self.options = options
        self.environ = environ
        self.configuration = Configuration(environ)
        self._wire: Wire | None = None

    @property
    def folder(self) -> Path:
        """The folder the command was started in."""
        return Path.cwd()

    def text(self, name: str) -> str | None:
        """The value of an option that takes one."""
        value = self.options.get(name)
        return value if isinstance(value, str) else None

    def flag(self, name: str) -> bool:
        """Whether an option without a value was given."""
        return bool(self.options.get(name))

    def texts(self, name: str) -> list[str]:
        """The values of an option that takes several."""
        value = self.options.get(name)
        return value if isinstance(value, list) else []

    def say(self, text: str) -> None:
        """Tell the person at the terminal something; stdout is for results."""
        if not self.flag("--only-show-errors"):
            sys.stderr.write(f"{text}\n")

    def warn(self, text: str) -> None:
        """Tell of something doubtful."""
        self.say(f"WARNING: {text}")

    @property
    def subscription(self) -> str:
        """The subscription asked for, set before, or the local one."""
        return self.text("--subscription") or current_subscription(self.environ)

    @property
    def workspace(self) -> Workspace:
        """The workspace that -g and -w, or the defaults, name."""
        from penstock.ml.workspaces import Workspace

        name = self.text("--workspace-name") or self.text("--name") or ""
        group = self.text("--resource-group") or ""
        return Workspace(subscription=self.subscription, resource_group=group, name=name)

    @property
    def wire(self) -> Wire:
        """The service; started in the background where none is running."""
        if self._wire is None:
            from penstock.cli.az.wire import Wire

            self._wire = Wire(*_endpoint(self.environ))
        return self._wire

    @property
    def token(self) -> str:
        """The token of the service."""
        return _endpoint(self.environ)[1]

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._wire is not None:
            self._wire.close()


def current_subscription(environ: Mapping[str, str]) -> str:
    """The subscription that `az account set` chose, else the local one."""
    chosen = Configuration(environ, "clouds.config").sections.get("AzureCloud", {})
    return chosen.get("subscription") or DEFAULT_SUBSCRIPTION


def _endpoint(environ: Mapping[str, str]) -> tuple[str, str]:
    """Address and token of the service: that of the run around us, else the background one."""
    url = environ.get("PENSTOCK_ENDPOINT")
    if url:
        return url, environ.get("PENSTOCK_TOKEN", "")
    from penstock.cli.hosting.serving import ServiceFailed
    from penstock.cli.server.service import ensure

    try:
        return ensure()
    except ServiceFailed as error:
        raise Failed(str(error)) from error

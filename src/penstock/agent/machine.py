"""What an agent knows of the machine it runs on: folders, tools, and how jobs reach the service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path

from penstock.records import record


@record
class Machine:
    """One machine. `work` holds the workspaces of jobs, `tools` the tool cache, `cache` what may be
    deleted at any time.

    `bin` is put in front of every job's PATH (it holds `az`). `service_url` and `service_token` are
    how a job reaches the service that started it; `environment` is added to the environment of
    every job. `clients` is how clients of Azure reach the service, for steps whose connection
    stands for it; they show the token as `IDENTITY_HEADER`. `images` maps names of pools and hosted
    images to what runs them here (`host`). `version` is the agent version that tasks see.
    """

    name: str
    work: Path
    tools: Path
    cache: Path
    bin: Path | None = None
    service_url: str = ""
    service_token: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    clients: Mapping[str, str] = field(default_factory=dict)
    images: Mapping[str, str] = field(default_factory=dict)
    version: str = "4.260.0"

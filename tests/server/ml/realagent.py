"""The agent of this machine behind the service under test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mlserver import Server

from penstock.agent.machine import Machine
from penstock.agent.pool import LocalPool
from penstock.store.agents import LocalJobServer, ml_places


class RealAgent:
    """The local pool, made once the server it reports to is there."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.pool: Any = None

    def connect(self, server: Server) -> None:
        agents = LocalJobServer(
            server.home,
            server.logs,
            server.scheduler.report,
            place=ml_places(server.jobs, server.home),
        )
        machine = Machine(
            name="test",
            work=self.root / "work",
            tools=self.root / "tools",
            cache=self.root / "cache",
            bin=None,
            service_url=server.listener.url,
            service_token="secret-token",
        )
        self.pool = LocalPool(agents, machine, 4, server.scheduler.post)

    def submit(self, request: Any) -> None:
        self.pool.submit(request)

    def cancel(self, run: str, node: str, reason: str) -> None:
        self.pool.cancel(run, node, reason)

    def recover(self, run: str, node: str) -> bool:
        return False

"""What the jobs of one process share, so that each need not have its own."""

from __future__ import annotations

from penstock.agent.alarms import Alarms
from penstock.agent.sources import Sources


class Shared:
    """The working trees that were asked for, and the clock of the jobs' limits. Thread-safe."""

    def __init__(self) -> None:
        self.sources = Sources()
        self.alarms = Alarms()

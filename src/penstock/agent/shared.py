"""What the jobs of one process share, so that each need not have its own."""

from __future__ import annotations

import os

from penstock.agent.alarms import Alarms
from penstock.agent.sources import Sources
from penstock.agent.turns import Turns


class Shared:
    """The working trees that were asked for, the clock of the jobs' limits, the turns at the
    interpreter, and the environment as it was when the agents started. Thread-safe."""

    def __init__(self) -> None:
        self.sources = Sources()
        self.alarms = Alarms()
        self.turns = Turns()
        self.environ = dict(os.environ)

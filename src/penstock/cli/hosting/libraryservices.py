"""Libraries, permissions and checkpoints of one host. Nothing works before it is used.

`Host.library` has it. For planning a run: `for_run(project, files)`, and a `Protection` in the
`Surroundings` so that stages get checkpoints. `resources` and `checks` are what the REST shows;
`checkpoints` holds stages, takes answers, and is told by `checkpoints.changed()` of every change.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from penstock.devops.projectlibrary import ProjectLibrary
from penstock.devops.protecting.checkpoints import Checkpoints
from penstock.devops.resources import Actor, ResourceType
from penstock.engine.state import Phase, RunState
from penstock.store.library.checks import Checks
from penstock.store.library.keys import KeyFile
from penstock.store.library.resources import Resources
from penstock.store.library.secrets import Secrets
from penstock.store.runs.deployments import DeploymentLog

if TYPE_CHECKING:
    from penstock.cli.hosting.host import Host


class LibraryServices:
    """The stores and services of libraries. Close it before the scheduler."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.secrets = Secrets(host.database, KeyFile.of(host.home, os.environ))
        self.resources = Resources(host.database, self.secrets)
        self.library = ProjectLibrary(self.resources, self.secrets)
        self.for_run = self.library.for_run
        self.checks = Checks(host.database, host.clock)
        self.checkpoints = Checkpoints(
            self.checks,
            self.resources,
            post=host.scheduler.post,
            is_over=self._is_over,
            clock=host.clock,
            account=self.account,
        )
        host.scheduler.subscribe(self.checkpoints.event)
        host.scheduler.subscribe(
            DeploymentLog(host.deployments, host.scheduler, host.runs.get).event
        )

    def find_account(self, named: str) -> Actor | None:
        """The account of an id or a sign-in name."""
        from penstock.store.people.accounts import UnknownAccount
        from penstock.store.people.people import People

        try:
            found = People(self._host.database).accounts.find(named)
        except UnknownAccount:
            return None
        return Actor(id=found.id, name=found.name, display_name=found.display_name)

    def account(self, actor: Actor) -> Actor:
        """The account of someone who is known by a sign-in name only; as given where none is."""
        return actor if actor.id else self.find_account(actor.name) or actor

    def secure_file(self, named: str) -> tuple[str, bytes] | None:
        """The name and content of the secure file `PROJECT/ID`."""
        project, _, id = named.partition("/")
        kept = self.resources.get(project, ResourceType.SECURE_FILE, id)
        return None if kept is None else (kept.name, self.resources.content(kept))

    def close(self) -> None:
        """End the thread that holds stages; what waits goes on with the next process."""
        self.checkpoints.close()

    def _is_over(self, run: str, stage: str) -> bool:
        def has_ended(state: RunState) -> bool:
            node = state.nodes.get(stage)
            return state.finished or node is None or node.phase is Phase.FINISHED

        try:
            return self._host.scheduler.read(run, has_ended)
        except KeyError:
            return True

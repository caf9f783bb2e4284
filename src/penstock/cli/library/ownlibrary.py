"""The user's own library in the local store: what `penstock run` takes values from."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from penstock.devops.library import Connection, Library, VariableGroup
from penstock.devops.libraryfiles import read_library
from penstock.devops.projectlibrary import ProjectLibrary
from penstock.devops.resources import OWN, Actor
from penstock.language.templates.files import Files
from penstock.records import record
from penstock.store.home import Home

if TYPE_CHECKING:
    from penstock.store.library.resources import Resources
    from penstock.store.library.secrets import Secrets
    from penstock.store.people.audit import Audit


@record
class OwnStore:
    """The stores of the user's own library, and the audit log beside it."""

    secrets: Secrets
    resources: Resources
    library: ProjectLibrary
    audit: Audit


@contextmanager
def own_store() -> Iterator[OwnStore]:
    """The user's own library, made when it is not there yet."""
    from penstock.store.database import open_state
    from penstock.store.library.keys import KeyFile
    from penstock.store.library.resources import Resources
    from penstock.store.library.secrets import Secrets
    from penstock.store.people.audit import Audit

    home = Home.default(os.environ)
    home.make()
    database = open_state(home)
    try:
        secrets = Secrets(database, KeyFile.of(home, os.environ))
        resources = Resources(database, secrets)
        library = ProjectLibrary(resources, secrets)
        audit = Audit(database)
        yield OwnStore(secrets=secrets, resources=resources, library=library, audit=audit)
    finally:
        database.close()


def own_library(files: Files) -> Library:
    """What the repository's files say, with what the user's own library has over it."""
    if not Home.default(os.environ).state_db.exists():
        return read_library(files)
    with own_store() as store:
        return replace(store.library.for_run(OWN, files), values=_Values())


def myself() -> Actor:
    """The user of this machine, as the author of changes to their own library."""
    from penstock.cli.people import user_name

    name = user_name()
    return Actor(id="", name=name, display_name=name)


class _Values:
    """Opens the store again when a secret is asked for."""

    def of(self, thing: VariableGroup | Connection) -> Mapping[str, str]:
        """The values that are known, names in lower case."""
        with own_store() as store:
            return store.library.values(OWN).of(thing)

"""The people of a store, for the commands that work on it from this machine."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from penstock.cli.exits import Exit
from penstock.cli.home import home_of
from penstock.cli.options import Failure
from penstock.store.database import Database, open_state
from penstock.store.people.accounts import AccountRefused, UnknownAccount
from penstock.store.people.audit import Actor
from penstock.store.people.passwords import WeakPassword
from penstock.store.people.people import People
from penstock.store.people.tokens import TokenRefused, UnknownToken


@contextmanager
def open_people(data: Path | None) -> Iterator[tuple[People, Database]]:
    """The people of the store in a folder (None: the user's own), and its database.

    What they refuse is raised as `Failure`.
    """
    home = home_of(data)
    home.make()
    database = open_state(home)
    try:
        yield People(database), database
    except (AccountRefused, WeakPassword, TokenRefused) as error:
        message, _, help = str(error).partition(": ")
        raise Failure(message, help, Exit.USAGE) from error
    except UnknownAccount as error:
        help = "`penstock accounts list` shows them"
        raise Failure(str(error), help, Exit.NOT_FOUND) from error
    except UnknownToken as error:
        help = "`penstock tokens list` shows them"
        raise Failure(str(error), help, Exit.NOT_FOUND) from error
    finally:
        database.close()


def operator() -> Actor:
    """Who types the command, as the audit log names them: a user of this machine."""
    return Actor(id="", name=user_name(), address="this machine")


def user_name() -> str:
    """What this machine calls the user: their number where it has no name, as in a container."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())

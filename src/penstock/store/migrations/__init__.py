"""Upgrades of older stores, by Alembic. Imported only when a file is older than the program."""

from __future__ import annotations

import sqlite3
from pathlib import Path


def upgrade(path: Path, schema: str, revision: str = "head") -> None:
    """Bring the file to the newest version of its schema (`state` or `metrics`), all or nothing;
    or only to an older revision, for a test of what follows from there.

    Two processes may try at once: the second waits and then finds nothing left to do.
    """
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine
    from sqlalchemy.pool import StaticPool

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(path, timeout=300, isolation_level=None, check_same_thread=False)

    engine = create_engine("sqlite://", creator=connect, poolclass=StaticPool)
    folder = Path(__file__).parent
    config = Config()
    config.set_main_option("script_location", str(folder))
    config.set_main_option("version_locations", str(folder / schema))
    config.set_main_option("path_separator", "os")
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
            connection.exec_driver_sql("COMMIT")
    finally:
        engine.dispose()

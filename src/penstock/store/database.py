"""SQLite as the store uses it: two files, write-ahead logs, one writer at a time, versions checked.

It knows no table of its own; the rooms' tables are in `schema.sql` (state) and `metrics.sql`.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from penstock.records import record
from penstock.store.home import Home, make_private_folder

BUSY_SECONDS = 30.0


@record
class Schema:
    """Which tables a file holds: `<sql>` beside this module, at `version`, with its `revisions`."""

    name: str
    sql: str
    version: int


STATE = Schema(name="state", sql="schema.sql", version=3)
METRICS = Schema(name="metrics", sql="metrics.sql", version=1)


class StoreTooNew(Exception):
    """the store was made by a newer penstock"""


class StoreBroken(Exception):
    """a file of the store is not a database that penstock made"""


class StoreUnusable(Exception):
    """a file of the store cannot be read or written just now"""


class Database:
    """One SQLite file. Every method may be called from any thread.

    `durable` decides what a commit waits for: a durable one survives a power cut, another only the
    death of the process. Close it when no thread uses it any more.
    """

    def __init__(self, path: Path, *, durable: bool) -> None:
        self.path = path
        self._synchronous = "FULL" if durable else "NORMAL"
        self._readers: deque[sqlite3.Connection] = deque()
        self._writing = threading.Lock()
        self._writer: sqlite3.Connection | None = None
        self._writing_thread = 0
        self._waits = True

    def query(self, sql: str, *parameters: object) -> list[sqlite3.Row]:
        """All rows of a reading statement. It sees what was committed, not an open transaction."""
        try:
            connection = self._readers.pop()
        except IndexError:
            connection = self._connect()
        try:
            return connection.execute(sql, parameters).fetchall()
        finally:
            self._readers.append(connection)

    @contextmanager
    def transaction(self, *, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """The one writing connection, inside `BEGIN IMMEDIATE`; commits at the end, or rolls back.

        One that is not `durable` does not wait for the disk: a power cut may take it back until the
        next durable one, which waits for both. Others see it at once, and it survives the process.
        Reads that belong to the change go through the connection given. Transactions do not nest:
        a function that is part of a larger change takes the connection as a parameter.
        """
        thread = threading.get_ident()
        if self._writing_thread == thread:
            raise RuntimeError("a transaction was begun inside another one")
        with self._writing:
            self._writing_thread = thread
            try:
                with _committed(self._writing_connection(durable)) as connection:
                    yield connection
            finally:
                self._writing_thread = 0

    def close(self) -> None:
        """Close every connection; the last one to close a file moves its log into it."""
        with self._writing:
            if self._writer is not None:
                self._writer.close()
                self._writer = None
        while self._readers:
            self._readers.pop().close()

    def _writing_connection(self, durable: bool) -> sqlite3.Connection:
        if self._writer is None:
            self._writer = self._connect()
            self._waits = True
        if durable is not self._waits:
            self._waits = durable
            level = self._synchronous if durable else "NORMAL"
            self._writer.execute(f"PRAGMA synchronous={level}")
        return self._writer

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        connection.row_factory = sqlite3.Row
        connection.execute(f"PRAGMA synchronous={self._synchronous}")
        connection.execute("PRAGMA foreign_keys=ON")
        return connection


@contextmanager
def _committed(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        # A commit that the disk refuses may leave the transaction open too.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def number_of(id: str) -> int:
    """The number in an id's text; one that is no number, or that no row can have, names nothing."""
    return int(id) if id.isascii() and id.isdigit() and len(id) < 19 else -1


def is_full_disk(error: Exception) -> bool:
    """Whether something could not be written, here or to a file, because the disk is full."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    # Where the index of the log cannot grow, SQLite calls it an I/O error.
    full = ("SQLITE_FULL", "SQLITE_IOERR_SHMSIZE")
    return isinstance(error, sqlite3.Error) and error.sqlite_errorname in full


def open_state(home: Home) -> Database:
    """The database of runs and assets, made or upgraded where needed."""
    return open_database(home.state_db, STATE, durable=True)


def open_metrics(home: Home) -> Database:
    """The database of tracked experiments, made or upgraded where needed."""
    return open_database(home.metrics_db, METRICS, durable=False)


def open_database(path: Path, schema: Schema, *, durable: bool) -> Database:
    """Open the file at the version this program knows.

    A missing file is made, an older one upgraded. Raises `StoreTooNew` for a newer one,
    `StoreBroken` for a file that is something else, and `StoreUnusable` where the disk or the
    rights are at fault.
    """
    if not path.exists():
        _make(path, schema)
    database = Database(path, durable=durable)
    try:
        version = int(database.query("PRAGMA user_version")[0][0])
    except sqlite3.OperationalError as error:
        database.close()
        raise StoreUnusable(str(error)) from error
    except sqlite3.DatabaseError as error:
        database.close()
        raise StoreBroken(f'"{path}" is not a penstock database: {error}') from error
    if version > schema.version:
        database.close()
        raise StoreTooNew(
            f'the store "{path}" was made by a newer penstock (schema {version}; this one knows '
            f"{schema.version}): install the newer penstock, or set PENSTOCK_HOME to another folder"
        )
    if version == 0 and database.query("SELECT 1 FROM sqlite_master LIMIT 1"):
        database.close()
        raise StoreBroken(f'"{path}" is a database, but not one that penstock made')
    if version < schema.version:
        from penstock.store.migrations import upgrade

        upgrade(path, schema.name)
    return database


def version_of(path: Path) -> int | None:
    """The version of a file's schema; None where there is no file. Raises `StoreBroken`."""
    if not path.exists():
        return None
    database = Database(path, durable=True)
    try:
        return int(database.query("PRAGMA user_version")[0][0])
    except sqlite3.DatabaseError as error:
        raise StoreBroken(f'"{path}" is not a penstock database: {error}') from error
    finally:
        database.close()


def schema_text(schema: Schema) -> str:
    """The SQL that makes a fresh file at the newest version."""
    return Path(__file__).with_name(schema.sql).read_text(encoding="utf-8")


def _make(path: Path, schema: Schema) -> None:
    """Make the file beside its place, wait for the disk once, then put it there whole.

    So neither a crash nor a second process that does the same ever leaves half a schema.
    """
    make_private_folder(path.parent)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    os.close(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600))
    try:
        _write_schema(draft, schema)
        _wait_for_disk(draft)
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink(missing_ok=True)


def _wait_for_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_schema(path: Path, schema: Schema) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("PRAGMA journal_mode=MEMORY")
        connection.executescript(f"BEGIN;\n{schema_text(schema)}\nCOMMIT;")
        connection.execute("PRAGMA journal_mode=WAL")
    finally:
        connection.close()

"""Job tokens: what the steps of one run call the server with (`System.AccessToken`)."""

from __future__ import annotations

from collections.abc import Callable

from penstock.records import record
from penstock.store.database import Database
from penstock.store.people.credentials import JOB, RandomBytes, hash_secret, new_secret


@record
class JobIdentity:
    """Which run a job token is of, and in which project (id; empty for none). `credential` is what
    is kept of the token."""

    run: str
    project: str
    credential: str


class JobTokens:
    """Keeps job tokens. A token is dead when its run has ended; nobody needs to end it."""

    def __init__(
        self, database: Database, *, clock: Callable[[], float], random_bytes: RandomBytes
    ) -> None:
        self._database = database
        self._clock = clock
        self._random_bytes = random_bytes

    def issue(self, run: str, project: str = "") -> str:
        """A token for a run that is kept and has not ended; its secret is not kept."""
        secret = new_secret(JOB, self._random_bytes)
        with self._database.transaction() as connection:
            connection.execute(
                "DELETE FROM job_tokens WHERE run IN"
                " (SELECT id FROM runs WHERE runs.id = job_tokens.run AND state = 'finished')"
            )
            connection.execute(
                "INSERT INTO job_tokens (hash, run, project, created) VALUES (?, ?, ?, ?)",
                (hash_secret(secret), int(run), project, self._clock()),
            )
        return secret

    def find(self, secret: str) -> JobIdentity | None:
        """The run whose token this is, while it has not ended."""
        return self.behind(hash_secret(secret))

    def behind(self, credential: str) -> JobIdentity | None:
        """As `find`, by what is kept of the token: for what was made from it."""
        rows = self._database.query(
            "SELECT job_tokens.run, job_tokens.project FROM job_tokens"
            " JOIN runs ON runs.id = job_tokens.run"
            " WHERE job_tokens.hash = ? AND runs.state <> 'finished'",
            credential,
        )
        if not rows:
            return None
        return JobIdentity(
            run=str(rows[0]["run"]), project=rows[0]["project"], credential=credential
        )

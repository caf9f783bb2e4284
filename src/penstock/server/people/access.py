"""Who calls: tokens and session cookies looked up, and made into a `Principal`."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from penstock.server.auth import Tokens
from penstock.server.people.accesstokens import PREFIX as ACCESS_PREFIX
from penstock.server.people.accesstokens import AccessTokens, Behind
from penstock.server.people.rights import JOB, rights
from penstock.server.routes import IN_PROJECT, Permission, Principal
from penstock.store.people.credentials import JOB as JOB_PREFIX
from penstock.store.people.credentials import PERSONAL as PERSONAL_PREFIX
from penstock.store.people.jobtokens import JobIdentity
from penstock.store.people.people import People
from penstock.store.people.sessions import Identity

NOTE_SECONDS = 60.0


class Access:
    """The tokens of people and of jobs. `sessions` knows the cookies.

    `process_tokens` are those that no account has: of this server's own processes. When a
    credential was last used is kept to the minute, by a thread of its own, since whoever waits for
    the store here holds up every other request. Close it before the store.
    """

    def __init__(
        self,
        people: People,
        *,
        organization: str,
        process_tokens: Tokens | None = None,
        key: bytes = b"",
    ) -> None:
        """Access tokens are made and read where there is a `key`."""
        self._people = people
        self._access_tokens = AccessTokens(key, people.clock) if key else None
        self._organization = organization
        self._process_tokens = process_tokens
        self._notes = ThreadPoolExecutor(max_workers=1, thread_name_prefix="credential-notes")
        self._noted: dict[str, float] = {}
        self.sessions: Tokens = _Sessions(self)

    def principal(self, token: str) -> Principal | None:
        """Whose token this is."""
        if token.startswith(PERSONAL_PREFIX):
            return self._of_account(self._people.tokens.find(token), self._people.tokens.note_use)
        if token.startswith(JOB_PREFIX):
            found = self._people.job_tokens.find(token)
            return None if found is None else self._of_job(found)
        if token.startswith(ACCESS_PREFIX):
            return self._by_access_token(token)
        return None if self._process_tokens is None else self._process_tokens.principal(token)

    def access_token(self, token: str, audience: str) -> tuple[str, int] | None:
        """An access token made from a personal or a job token, and when it ends; None where that
        is not valid."""
        if self._access_tokens is None:
            return None
        if token.startswith(PERSONAL_PREFIX):
            found = self._people.tokens.find(token)
            if found is None:
                return None
            behind = Behind(kind="token", credential=found.credential, account=found.account.id)
            return self._access_tokens.make(behind, audience, found.account.name)
        job = self._people.job_tokens.find(token) if token.startswith(JOB_PREFIX) else None
        if job is None:
            return None
        behind = Behind(kind="job", credential=job.credential)
        return self._access_tokens.make(behind, audience, self._job_name())

    def of_session(self, cookie: str) -> Principal | None:
        """Who signed in and got this cookie."""
        return self._of_account(self._people.sessions.find(cookie), self._people.sessions.note_use)

    def close(self) -> None:
        """Wait for the notes that are being written."""
        self._notes.shutdown()

    def _by_access_token(self, token: str) -> Principal | None:
        behind = self._access_tokens.read(token) if self._access_tokens is not None else None
        if behind is None:
            return None
        tokens, job_tokens = self._people.tokens, self._people.job_tokens
        if behind.kind == "token":
            return self._of_account(tokens.behind(behind.credential), tokens.note_use)
        found = job_tokens.behind(behind.credential)
        return None if found is None else self._of_job(found)

    def _job_name(self) -> str:
        return f"Build Service ({self._organization})"

    def _of_account(
        self, found: Identity | None, note: Callable[[str, float], None]
    ) -> Principal | None:
        if found is None:
            return None
        now, noted = self._people.clock(), self._noted.get(found.credential, 0.0)
        if now - max(found.noted, noted) > NOTE_SECONDS:
            self._noted[found.credential] = now
            self._notes.submit(note, found.credential, now)
        return principal_of(found)

    def _of_job(self, found: JobIdentity) -> Principal:
        name = self._job_name()
        return Principal(
            name=name,
            display_name=name,
            permissions=JOB - IN_PROJECT,
            projects={found.project: JOB & IN_PROJECT} if found.project else {},
            run=found.run,
        )


def principal_of(found: Identity) -> Principal:
    """The principal that an account is, cut down to what its credential allows."""
    account = found.account
    everywhere, projects = rights(
        is_administrator=account.is_administrator, roles=found.roles, scope=found.scope
    )
    return Principal(
        id=account.id,
        name=account.name,
        display_name=account.display_name,
        # Whoever is known may ask who they are, whatever the token is for.
        permissions=everywhere | {Permission.SIGNED_IN},
        projects=projects,
        expires=found.expires,
    )


class _Sessions:
    def __init__(self, access: Access) -> None:
        self._access = access

    def principal(self, token: str) -> Principal | None:
        """Who has the session of that cookie."""
        return self._access.of_session(token)

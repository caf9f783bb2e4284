"""One push: what git's hooks ask while it is taken, and what is written when refs have moved."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import TypeVar

from penstock.records import record
from penstock.store.git.names import BadRef, checked_ref
from penstock.store.hosting.pushes import Pusher, Pushes, PushRecord, RefUpdate
from penstock.store.hosting.repositories import Repositories, Repository

ALLOWED = ("refs/heads/", "refs/tags/", "refs/notes/")
_QUESTION = re.compile(rb"(pre-receive|post-receive) ([0-9]{1,8})\n")
_COMMAND = re.compile(r"([0-9a-f]{40}) ([0-9a-f]{40}) (refs/\S+)")
_LONGEST_QUESTION = 32 * 1024 * 1024
_POLL_SECONDS = 0.003
_Result = TypeVar("_Result")


@record
class Desk:
    """Where pushes are written down. `threads` do what waits for the disk; `on_failure` is told
    of our own failures."""

    repositories: Repositories
    pushes: Pushes
    threads: ThreadPoolExecutor
    on_failure: Callable[[str, Exception], None]


class Receiving:
    """A push to one repository. `conversation` runs beside git's receive-pack, to its end.

    `say` gives lines for the pusher when the push is written down. While `holds_turn` refs may
    move, so the process must not be ended then.
    """

    def __init__(
        self,
        desk: Desk,
        repository: Repository,
        pusher: Pusher,
        say: Callable[[PushRecord], Sequence[str]],
    ) -> None:
        self._desk = desk
        self._repository = repository
        self._pusher = pusher
        self._say = say
        self._push: int | None = None
        self._asked: tuple[RefUpdate, ...] = ()
        self.holds_turn = False
        self._ours, theirs = socket.socketpair()
        self._theirs: socket.socket | None = theirs
        self.descriptor = theirs.fileno()

    async def conversation(self, process: asyncio.subprocess.Process) -> None:
        """Answer the hooks until the process ended; then write what it did without asking."""
        self._let_go_of_theirs()
        reader, writer = await asyncio.open_connection(sock=self._ours)
        try:
            # A hook that was ended in the middle of its words has moved refs all the same.
            with suppress(asyncio.IncompleteReadError, ConnectionError):
                while await self._answer(reader, writer):
                    pass
            await process.wait()
            if self.holds_turn:
                await self._settle()
        finally:
            self._release()
            writer.close()

    def abandon(self) -> None:
        """When there will be no conversation: close both ends."""
        self._let_go_of_theirs()
        self._ours.close()

    def _let_go_of_theirs(self) -> None:
        if self._theirs is not None:
            self._theirs.close()
            self._theirs = None

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one question; False when git has no more."""
        match = _QUESTION.fullmatch(await reader.readline())
        if match is None or int(match[2]) > _LONGEST_QUESTION:
            return False
        updates = parse_updates(await reader.readexactly(int(match[2])))
        try:
            if match[1] == b"pre-receive":
                said = await self._before(updates)
                word = "no" if said else "yes"
            else:
                said, word = await self._after(updates), "yes"
        except Exception as error:  # noqa: BLE001
            self._desk.on_failure(f"push to {self._repository.name}", error)
            said, word = ["the server failed; its log says why"], "no"
        text = "".join(f"{line}\n" for line in said).encode("utf-8", "replace")
        writer.write(f"{word} {len(text)}\n".encode() + text)
        await writer.drain()
        return True

    async def _before(self, updates: tuple[RefUpdate, ...]) -> Sequence[str]:
        """Why the push is refused; nothing where refs may move now."""
        if refused := objections(updates):
            return refused
        turn = self._desk.pushes.turn(self._repository)
        while not turn.acquire(blocking=False):
            await asyncio.sleep(_POLL_SECONDS)
        self.holds_turn = True
        self._asked = updates
        self._push = await self._call(self._desk.pushes.begin, self._repository, self._pusher)
        return ()

    async def _after(self, updates: tuple[RefUpdate, ...]) -> Sequence[str]:
        """Write down what moved, and tell; what to say to the pusher."""
        record = await self._call(self._accept, updates)
        if record is None:
            return ()
        # Listeners may wait for a turn, so they have no thread that one who holds it may need.
        started = await asyncio.to_thread(self._desk.pushes.announce, record)
        return ["", *self._say(record), *started, ""]

    async def _settle(self) -> None:
        """After an end between moved refs and the hook that tells of them."""
        asked = [one.ref for one in self._asked]
        moved = await self._call(self._desk.pushes.unwritten, self._repository, asked)
        if record := await self._call(self._accept, moved):
            await asyncio.to_thread(self._desk.pushes.announce, record)

    def _accept(self, updates: tuple[RefUpdate, ...]) -> PushRecord | None:
        desk, repository = self._desk, self._repository
        assert self._push is not None
        try:
            created = [one.ref for one in updates if not one.deletes]
            for ref in created[:1]:
                desk.repositories.adopt_first_branch(repository, ref)
            return desk.pushes.accept(self._push, repository, updates)
        finally:
            self._release()

    def _release(self) -> None:
        if self.holds_turn:
            self.holds_turn = False
            self._desk.pushes.turn(self._repository).release()

    async def _call(self, function: Callable[..., _Result], *arguments: object) -> _Result:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._desk.threads, partial(function, *arguments))


def parse_updates(lines: bytes) -> tuple[RefUpdate, ...]:
    """What a hook was told: one `OLD NEW REF` a line. An update of nothing is left out."""
    found = []
    for line in lines.decode("utf-8", "surrogateescape").splitlines():
        if match := _COMMAND.fullmatch(line):
            found.append(RefUpdate(old=match[1], new=match[2], ref=match[3]))
    return tuple(found)


def objections(updates: Sequence[RefUpdate]) -> list[str]:
    """Why these changes are not allowed, a line each. Git itself refuses to delete the default
    branch, to touch `refs/pull`, and what is not well formed."""
    found = []
    for one in updates:
        try:
            checked_ref(one.ref)
        except BadRef as error:
            found.append(str(error))
            continue
        if not one.ref.startswith(ALLOWED):
            found.append(f'"{one.ref}" is not a branch, a tag or notes; nothing else may be pushed')
    return found

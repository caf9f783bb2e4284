"""Runs one command as several processes that live and die together, all on this machine."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from penstock.agent.command_variables import Rank
from penstock.agent.process import Cancellation, Exit

RunOne = Callable[[Rank, Cancellation], Exit]


def run_gang(
    gang: Sequence[Rank], run_one: RunOne, cancellation: Cancellation
) -> tuple[Rank, Exit]:
    """Run `run_one` for every rank at once; when one fails, the others are stopped.

    Returns the rank that decided how it ended, the first to fail or else the first of all, and its
    exit. An exception of one is raised when all have ended.
    """
    if len(gang) == 1:
        return gang[0], run_one(gang[0], cancellation)
    import threading

    stop = Cancellation()
    forget = cancellation.on_request(lambda: stop.request(cancellation.reason))
    ended: list[tuple[Rank, Exit]] = []
    errors: list[BaseException] = []

    def run(rank: Rank) -> None:
        try:
            done = run_one(rank, stop)
        except BaseException as error:  # noqa: BLE001 - handed to the caller below
            errors.append(error)
            stop.request("another process could not be run")
            return
        ended.append((rank, done))
        if done.code != 0:
            stop.request(f"process {rank.number} failed")

    threads = [threading.Thread(target=run, args=(rank,), daemon=True) for rank in gang]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    forget()
    if errors:
        raise errors[0]
    failed = [(rank, done) for rank, done in ended if done.code != 0]
    return failed[0] if failed else min(ended, key=lambda each: each[0].number)


def free_ports(count: int) -> tuple[int, ...]:
    """Loopback ports that nobody listens on now; another program may take one before it is used."""
    import socket

    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return tuple(int(each.getsockname()[1]) for each in sockets)
    finally:
        for each in sockets:
            each.close()

"""What an exception means to the person who typed the command: a message, one next step, a code.

The edge of the command line. It knows the exceptions of all rooms; nobody else converts them.
"""

from __future__ import annotations

import errno
import os
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path

import click

from penstock.cli.exits import Exit
from penstock.cli.options import Failure
from penstock.store.home import Home

_CHOOSE = "set PENSTOCK_HOME to a folder that you can write to"
_NOT_ALLOWED = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR)
_DEBUG = "the same command with --debug shows where"


def explain(error: Exception) -> Failure:
    """The failure to show for an exception that ended a command."""
    from penstock.cli.hosting.serving import ServiceFailed
    from penstock.engine.scheduler import RunStopped
    from penstock.store.database import StoreBroken, StoreTooNew, StoreUnusable
    from penstock.store.library.keys import KeyUnusable, SecretDamaged

    message = str(error) or type(error).__name__
    match error:
        case Failure():
            return error
        case click.UsageError():
            return _usage(error)
        case click.ClickException():
            return Failure(error.format_message(), _DEBUG, Exit.FAILED)
        case StoreTooNew():
            text, _, help = message.partition(": ")
            return Failure(text, help, Exit.NOT_READY)
        case StoreUnusable():
            return _store(message)
        case StoreBroken():
            help = "move the file away, or set PENSTOCK_HOME to another folder"
            return Failure(message, help, Exit.NOT_READY)
        case KeyUnusable() | SecretDamaged():
            text, _, help = message.rpartition(": ")
            return Failure(text, help, Exit.NOT_READY)
        case ServiceFailed():
            help = "" if "= help: " in message else "`penstock doctor` shows what is missing"
            return Failure(message, help, Exit.UNREACHABLE)
        case RunStopped() if "disk is full" in message:
            return _full_disk(message)
        case RunStopped():
            return Failure(message, _DEBUG, Exit.FAILED)
        case OSError():
            return _system(error)
    if type(error).__module__ == "sqlite3":
        return _store(message)
    return Failure(message, _DEBUG, Exit.FAILED)


def code_of(serve: Callable[[], int]) -> int:
    """The exit code of a process in the background; why it ended goes to its log, what is a fault
    of ours with its traceback."""
    try:
        return serve()
    except Exception as error:
        failure = explain(error)
        if failure.exit_code == Exit.FAILED:
            raise
        failure.show()
        return failure.exit_code


def _usage(error: click.UsageError) -> Failure:
    command = error.ctx.command_path if error.ctx else "penstock"
    help = f"`{command} --help` shows what it takes"
    message = _quoted(error.format_message()).removeprefix("Got ")
    match error:
        case click.NoSuchOption():
            message = f'`{command}` has no option "{error.option_name}"'
            if error.option_name.strip("-.")[:1].isdecimal():
                help = 'a value that begins with "-" comes after "--"'
            help = _guess(error.option_name, error.possibilities) or help
        case click.exceptions.NoSuchCommand():
            message = f'there is no command "{command} {error.command_name}"'
            guess = _guess(error.command_name, error.possibilities)
            help = guess or f"`{command} --help` lists its commands"
        case click.MissingParameter() if error.param is not None:
            message = f"`{command}` needs {error.param.human_readable_name}"
        case click.BadParameter() if error.param is not None:
            said = _quoted(error.message).replace("valid integer range", "whole number")
            message = f"{error.param.opts[-1]}: {said}"
        case _:
            message = f"{message[0].lower()}{message[1:]}"
    return Failure(message.rstrip("."), help, Exit.USAGE)


def _guess(word: str, names: list[str] | None) -> str:
    from penstock.language.diagnostics import nearest

    spelled = {name.lstrip("-"): name for name in names or ()}
    guess = nearest(word.lstrip("-"), spelled)
    return f'did you mean "{spelled[guess]}"?' if guess else ""


def _quoted(text: str) -> str:
    return text.replace("'", '"')


def _system(error: OSError) -> Failure:
    said = (error.strerror or str(error)).lower()
    name = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _full_disk(f"{name}: {said}") if name else _full_output(said)
    home = Home.default(os.environ)
    if any(Path(name).is_relative_to(root) for root in (home.root, home.cache) if name):
        return Failure(f'the store "{home.root}" cannot be used: {said}', _CHOOSE, Exit.NOT_READY)
    if Path(name) in (*home.root.parents, *home.cache.parents):
        message = f'the store "{home.root}" cannot be made: {said}: {name}'
        return Failure(message, _CHOOSE, Exit.NOT_READY)
    if name and error.errno in _NOT_ALLOWED:
        help = f"`ls -ld {shlex.quote(name)}` shows who may read and write it"
        return Failure(f'"{name}": {said}', help, Exit.NOT_READY)
    if name:
        return Failure(f'"{name}": {said}', _DEBUG, Exit.FAILED)
    return Failure(said, _DEBUG, Exit.FAILED)


def _store(message: str) -> Failure:
    home = Home.default(os.environ)
    if "full" in message or _has_no_room(home.root):
        return _full_disk(message)
    return Failure(f'the store "{home.root}" cannot be used: {message}', _CHOOSE, Exit.NOT_READY)


def _has_no_room(folder: Path) -> bool:
    """SQLite calls some writes to a full disk an I/O error."""
    try:
        return shutil.disk_usage(folder).free < 1024 * 1024
    except OSError:
        return False


def _full_output(message: str) -> Failure:
    """A write to an unnamed file: where the output goes, most likely."""
    root = Home.default(os.environ).root
    help = f"free space where the output goes, and for {root}"
    return Failure(message, help, Exit.NOT_READY)


def _full_disk(message: str) -> Failure:
    root = Home.default(os.environ).root
    help = f"free space for {root}, or set PENSTOCK_HOME to a folder on another disk"
    return Failure(message, help, Exit.NOT_READY)

"""The secrets that a command line gives, and how what is printed is kept free of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

import click

from penstock.cli.exits import Exit
from penstock.cli.options import Failure

secret_option = click.option(
    "--secret",
    "secrets",
    multiple=True,
    metavar="NAME[=@FILE|=-]",
    help="a secret variable: from the environment, a file, or a prompt",
)
"""What `read_secrets` takes, as `secrets`."""


def read_secrets(texts: tuple[str, ...]) -> dict[str, str]:
    """Secret values by name: `NAME` from the environment, `NAME=@FILE`, and `NAME=-` from a prompt,
    or from stdin where that is no terminal."""
    return dict(_secret(*text.partition("=")) for text in texts)


def _secret(name: str, separator: str, source: str) -> tuple[str, str]:
    option = f"--secret {name}"
    if not name:
        raise Failure("--secret: there is no name", "write it as --secret NAME=@FILE", Exit.USAGE)
    if source == "-":
        return name, _asked(name)
    if source.startswith("@"):
        help = f"name a readable text file: {option}=@FILE"
        return name, read_secret(Path(source[1:]), help, f"{option}: ")
    if separator:
        message = f"{option}: a value on the command line can be seen by others"
        raise Failure(message, f"{option}=@FILE, or {option}=- for a prompt", Exit.USAGE)
    if name not in os.environ:
        raise Failure(
            f"{option}: there is no environment variable {name}",
            f"set it, or name a file: {option}=@FILE",
            Exit.USAGE,
        )
    return name, os.environ[name]


def _asked(name: str) -> str:
    if sys.stdin.isatty():
        return str(click.prompt(name, hide_input=True, err=True))
    line = sys.stdin.readline().rstrip("\n")
    if not line:
        help = f"pipe the value in, or name a file: --secret {name}=@FILE"
        raise Failure(f"--secret {name}=-: there is nothing on stdin", help, Exit.USAGE)
    return line


def read_secret(path: Path, help: str, before: str = "") -> str:
    """The text of a file without its last line end. `before` begins the message of a Failure."""
    try:
        return path.read_text("utf-8").rstrip("\n")
    except OSError as error:
        said = (error.strerror or str(error)).lower()
        raise Failure(f'{before}"{path}": {said}', help, Exit.NOT_FOUND) from error
    except UnicodeDecodeError as error:
        raise Failure(f'{before}"{path}" is not UTF-8 text', help, Exit.USAGE) from error


def masked(text: str, secrets: Iterable[str]) -> str:
    """The text with the values of secrets replaced by `***`."""
    from penstock.agent.masking import Masker

    masker = Masker()
    for secret in secrets:
        masker.add(secret)
    return "\n".join(masker.mask_line(line) for line in text.split("\n"))

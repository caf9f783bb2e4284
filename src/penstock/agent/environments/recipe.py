"""What an environment is made from, whatever it was written in: a Python, packages, variables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field

from penstock.records import record

_NAME = re.compile(r"([^/:@]+?)(?:(?:/(?:versions|labels)/|[:@])[^/]*)?\Z")


@record
class Wish:
    """One package as it was asked for.

    `requirement` is a PEP 508 text; `written` is what the user wrote, `place` where (`line 7 of the
    conda file`). One that is `dispensable` is left out, with a note, when it cannot be had; one of
    `ours` is left out or changed without a word. One that `is_bound` is not installed: it limits
    the version that others bring along.
    """

    requirement: str
    written: str = ""
    place: str = ""
    dispensable: bool = False
    ours: bool = False
    is_bound: bool = False


@record
class Recipe:
    """An environment to build.

    `title` names it in messages (`the conda file of "train-env"`). `python` is a PEP 440 specifier
    (`==3.8.5`, `>=3.9,<3.12`) or "" for any. `wishes` come from an index; `sources` are PEP 508
    texts with an address (`x @ git+https://...`), each left out with a note when it cannot be
    fetched. `options` are lines such as `--extra-index-url URL`. `variables` are set for the job.
    `notes` are told at every use.
    """

    title: str
    python: str = ""
    wishes: tuple[Wish, ...] = ()
    sources: tuple[Wish, ...] = ()
    options: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def short_name(id: str) -> str:
    """The name in an asset id; empty for an environment that was written into a job."""
    match = _NAME.search(id)
    name = match[1] if match else ""
    return "" if name.startswith("CliV2AnonymousEnvironment") else name

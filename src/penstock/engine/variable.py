"""A variable of a pipeline, the one record that also those commands need that run nothing.

It stands apart from `engine.requests`, whose many records take a tenth of such a command's time.
"""

from __future__ import annotations

from penstock.records import record


@record
class Variable:
    """A variable as Azure Pipelines knows it: text, looked up ignoring case."""

    name: str
    value: str
    secret: bool = False
    readonly: bool = False

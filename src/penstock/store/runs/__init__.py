"""Runs: the journal that is their truth, headers for lists, and the history of deployments."""

from penstock.store.runs.headers import Run, StageRow
from penstock.store.runs.journal import Runs

__all__ = ["Run", "Runs", "StageRow"]

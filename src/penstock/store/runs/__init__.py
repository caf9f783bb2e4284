"""Runs: the journal that is their truth, headers for lists, and the history of deployments."""

from penstock.store.runs.journal import Run, Runs, StageRow

__all__ = ["Run", "Runs", "StageRow"]

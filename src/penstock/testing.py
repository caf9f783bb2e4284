"""For tests of pipelines in Python: the types of what the pytest fixture `pipeline` gives."""

from __future__ import annotations

from penstock.cli.testing.pipelines import Expansion, InvalidPipeline, Pipeline, SnapshotDiffers
from penstock.cli.testing.runs import Part, Run

__all__ = ["Expansion", "InvalidPipeline", "Part", "Pipeline", "Run", "SnapshotDiffers"]

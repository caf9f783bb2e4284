"""The Azure Pipelines language: text to a located tree to an expanded pipeline. Runs nothing."""

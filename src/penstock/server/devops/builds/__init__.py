"""Pipelines, runs, their timelines and logs, in the shapes of Azure DevOps."""

"""The Azure DevOps service: definitions, runs, environments, connections."""

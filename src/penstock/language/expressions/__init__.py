"""The Azure Pipelines expression language (v1): parse, evaluate, trace."""

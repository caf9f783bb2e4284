"""Run Azure Pipelines and Azure Machine Learning pipelines, unmodified, on machines you own."""

__version__ = "0.1.0"

"""The rows of Azure ML: assets, jobs, and what tracking clients log."""

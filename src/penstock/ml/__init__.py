"""The Azure ML service: workspace assets, jobs, compute, tracking."""

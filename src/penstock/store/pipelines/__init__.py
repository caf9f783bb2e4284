"""Pipelines: their settings, and what started or did not start them."""

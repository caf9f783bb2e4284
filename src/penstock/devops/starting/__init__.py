"""Runs that start by themselves: what happened, what it starts, and why the rest did not."""

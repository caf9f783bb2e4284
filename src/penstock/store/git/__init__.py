"""Bare Git repositories as the store keeps them, asked and changed by the `git` program only."""

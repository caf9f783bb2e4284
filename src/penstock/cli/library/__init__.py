"""The user's own library: commands that change it, and what a run takes from it."""

"""People: accounts, their roles in projects, their sessions and tokens, and the log of changes."""

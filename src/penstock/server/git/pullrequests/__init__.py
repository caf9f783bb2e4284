"""The REST of pull requests: proposing, reviewing, completing."""

"""Built-in pipeline tasks, each a function in one table."""

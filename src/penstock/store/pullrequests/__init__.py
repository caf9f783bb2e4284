"""Pull requests: their records, their table, and how they live."""

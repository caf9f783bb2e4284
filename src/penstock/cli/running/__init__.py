"""`penstock run` with what it shows, and what is kept of runs."""

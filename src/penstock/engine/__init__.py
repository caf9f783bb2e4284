"""Plans, events and what to do next. Knows neither YAML, HTTP, SQL nor processes."""

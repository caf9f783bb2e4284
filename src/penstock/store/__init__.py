"""Everything kept: SQL, logs, artifacts, files. The only room that speaks SQL."""

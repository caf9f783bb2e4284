"""The commands that look into pipelines; nothing runs."""

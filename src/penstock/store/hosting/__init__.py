"""Hosted Git: the repositories of projects, what was pushed to them, and what runs read there."""

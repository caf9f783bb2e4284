"""Runs of pipeline definitions: asked for, prepared, kept, begun."""

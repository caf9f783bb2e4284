"""Template expansion: references, parameters, directives, and the canonical form. Runs nothing."""

from penstock.language.templates.files import Files, LocalFiles, UnreadableFile

__all__ = ["Files", "LocalFiles", "UnreadableFile"]

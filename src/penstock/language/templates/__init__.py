"""Template expansion: references, parameters, directives."""

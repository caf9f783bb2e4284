"""The shape of pipelines and templates: which keys stand where, what they take. Data only."""

from penstock.language.schema.shapes import Anything, Choice, ListOf, Record, Shape, Text
from penstock.language.schema.tables import (
    PARAMETER_TYPES,
    ROOT_PARAMETER_TYPES,
    SHAPES,
    TEMPLATE_BODIES,
    TEMPLATE_PARAMETER_TYPES,
    WITHOUT_DIRECTIVES,
    WITHOUT_EXPRESSIONS,
)

__all__ = [
    "PARAMETER_TYPES",
    "ROOT_PARAMETER_TYPES",
    "SHAPES",
    "TEMPLATE_BODIES",
    "TEMPLATE_PARAMETER_TYPES",
    "WITHOUT_DIRECTIVES",
    "WITHOUT_EXPRESSIONS",
    "Anything",
    "Choice",
    "ListOf",
    "Record",
    "Shape",
    "Text",
]

"""Pictures of a pipeline's graph: as text, Mermaid and SVG. Pure: a pipeline in, text out."""

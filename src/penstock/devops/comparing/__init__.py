"""Two pipelines compared by what they mean."""

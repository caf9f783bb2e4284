"""The library of projects: resources, their secret values, and the checks that protect them."""

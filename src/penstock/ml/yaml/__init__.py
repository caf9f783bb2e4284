"""Azure ML YAML files: read with places, checked as the service would, turned into its JSON.

Sends nothing: who submits implements `registrar.Registrar`, which says under which ids parts are.
"""

from penstock.ml.yaml.kinds import Family, Kind, recognise
from penstock.ml.yaml.loaded import Loaded
from penstock.ml.yaml.loading import load

__all__ = ["Family", "Kind", "Loaded", "load", "recognise"]

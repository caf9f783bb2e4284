"""From a pipeline file on this machine to its plan."""

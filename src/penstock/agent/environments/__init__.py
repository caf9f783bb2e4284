"""Real environments for ML commands: conda files and images become cached virtual environments."""

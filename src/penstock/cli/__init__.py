"""The penstock command and the az stand-in."""

"""The web portal's built files and the pages they serve."""

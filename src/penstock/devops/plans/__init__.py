"""An expanded pipeline becomes an engine plan."""

"""What a run would do or did, and why: told as text and as data."""

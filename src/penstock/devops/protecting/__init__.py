"""What a stage must pass before it starts: permissions, approvals, checks, locks."""

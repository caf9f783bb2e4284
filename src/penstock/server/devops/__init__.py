"""The REST API of Azure DevOps, as its own clients speak it, and what our portal asks beside it."""

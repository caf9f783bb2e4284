"""What the portal's pages need and Azure's REST has no call for."""

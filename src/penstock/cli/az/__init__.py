"""The `az` stand-in: a thin client of the local service, fast enough to be called in every step.

It imports neither the SDK nor anything heavy; what a command needs is imported by that command.
"""

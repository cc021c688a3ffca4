"""The bodies of the command line. Each imports what it needs when it runs, so help is instant."""

__all__ = ["line"]

"""A module that cannot be imported, like a broken installation of a library."""

raise OSError("a shared library is missing")

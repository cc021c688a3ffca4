"""The pictures and labels that a project has: looking through, changing and exporting them."""

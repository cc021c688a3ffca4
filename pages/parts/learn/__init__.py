"""The lessons of the Learn page: words, experiments computed on the spot, charts."""

__all__ = ["chapters", "evaluation_lessons", "glossary", "transfer_lessons"]

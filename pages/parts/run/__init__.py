"""What several pages know of runs: state, words, curves, scores."""

__all__ = ["address", "busy", "choice", "curves", "examination", "history", "scores", "words"]

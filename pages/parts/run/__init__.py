"""What several pages know of runs: state, words, curves, scores."""

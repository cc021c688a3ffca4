"""The instant classifier: first guesses without training."""

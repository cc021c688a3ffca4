"""From a recipe and examples to a classifier."""

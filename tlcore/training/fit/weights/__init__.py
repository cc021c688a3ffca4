"""What a training leaves: the best weights, the mean of the epochs, and what goes with them."""

__all__ = ["split_logits"]

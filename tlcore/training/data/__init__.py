"""What a training learns from: examples with their targets, and changed views of them."""

"""What a training learns from: examples with their targets, and changed views of them."""

__all__ = ["augmentation", "augmentation_questions", "preview", "training_set"]

"""What is measured before a training: cost, memory, and a learning rate."""

__all__ = ["cost", "tasks"]

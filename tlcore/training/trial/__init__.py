"""What is measured before a training: cost, memory, and a learning rate."""

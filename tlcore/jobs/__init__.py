"""Events, the queue, background work, and the engines that run a task in a process of its own.

It knows nothing of learning.
"""

__all__ = ["background", "endings", "events", "local", "memory", "stopping"]

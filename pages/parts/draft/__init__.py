"""The draft of the next run, which several pages shape."""

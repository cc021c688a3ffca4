"""What frozen stages say about pictures: computed once, and kept on disk."""

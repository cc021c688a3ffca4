"""The lessons of the Learn page: words, experiments computed on the spot, charts."""

"""Projects, examples, runs and events in a database; picture bytes and weights in files."""

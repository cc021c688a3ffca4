"""Where weights are: bundled, in a folder of the operator, on a hub."""

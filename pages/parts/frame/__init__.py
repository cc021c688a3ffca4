"""What every page stands on: services, project, steps, gate, errors, safe text."""

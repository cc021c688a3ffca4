"""What every page stands on: services, project, steps, door, errors, paging, safe text."""

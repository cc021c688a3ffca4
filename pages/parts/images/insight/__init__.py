"""What a quick classifier says about the pictures: groups, map, first guess, forecast."""

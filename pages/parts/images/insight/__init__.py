"""What a quick classifier says about the pictures: groups, map, first guess, forecast."""

__all__ = ["first_guess", "forecast_view", "groups_view", "map_view"]

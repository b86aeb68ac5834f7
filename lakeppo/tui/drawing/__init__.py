"""How the screens draw: charts, tiles and bars, without application state."""

"""The wall in a terminal."""

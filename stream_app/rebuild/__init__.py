"""Rebuild: the state computed anew from the events, into a version of its own, while the old one still serves."""

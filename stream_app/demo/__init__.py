"""The demo: every role on this machine, with simulated traffic, in one terminal."""

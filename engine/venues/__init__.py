"""Venues: where orders go. Must not know strategies, runs or the command line."""

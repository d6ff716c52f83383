"""Requests and answers on a socket of loopback: signatures, limits, broken replies. Must not know what is traded."""

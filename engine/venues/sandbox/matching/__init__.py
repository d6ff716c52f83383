"""The market side: candles that become a path, orders that rest along it, and fills. Must not know any dialect."""

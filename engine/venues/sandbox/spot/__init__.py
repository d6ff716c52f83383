"""The spot segment: coins for coins, and its REST dialect. Must not know sockets."""

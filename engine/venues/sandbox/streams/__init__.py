"""What is pushed, and to whom: market streams and user streams. Must not know sockets."""

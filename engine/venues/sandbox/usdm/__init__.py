"""The USD-M segment: perpetual contracts on margin, and their REST dialect. Must not know sockets."""

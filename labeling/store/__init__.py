"""Where the queue is kept: a port of two kinds of transaction over named queries, and what implements it."""

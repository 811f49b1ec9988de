"""The Engine API: HTTP on a socket for each host."""

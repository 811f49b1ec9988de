"""Servers: nginx, redis, PostgreSQL, and the programs of the voting application."""

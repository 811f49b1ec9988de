"""What runs in containers: a small shell, the tools that the course uses, servers; never a real process."""

"""What the swarm looks like: tables and figures, pure functions of snapshots."""

"""What the swarm is: fetched once from all nodes, merged into frozen records, compared."""

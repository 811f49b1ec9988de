"""What the managers of a swarm share, and what they decide from it."""

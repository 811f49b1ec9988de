"""What changes the swarm, named as Docker names it; each action returns once the swarm has converged."""

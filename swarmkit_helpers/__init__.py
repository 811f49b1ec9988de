"""Le cours sur le réseau de Docker Swarm : ce que les notebooks importent."""

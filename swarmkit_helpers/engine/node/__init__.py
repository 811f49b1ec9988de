"""One engine: its containers, images, volumes and networks, and the agent that runs the swarm's tasks there."""

"""What the network does: ping, DNS, HTTP, captured packets."""

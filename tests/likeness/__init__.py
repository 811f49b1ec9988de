"""How like the real engine the embedded one is: the same requests to both, and their answers compared field by field."""

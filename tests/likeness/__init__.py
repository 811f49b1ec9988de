"""How like the real engine the embedded one is: the same requests to both, their answers compared."""

"""The network between containers: who has which address, which packet reaches whom, what a name gives."""

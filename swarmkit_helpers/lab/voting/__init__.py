"""The voting application of LAB #2: its four programs, and the recipes of its six images.

``vote`` is a page that puts each vote at the end of a list in redis; ``worker`` takes them from there into a table of
PostgreSQL; ``result`` is a page that counts that table; ``visualizer`` is a page that shows where the swarm runs what.
The names, ports, list and table are those of the public voting application, whose images they stand for where no
registry answers. The programs run in their containers, on the Python of `recipes.PYTHON`; what they import beyond the
standard library is there, and they import it when they start.
"""

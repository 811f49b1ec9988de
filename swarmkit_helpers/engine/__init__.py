"""An Engine API served from Python: a swarm of engines without Docker, for machines that have none.

It knows nothing of labs or of the course. All of it lives in one asyncio loop: state changes in plain functions, and
what takes time is a coroutine. Its rooms: `world` (hosts, wires, time), `cluster` (what managers share and decide),
`node` (one engine: its containers, images, networks), `net` (which packet reaches whom), `programs` (what runs in
containers) and `api` (the HTTP that clients speak).
"""

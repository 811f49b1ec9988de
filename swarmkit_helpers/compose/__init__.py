"""Stack files, as ``docker stack`` reads them: loaded, interpolated, validated, merged, converted for the Engine API.

Pure: nothing here talks to an engine. What is read is format 3 of the Compose file, by the rules of the docker CLI of
the lab's engine (20.10); where later versions of the CLI mended a fault of it, as these do (see `merging`).
"""

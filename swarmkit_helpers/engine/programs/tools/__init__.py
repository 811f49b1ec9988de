"""Small programs: those of BusyBox that the course uses, and a few others."""

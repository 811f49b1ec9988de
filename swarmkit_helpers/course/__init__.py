"""The course: its sections, the state each starts from, its checks, its runner and its report."""

"""Where the nodes come from: several kinds of lab, one interface."""

"""The whole course on a full kernel: a guest made from Debian's packages, run by QEMU's software emulation."""

#!/bin/sh
# The guest's second program, still process 1: what a booted Debian has, then the stage, then the power off.
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /tmp
mount -t cgroup2 cgroup2 /sys/fs/cgroup
# An engine's overlay2 cannot lie on the root, which is an overlay itself.
mkdir -p /var/lib/swarmlab
mount --bind /scratch/labs /var/lib/swarmlab
hostname invite
ip link set lo up

export HOME=/root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
cd /opt/cours
mkdir -p /run/outcome
.venv/bin/python -m guest.inside.stage /run/outcome </dev/null
dmesg > /run/outcome/dmesg.txt
tar -c -f /dev/vdd -C /run/outcome .
sync
echo "@@ fin"
busybox poweroff -f

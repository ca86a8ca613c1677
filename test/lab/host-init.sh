#!/bin/bash
# PID 1 of a lab host: lays the private folders over the machine's, says "ready", then only reaps. Never starts a daemon.
# usage: host-init.sh HOSTNAME FOLDER MOUNT-POINT...
set -euo pipefail
name=$1 folder=$2
shift 2

printf %s "$name" > /proc/sys/kernel/hostname
# This mount namespace has copies of the names of other hosts' network namespaces, which would keep those alive.
umount --recursive --lazy /run/netns 2>/dev/null || true
for point in "$@"; do
  mount --bind "$folder$point" "$point"
done
mount -t tmpfs -o mode=0755,nosuid,nodev tmpfs /run
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs /dev/shm
# Hosts have no controllers of control groups, which the machine's own systemd would have to share. slurmd only starts
# when it knows the version: a tmpfs with a "systemd" hierarchy without controllers is version 1, on every machine.
mount -t tmpfs -o mode=0755,nosuid,nodev,noexec tmpfs /sys/fs/cgroup
mkdir /sys/fs/cgroup/systemd
mount -t cgroup -o none,name=systemd cgroup /sys/fs/cgroup/systemd || echo "no control groups: $name" >&2
# Where commands start, so that what they leave in their folder is the host's: a job's output, a core.
mkdir /run/home
cd /run/home
echo ready
exec </dev/null >/dev/null 2>&1

# Orphans become children of PID 1. bash reaps any child of its own process whenever SIGCHLD comes, given a trap.
trap : CHLD
trap '' HUP INT TERM
sleep infinity &
while kill -0 $! 2>/dev/null; do
  wait $! || true
done
